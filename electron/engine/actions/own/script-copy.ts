import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { mkdir, mkdtemp, open, rm, type FileHandle } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { errorMessage, TocsinError } from '../../../../shared/errors.ts'

/** A script as it is executed: bytes of ours. */
export interface ScriptCopy {
  /** What to execute, in a child that has the descriptor as its third one. */
  path: string
  /** Stands in the child's stdio at place 3. */
  fd: number
  sha256: string
  remove(): Promise<void>
}

/** The third of the child: after stdin, stdout and stderr. */
export const CHILD_FD = 3

/** How the folder of a copy begins. */
export const COPY_PREFIX = 'tocsin-script-'

/**
 * Writes the bytes into a new folder that is ours alone, and opens the file for reading. What is hashed through the descriptor is
 * what the kernel executes through it, whatever happens to any file meanwhile; where descriptors have no path (no `/proc`) it
 * is executed by its name in that folder.
 * @param name of the script: interpreters go by its ending
 * @param folder in which the new one is made; made where it is missing, 0700
 * @throws TocsinError `script_not_started`
 */
export async function copyScript(source: string, name: string, folder: string): Promise<ScriptCopy> {
  let own: string | null = null
  const remove = async (): Promise<void> => {
    if (own !== null) await rm(own, { recursive: true, force: true })
  }
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    own = await mkdtemp(join(folder, COPY_PREFIX))
    const path = join(own, basename(name))
    const writer = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o500)
    try {
      await writer.writeFile(source)
    } finally {
      // A file that is open for writing cannot be executed.
      await writer.close()
    }
    const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
    return {
      path: process.platform === 'linux' ? `/proc/self/fd/${CHILD_FD}` : path,
      fd: file.fd,
      sha256: await hashOf(file),
      async remove() {
        await file.close()
        await remove()
      },
    }
  } catch (error) {
    await remove().catch(() => undefined)
    throw new TocsinError('script_not_started', `The script could not be made ready (${errorMessage(error)}).`)
  }
}

async function hashOf(file: FileHandle): Promise<string> {
  const hash = createHash('sha256')
  const buffer = Buffer.alloc(65_536)
  for (let position = 0; ;) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, position)
    if (bytesRead === 0) return hash.digest('hex')
    hash.update(buffer.subarray(0, bytesRead))
    position += bytesRead
  }
}

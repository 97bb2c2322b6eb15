import { randomBytes } from 'node:crypto'
import { open, realpath, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { OpenFolder } from '../engine/files/open-folder.ts'

/**
 * Replaces the text of a file that is there, as a whole: whoever looks, also after a crash, sees the old text or the new
 * one. Its mode stays, and so does a symbolic link to it.
 * @throws what the file system throws; the file is as it was then
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  const target = await realpath(path)
  // The folder is held, so that what the path leads to meanwhile is not what is replaced.
  const folder = await OpenFolder.open(dirname(target))
  try {
    await replaceIn(folder, basename(target), text)
  } finally {
    await folder.close()
  }
}

async function replaceIn(folder: OpenFolder, name: string, text: string): Promise<void> {
  const { mode } = await stat(folder.at(name))
  // Not `.rego`: the workspace's watcher must not take it for a policy.
  const temporary = folder.at(`${name}.${randomBytes(6).toString('hex')}.tmp`)
  try {
    const file = await open(temporary, 'wx', mode)
    try {
      await file.chmod(mode) // whatever the umask says
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, folder.at(name))
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

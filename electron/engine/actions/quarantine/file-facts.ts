import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { lstat, open, type FileHandle } from 'node:fs/promises'
import { errorCode, errorMessage, TocsinError } from '../../../../shared/errors.ts'
import type { FileIdentity } from '../../files/open-folder.ts'

/** A file as it was before anything was done to it. Numbers that exceed 2^53 are decimal text. */
export interface FileFacts extends FileIdentity {
  uid: number
  gid: number
  /** Permission bits, including setuid, setgid and sticky. */
  mode: number
  size: number
  links: number
  atimeNs: string
  mtimeNs: string
  sha256: string
}

/** Linux: reading leaves the access time alone. Only the owner may ask for it. */
const NO_ATIME = 'O_NOATIME' in constants ? constants.O_NOATIME : 0
/** Windows knows neither; there the link is seen by `lstat`. */
const NO_FOLLOW = constants.O_NOFOLLOW ?? 0
const NON_BLOCK = constants.O_NONBLOCK ?? 0

const CHUNK_BYTES = 1024 * 1024
export const PERMISSION_BITS = 0o7777n
/** Of a file in quarantine. */
export const PRIVATE_MODE = 0o600

/**
 * Opens a file for reading without following a link in its last place, without waiting for a pipe's writer.
 * @param shown the path for people, where `path` is a place in an open folder
 * @throws TocsinError `file_missing`, `file_is_link`, `file_denied`, `file_not_regular`
 */
export async function openFile(path: string, shown = path): Promise<FileHandle> {
  const flags = constants.O_RDONLY | NO_FOLLOW | NON_BLOCK
  try {
    if ((await lstat(path)).isSymbolicLink()) throw Object.assign(new Error('a link'), { code: 'ELOOP' })
    return await open(path, flags | NO_ATIME).catch((error: unknown) => {
      if (errorCode(error) === 'EPERM') return open(path, flags)
      throw error
    })
  } catch (error) {
    throw openFailure(shown, error)
  }
}

/**
 * Reads what a file is from its descriptor: whatever happens to the path meanwhile, these facts are of one file.
 * @param check throws when the work should end; called for every MiB
 * @throws TocsinError `file_not_regular`, `file_changing`
 */
export async function readFacts(file: FileHandle, path: string, check: () => void): Promise<FileFacts> {
  const before = await file.stat({ bigint: true })
  if (!before.isFile()) {
    const what = before.isDirectory() ? 'a folder' : 'a device, pipe or socket'
    throw new TocsinError('file_not_regular', `${path} is ${what}: only files can be quarantined.`)
  }
  const sha256 = await hashFile(file, check)
  const after = await file.stat({ bigint: true })
  if (after.size !== before.size || after.mtimeNs !== before.mtimeNs) {
    throw new TocsinError('file_changing', `${path} is being written to: try again when that has ended.`)
  }
  return {
    device: String(before.dev),
    inode: String(before.ino),
    uid: Number(before.uid),
    gid: Number(before.gid),
    mode: Number(before.mode & PERMISSION_BITS),
    size: Number(before.size),
    links: Number(before.nlink),
    atimeNs: String(before.atimeNs),
    mtimeNs: String(before.mtimeNs),
    sha256,
  }
}

/** Runs work on an opened file and closes it. */
export async function closing<Result>(file: FileHandle, work: (file: FileHandle) => Promise<Result>): Promise<Result> {
  try {
    return await work(file)
  } finally {
    await file.close()
  }
}

/**
 * Only the owner reads what is in quarantine. A file with further names keeps its mode, because they share it, and so does
 * another user's: the folder around it is closed to others anyway.
 */
export async function narrow(file: FileHandle): Promise<void> {
  const { nlink, uid } = await file.stat()
  const isOurs = process.getuid === undefined || [uid, 0].includes(process.getuid())
  if (nlink === 1 && isOurs) await file.chmod(PRIVATE_MODE)
}

export async function hashFile(file: FileHandle, check: () => void): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of chunksOf(file, check)) hash.update(chunk)
  return hash.digest('hex')
}

/** The file's bytes from the beginning, by position, so that the descriptor can be read again. */
export async function* chunksOf(file: FileHandle, check: () => void): AsyncGenerator<Buffer> {
  const buffer = Buffer.alloc(CHUNK_BYTES)
  for (let position = 0; ;) {
    check()
    const { bytesRead } = await file.read(buffer, 0, CHUNK_BYTES, position)
    if (bytesRead === 0) return
    position += bytesRead
    yield buffer.subarray(0, bytesRead)
  }
}

/** Whether a path is this very file now. False when nothing is there. */
export async function isSameFile(path: string, file: FileIdentity): Promise<boolean> {
  const stats = await lstat(path, { bigint: true }).catch(() => null)
  return stats !== null && String(stats.dev) === file.device && String(stats.ino) === file.inode
}

/** Whether two paths are two names of one file. */
export async function areSameFile(path: string, other: string): Promise<boolean> {
  const stats = await lstat(path, { bigint: true }).catch(() => null)
  return stats !== null && (await isSameFile(other, { device: String(stats.dev), inode: String(stats.ino) }))
}

export async function isThere(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => null)) !== null
}

function openFailure(path: string, error: unknown): TocsinError {
  switch (errorCode(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new TocsinError('file_missing', `${path} is not there.`, { cause: error })
    case 'ELOOP':
    case 'EMLINK':
      return new TocsinError('file_is_link', `${path} is a link: name the file that it points to.`, { cause: error })
    case 'EACCES':
    case 'EPERM':
      return new TocsinError('file_denied', `${path} may not be read by the user that runs Tocsin.`, { cause: error })
    case 'ENXIO':
      return new TocsinError(
        'file_not_regular',
        `${path} is a device, pipe or socket: only files can be quarantined.`,
        {
          cause: error,
        },
      )
    default:
      return new TocsinError('file_unreadable', `${path} cannot be read: ${errorMessage(error)}.`, { cause: error })
  }
}

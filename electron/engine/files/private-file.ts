import { randomBytes } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  fchmodSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { errorCode, errorMessage, TocsinError } from '../../../shared/errors.ts'

// Only the owner reads what is in the data folder, whatever the umask says (S30).
const FOLDER_MODE = 0o700
const FILE_MODE = 0o600

/** Makes a folder that only its owner can enter, or narrows one that is there. */
export function makePrivateFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: FOLDER_MODE })
  chmodSync(path, FOLDER_MODE)
}

/** Makes an empty file that only its owner can read; one that is there keeps what it holds and is narrowed. */
export function makePrivateFile(path: string): void {
  const fd = openSync(path, 'a', FILE_MODE)
  try {
    fchmodSync(fd, FILE_MODE)
  } finally {
    closeSync(fd)
  }
}

/** Replaces a file as a whole: a reader or a crash sees the old bytes or the new ones. Mode 0600, on disk when it returns. */
export function writePrivateFile(path: string, bytes: string | Uint8Array): void {
  const temporary = writeTemporary(path, bytes)
  try {
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
  syncFolder(dirname(path))
}

/**
 * Reads a key of `length` bytes; makes a random one when there is none. Two processes at once end up with the same key.
 * @throws TocsinError `vault_key_damaged`
 */
export function readOrCreateKey(path: string, length: number): Buffer {
  makePrivateFolder(dirname(path))
  const key = readIfThere(path) ?? createKey(path, length)
  if (key.length !== length) {
    throw new TocsinError(
      'vault_key_damaged',
      `${path} should hold a key of ${length} bytes and has ${key.length}: restore it from a backup, or remove it and set the secrets again.`,
    )
  }
  chmodSync(path, FILE_MODE)
  return key
}

/** Makes what was written to a file durable. */
export function syncFile(path: string): void {
  const fd = openSync(path, 'r+')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

/** Makes a rename or unlink inside a folder durable. Windows has no such call and needs none. */
export function syncFolder(path: string): void {
  if (process.platform === 'win32') return
  const fd = openSync(path, 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
  }
}

function createKey(path: string, length: number): Buffer {
  const key = randomBytes(length)
  const temporary = writeTemporary(path, key)
  try {
    linkSync(temporary, path)
    syncFolder(dirname(path))
    return key
  } catch {
    // Another process was first, or the file system has no hard links.
    const winner = readIfThere(path)
    if (winner !== null) return winner
    renameSync(temporary, path)
    syncFolder(dirname(path))
    return key
  } finally {
    rmSync(temporary, { force: true })
  }
}

function writeTemporary(path: string, bytes: string | Uint8Array): string {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`
  const fd = openSync(temporary, 'wx', FILE_MODE)
  try {
    const data = Buffer.from(bytes)
    for (let offset = 0; offset < data.length;) offset += writeSync(fd, data, offset)
    fsyncSync(fd)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  } finally {
    closeSync(fd)
  }
  return temporary
}

function readIfThere(path: string): Buffer | null {
  try {
    return readFileSync(path)
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null
    throw new TocsinError('vault_key_damaged', `The key ${path} cannot be read: ${errorMessage(error)}`, {
      cause: error,
    })
  }
}

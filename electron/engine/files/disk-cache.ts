import { createHash, randomBytes } from 'node:crypto'
import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { makePrivateFolder } from './private-file.ts'

const SUFFIX = '.cache'
const HASH_BYTES = 32
/** More than any compiled policy or set of scenarios that is worth keeping. */
const MAX_BYTES = 64 * 1024 * 1024
/** What was not written for longer is made again. */
const KEEP_FILES = 64

/**
 * Files that save work and hold nothing else: whatever is wrong with one (damaged, another user's, open to others) or
 * with the folder, it is as if there were none. Each file is the SHA-256 of its content, then the content.
 */
export class DiskCache {
  readonly #folder: string

  /** @param folder absolute; made on the first write */
  constructor(folder: string) {
    this.#folder = folder
  }

  /** @param name letters, digits, `-` */
  read(name: string): Buffer | null {
    let descriptor: number | null = null
    try {
      descriptor = openSync(this.#path(name), constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0))
      const info = fstatSync(descriptor)
      if (!info.isFile() || info.size > MAX_BYTES || !isOwn(info)) return null
      const bytes = readFileSync(descriptor)
      const content = bytes.subarray(HASH_BYTES)
      return sha256(content).equals(bytes.subarray(0, HASH_BYTES)) ? content : null
    } catch {
      return null
    } finally {
      if (descriptor !== null) closeSync(descriptor)
    }
  }

  /** Mode 0600; a reader sees the old content or the new one. Not forced to the disk: the hash tells what a crash left. */
  write(name: string, content: Uint8Array): void {
    if (content.length > MAX_BYTES) return
    const temporary = `${this.#path(name)}.${randomBytes(6).toString('hex')}.tmp`
    try {
      makePrivateFolder(this.#folder)
      writeFileSync(temporary, Buffer.concat([sha256(content), content]), { mode: 0o600, flag: 'wx' })
      renameSync(temporary, this.#path(name))
      this.#drop()
    } catch {
      removeIfThere(temporary)
    }
  }

  #path(name: string): string {
    return join(this.#folder, name + SUFFIX)
  }

  #drop(): void {
    const files = readdirSync(this.#folder)
      .filter((name) => name.endsWith(SUFFIX))
      .map((name) => join(this.#folder, name))
    if (files.length <= KEEP_FILES) return
    const aged = files.map((path) => ({ path, at: statSync(path).mtimeMs })).sort((a, b) => b.at - a.at)
    for (const { path } of aged.slice(KEEP_FILES)) rmSync(path, { force: true })
  }
}

function removeIfThere(path: string): void {
  try {
    rmSync(path, { force: true })
  } catch {
    // Its folder is none: there is nothing to remove.
  }
}

/** @param folder null: nothing is kept */
export function openCache(folder: string | null): DiskCache | null {
  return folder === null ? null : new DiskCache(folder)
}

/** What others could have written is not ours to trust. Windows keeps a user's folders apart by itself. */
function isOwn({ uid, mode }: { uid: number; mode: number }): boolean {
  return process.getuid === undefined || (uid === process.getuid() && (mode & 0o077) === 0)
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest()
}

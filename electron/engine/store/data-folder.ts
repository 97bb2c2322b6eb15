import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Only the owner reads what is in the data folder, whatever the umask says (S30). */
export const FOLDER_MODE = 0o700
export const FILE_MODE = 0o600

/** Where the store's own files lie in a data folder (`interfaces.md` §3). */
export interface DataPaths {
  folder: string
  database: string
  lock: string
  /** Exists while the database is open: found at start-up, it says that the last run did not end cleanly. */
  running: string
  backups: string
  /** What a restore replaced; nothing is ever deleted from here. */
  damaged: string
  auditKey: string
}

/** The store's paths in a data folder; touches nothing. */
export function dataPaths(folder: string): DataPaths {
  return {
    folder,
    database: join(folder, 'tocsin.db'),
    lock: join(folder, 'lock.db'),
    running: join(folder, 'running'),
    backups: join(folder, 'backups'),
    damaged: join(folder, 'damaged'),
    auditKey: join(folder, 'vault', 'audit-key'),
  }
}

/** Makes the folder where it is missing and closes it to others. */
export function ensureFolder(path: string): void {
  mkdirSync(path, { recursive: true, mode: FOLDER_MODE })
  if (process.platform !== 'win32') chmodSync(path, FOLDER_MODE)
}

/** Makes an empty file that only the owner can read; an existing one is closed to others. */
export function ensureFile(path: string): void {
  closeSync(openSync(path, 'a', FILE_MODE))
  if (process.platform !== 'win32') chmodSync(path, FILE_MODE)
}

/** Writes a file so that it is either absent or complete, on disk, and readable by the owner only. */
export function writePrivateFile(path: string, content: string | Uint8Array): void {
  const unfinished = `${path}.new`
  ensureFile(unfinished)
  const descriptor = openSync(unfinished, 'r+')
  try {
    writeFileSync(descriptor, content)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  renameSync(unfinished, path)
  syncFolder(join(path, '..'))
}

/** Makes renames in a folder durable. */
export function syncFolder(path: string): void {
  if (process.platform === 'win32') return
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

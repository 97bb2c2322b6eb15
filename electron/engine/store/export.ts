import { copyFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Database } from './database.ts'
import { ensureFile, ensureFolder, type DataPaths } from './data-folder.ts'

/** Copied per turn of the event loop, so that answers go on meanwhile. */
const PAGES_PER_TURN = 100

/**
 * Copies the open database into a new folder under `exports/`, as one file for the owner only.
 * @param at epoch ms, names the folder
 * @returns the copy's path
 */
export async function exportDatabase(db: Database, paths: DataPaths, at: number): Promise<string> {
  const path = join(newFolder(paths, at), 'tocsin.db')
  ensureFile(path)
  await db.backup(path, { progress: () => PAGES_PER_TURN })
  return path
}

/**
 * Copies a database that is not opened, because it is damaged or newer, byte for byte with its log.
 * @returns the folder of the copies
 */
export function exportFiles(paths: DataPaths, at: number): string {
  const folder = newFolder(paths, at)
  for (const suffix of ['', '-wal']) {
    const copy = join(folder, `tocsin.db${suffix}`)
    if (!existsSync(paths.database + suffix)) continue
    ensureFile(copy)
    copyFileSync(paths.database + suffix, copy)
  }
  return folder
}

function newFolder(paths: DataPaths, at: number): string {
  const exports = join(paths.folder, 'exports')
  const folder = join(exports, String(at))
  ensureFolder(exports)
  ensureFolder(folder)
  return folder
}

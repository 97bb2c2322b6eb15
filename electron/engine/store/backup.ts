import { existsSync, linkSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { TocsinError } from '../../../shared/errors.ts'
import { faultPoint } from '../fault-point.ts'
import { openReader, openWriter, type Database } from './database.ts'
import { makePrivateFile, makePrivateFolder, syncFile, syncFolder } from '../private-file.ts'
import type { DataPaths } from './data-folder.ts'

/** A week of days. */
const KEPT_BACKUPS = 7
/** Copied per turn of the event loop, so that answers go on during a backup. */
const PAGES_PER_TURN = 100
const BACKUP_NAME = /^(?:daily|pre-\d+)-(\d+)\.db$/

export interface BackupInfo {
  name: string
  /** Epoch ms. */
  at: number
  bytes: number
}

/**
 * Copies the open database, verifies the copy and gives it its name; an unverified one never has it.
 * @param kind `daily`, or `pre-<schema version>` before a migration
 * @throws Error when the copy is not sound
 */
export async function makeBackup(db: Database, folder: string, kind: string, at: number): Promise<BackupInfo> {
  makePrivateFolder(folder)
  const name = `${kind}-${at}.db`
  const unfinished = join(folder, `${name}.new`)
  rmSync(unfinished, { force: true })
  makePrivateFile(unfinished)
  await db.backup(unfinished, { progress: () => PAGES_PER_TURN })
  faultPoint('backup:copied')
  makeSingleFile(unfinished)
  verifyDatabase(unfinished)
  renameSync(unfinished, join(folder, name))
  syncFolder(folder)
  dropOldBackups(folder)
  return { name, at, bytes: statSync(join(folder, name)).size }
}

/** Finished backups, newest first. */
export function listBackups(folder: string): BackupInfo[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .map((name) => ({ name, at: Number(BACKUP_NAME.exec(name)?.[1] ?? Number.NaN) }))
    .filter(({ at }) => Number.isFinite(at))
    .map(({ name, at }) => ({ name, at, bytes: statSync(join(folder, name)).size }))
    .sort((a, b) => b.at - a.at)
}

/**
 * Puts a backup in the database's place while no store is open on it. What was there goes to `damaged/<time>/` and stays.
 * @param name one of `listBackups`
 * @throws TocsinError `backup_unknown`, `backup_damaged`
 */
export async function restoreBackup(paths: DataPaths, name: string, at: number): Promise<void> {
  const backup = join(paths.backups, basename(name))
  if (!BACKUP_NAME.test(name) || !existsSync(backup)) {
    throw new TocsinError('backup_unknown', `There is no backup named ${name}.`)
  }
  verifyDatabase(backup)
  const replacement = `${paths.database}.restored`
  makePrivateFile(replacement)
  await copyFile(backup, replacement)
  syncFile(replacement)
  const kept = join(paths.damaged, String(at))
  makePrivateFolder(paths.damaged)
  makePrivateFolder(kept)
  // The log of the replaced file must not be played into the restored one: it goes first.
  for (const suffix of ['-wal', '-shm']) {
    if (existsSync(paths.database + suffix)) renameSync(paths.database + suffix, join(kept, `tocsin.db${suffix}`))
  }
  if (existsSync(paths.database)) linkSync(paths.database, join(kept, 'tocsin.db'))
  // A power cut leaves the old file or the whole new one under the name, and what was there under the other.
  for (const folder of [kept, paths.damaged, paths.folder]) syncFolder(folder)
  renameSync(replacement, paths.database)
  syncFolder(paths.folder)
}

/** @throws TocsinError `backup_damaged` when SQLite finds anything wrong with the file */
function verifyDatabase(path: string): void {
  let findings: unknown
  try {
    const db = openReader(path)
    try {
      findings = db.pragma('integrity_check(1)', { simple: true })
    } finally {
      db.close()
    }
  } catch (error) {
    throw new TocsinError('backup_damaged', `The backup ${basename(path)} is damaged. Choose another one.`, {
      cause: error,
    })
  }
  if (findings !== 'ok') {
    throw new TocsinError(
      'backup_damaged',
      `The backup ${basename(path)} is damaged: ${String(findings)}. Choose another one.`,
    )
  }
}

/** A copy of a WAL database would want a log beside it: a backup is one file. */
function makeSingleFile(path: string): void {
  const db = openWriter(path)
  try {
    const mode = db.pragma('journal_mode = DELETE', { simple: true })
    if (mode !== 'delete') throw new Error(`The backup ${basename(path)} could not be made a single file`)
  } finally {
    db.close()
  }
}

function dropOldBackups(folder: string): void {
  for (const { name } of listBackups(folder).slice(KEPT_BACKUPS)) rmSync(join(folder, name))
}

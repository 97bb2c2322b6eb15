import { existsSync, linkSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs'
import { copyFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { TocsinError } from '../../../shared/errors.ts'
import { faultPoint } from '../ports/fault-point.ts'
import { openReader, openWriter, type Database } from './database.ts'
import { markCopy, type CopyMark } from './generation.ts'
import { makePrivateFile, makePrivateFolder, syncFile, syncFolder } from '../files/private-file.ts'
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
  makeSingleFile(unfinished, { backup: name, madeAt: at, replaced: null })
  verifyDatabase(unfinished)
  faultPoint('backup:verified')
  renameSync(unfinished, join(folder, name))
  syncFolder(folder)
  faultPoint('backup:named')
  dropOldBackups(folder)
  return { name, at, bytes: statSync(join(folder, name)).size }
}

/** Finished backups, newest first. */
export function listBackups(folder: string): BackupInfo[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .flatMap((name) => {
      const at = madeAtOf(name)
      return at === null ? [] : [{ name, at, bytes: statSync(join(folder, name)).size }]
    })
    .sort((a, b) => b.at - a.at)
}

/** A backup that is about to take the database's place. */
export interface Replacement {
  path: string
  /** Where what it replaces is kept. */
  kept: string
}

/**
 * Makes a backup ready to take the database's place: verified, copied, marked as what it is, on the disk. Changes nothing else.
 * @param name one of `listBackups`
 * @param at epoch ms
 * @throws TocsinError `backup_unknown`, `backup_damaged`
 */
export async function prepareRestore(paths: DataPaths, name: string, at: number): Promise<Replacement> {
  const backup = join(paths.backups, basename(name))
  const madeAt = madeAtOf(name)
  if (madeAt === null || !existsSync(backup)) {
    throw new TocsinError('backup_unknown', `There is no backup named ${name}.`)
  }
  verifyDatabase(backup)
  const replacement = { path: `${paths.database}.restored`, kept: join(paths.damaged, String(at)) }
  makePrivateFile(replacement.path)
  await copyFile(backup, replacement.path)
  makeSingleFile(replacement.path, { backup: name, madeAt, replaced: join(replacement.kept, basename(paths.database)) })
  syncFile(replacement.path)
  faultPoint('restore:prepared')
  return replacement
}

/** Puts a replacement in the database's place while no store is open on it. What was there is kept, and stays. */
export function replaceDatabase(paths: DataPaths, { path, kept }: Replacement): void {
  makePrivateFolder(paths.damaged)
  makePrivateFolder(kept)
  for (const suffix of ['', '-wal']) {
    const present = paths.database + suffix
    if (existsSync(present)) linkSync(present, join(kept, basename(present)))
  }
  // A power cut leaves the old file or the whole new one under the name, and what was there under the other.
  for (const folder of [kept, paths.damaged, paths.folder]) syncFolder(folder)
  // The log of the replaced file must not be played into the restored one.
  for (const suffix of ['-wal', '-shm']) rmSync(paths.database + suffix, { force: true })
  faultPoint('restore:kept')
  renameSync(path, paths.database)
  syncFolder(paths.folder)
  faultPoint('restore:replaced')
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

/** @returns null when this is no backup's name */
function madeAtOf(name: string): number | null {
  const at = BACKUP_NAME.exec(name)?.[1]
  return at === undefined ? null : Number(at)
}

/** A copy of a WAL database would want a log beside it: a backup is one file. It says what it is, wherever it is put. */
function makeSingleFile(path: string, mark: CopyMark): void {
  const db = openWriter(path)
  try {
    markCopy(db, mark)
    const mode = db.pragma('journal_mode = DELETE', { simple: true })
    if (mode !== 'delete') throw new Error(`The backup ${basename(path)} could not be made a single file`)
  } finally {
    db.close()
  }
}

function dropOldBackups(folder: string): void {
  for (const { name } of listBackups(folder).slice(KEPT_BACKUPS)) rmSync(join(folder, name))
}

import { existsSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { errorCode, errorMessage, TocsinError } from '../../../shared/errors.ts'
import { readAuditHeadFile } from '../audit/audit-head-file.ts'
import type { Clock, Log } from '../ports/ports.ts'
import { makeBackup } from './backup.ts'
import { holdLock, isCorruption, openReader, openWriter, sqliteCode, type Database } from './database.ts'
import { makePrivateFile, makePrivateFolder, syncFolder } from '../files/private-file.ts'
import { dataPaths, type DataPaths } from './data-folder.ts'
import { keepLog, lostRecords } from './lost-records.ts'
import { LATEST_VERSION, migrate, refuseFuture, schemaVersion } from './migrate.ts'
import type { Migration } from './migrations/index.ts'
import { findDamage } from './soundness.ts'
import { putState, readState } from './store-state.ts'

/** A page that went bad while nobody looked is found within a week; the check takes 0.9 s at 133 MB. */
const CHECK_EVERY_MS = 7 * 24 * 3_600_000
const FOLDER_CODES = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'EISDIR', 'ELOOP'])

export interface OpenedDatabase {
  db: Database
  /** null for a database in memory. */
  paths: DataPaths | null
  /** What is missing of the last records, as a sentence; null when nothing is. */
  lost: string | null
  /** Marks the shutdown as clean, closes the file and gives the folder free. */
  close(): void
}

export interface OpenOptions {
  dataDir: string | null
  clock: Clock
  log: Log
  /** Other migrations than this program's, for tests. */
  migrations?: readonly Migration[]
}

/**
 * Opens (or makes) the database of a data folder. A damaged file is not touched: not one byte of it changes.
 * @throws TocsinError `store_locked`, `store_corrupt`, `store_future`, `store_unreadable`, `store_full`
 */
export async function openDatabase(options: OpenOptions): Promise<OpenedDatabase> {
  if (options.dataDir === null) return openInMemory(options)
  try {
    return await openFolder(dataPaths(options.dataDir), options)
  } catch (error) {
    throw explain(error, options.dataDir)
  }
}

function openInMemory(options: OpenOptions): OpenedDatabase {
  const db = openWriter(null)
  migrate(db, options.migrations)
  return { db, paths: null, lost: null, close: () => db.close() }
}

async function openFolder(paths: DataPaths, options: OpenOptions): Promise<OpenedDatabase> {
  makePrivateFolder(paths.folder)
  makePrivateFile(paths.lock)
  const lock = holdLock(paths.lock)
  let db: Database | null = null
  try {
    const lost = existsSync(paths.database) ? inspect(paths, options) : createDatabase(paths, options)
    if (lost !== null) keepLog(paths, options.clock.now())
    makePrivateFile(paths.database)
    db = openWriter(paths.database)
    await migrateWithBackup(db, paths, options)
    noteCheck(db, paths, options.clock.now())
    writeFileSync(paths.running, `${process.pid}\n`, { mode: 0o600 })
    return { db, paths, lost, close: closer(db, lock, paths, options.log) }
  } catch (error) {
    db?.close()
    lock.close()
    throw error
  }
}

/** A first start that is cut off leaves no half-made database: the file gets its name when its tables are there. */
function createDatabase(paths: DataPaths, options: OpenOptions): null {
  if (existsSync(paths.auditHead)) {
    const records = readAuditHeadFile(paths.auditHead)?.seq
    throw new TocsinError(
      'store_corrupt',
      `The database file is missing; it held ${records ?? 'some'} records of the audit trail. Restore a backup, or remove audit-head as well to begin with an empty database.`,
    )
  }
  if (existsSync(`${paths.database}-wal`)) {
    throw new TocsinError('store_corrupt', 'The database file is missing, its log is there. Restore a backup.')
  }
  const unfinished = `${paths.database}.new`
  for (const suffix of ['', '-wal', '-shm']) rmSync(unfinished + suffix, { force: true })
  makePrivateFile(unfinished)
  const db = openWriter(unfinished)
  migrate(db, options.migrations)
  db.close()
  renameSync(unfinished, paths.database)
  syncFolder(paths.folder)
  return null
}

/**
 * Looks at the file through a connection that cannot write, before anything else may touch it.
 * @returns what is missing of the last records
 */
function inspect(paths: DataPaths, options: OpenOptions): string | null {
  if (statSync(paths.database).size === 0) throw corrupt('it is empty')
  const db = openReader(paths.database)
  try {
    const version = schemaVersion(db)
    refuseFuture(version, options.migrations)
    if (version === 0) throw corrupt('it holds no tables')
    const damage = findDamage(db, paths.database, isCheckDue(db, paths, options.clock.now()))
    if (damage !== null) throw corrupt(damage)
    return lostRecords(db, paths)
  } finally {
    db.close()
  }
}

function isCheckDue(db: Database, paths: DataPaths, now: number): boolean {
  if (existsSync(paths.running)) return true
  const checkedAt = Number(readState(db, 'checked_at') ?? 0)
  return now - checkedAt > CHECK_EVERY_MS || checkedAt > now
}

function noteCheck(db: Database, paths: DataPaths, now: number): void {
  if (!isCheckDue(db, paths, now)) return
  putState(db, 'checked_at', now)
}

async function migrateWithBackup(db: Database, paths: DataPaths, options: OpenOptions): Promise<void> {
  const found = schemaVersion(db)
  const latest = options.migrations?.at(-1)?.number ?? LATEST_VERSION
  if (found === latest) return
  const { name } = await makeBackup(db, paths.backups, `pre-${latest}`, options.clock.now())
  options.log.info('The database is brought up to date', { from: found, to: latest, backup: name })
  migrate(db, options.migrations)
}

function closer(db: Database, lock: Database, paths: DataPaths, log: Log): () => void {
  return () => {
    if (!db.open) return
    try {
      // No `PRAGMA optimize`: statistics of tables that were small then would turn the tested plans into walks.
      db.pragma('wal_checkpoint(TRUNCATE)')
    } catch (error) {
      // A full disk: what was committed is in the log and is there at the next start.
      log.warn('The log could not be folded into the database', { reason: errorMessage(error) })
    } finally {
      db.close()
      rmSync(paths.running, { force: true })
      lock.close()
    }
  }
}

function corrupt(finding: string): TocsinError {
  return new TocsinError(
    'store_corrupt',
    `The database is damaged (${finding}). It was not changed: restore a backup, or export what can still be read.`,
  )
}

/** Turns what the file system and SQLite throw into what a person can act on. */
function explain(error: unknown, folder: string): unknown {
  if (error instanceof TocsinError) return error
  const code = sqliteCode(error)
  if (isCorruption(error)) return corrupt(errorMessage(error))
  if (code.startsWith('SQLITE_FULL') || errorCode(error) === 'ENOSPC') {
    return new TocsinError('store_full', 'The disk is full: the database cannot be opened. Free some space.', {
      cause: error,
    })
  }
  if (/^SQLITE_(CANTOPEN|READONLY|PERM|IOERR|AUTH)/.test(code) || FOLDER_CODES.has(errorCode(error))) {
    return new TocsinError(
      'store_unreadable',
      `The data folder ${folder} cannot be used: ${errorMessage(error)}. Check that it is a folder that you may write to, or choose another one with --data.`,
      { cause: error },
    )
  }
  return error
}

import DatabaseConnection, { type Database } from 'better-sqlite3'
import { TocsinError } from '../../../shared/errors.ts'

export type { Database, Statement } from 'better-sqlite3'

/**
 * A commit writes each page that it touches, about 25 for one event: half as much as with 8 kB pages, which a lone event's
 * answer waits for. The file takes a sixth more.
 */
const PAGE_BYTES = 4096
/** Checkpoints every 16 MB of WAL instead of 4 MB: fewer pauses under load (`intake.md`). */
const CHECKPOINT_PAGES = 4000
/** Under load it is full; what it lacks is in the system's own cache, as below. */
const WRITER_CACHE_KIB = 8 * 1024
/** Of every connection that reads: what it lacks it takes from the system's own cache, a microsecond a page. */
const READER_CACHE_KIB = 2 * 1024
/** How long a connection waits for another one's lock; there is only one writer, so this is seldom used. */
const BUSY_TIMEOUT_MS = 5000

/**
 * Opens the writer's connection.
 * @param path of an existing file, or null for a database in memory
 * @throws TocsinError `store_unreadable` where WAL is refused (network drives), SqliteError otherwise
 */
export function openWriter(path: string | null): Database {
  const db = new DatabaseConnection(path ?? ':memory:', { timeout: BUSY_TIMEOUT_MS, fileMustExist: path !== null })
  try {
    db.pragma(`page_size = ${PAGE_BYTES}`)
    if (path !== null) requireWal(db)
    // FULL, not this build's default for WAL (NORMAL): an intent must be on the disk before its effect.
    db.pragma('synchronous = FULL')
    requirePragma(db, 'synchronous', 2)
    db.pragma('checkpoint_fullfsync = ON')
    db.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`)
    harden(db, WRITER_CACHE_KIB)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/** Opens a connection that cannot write. */
export function openReader(path: string): Database {
  const db = new DatabaseConnection(path, { timeout: BUSY_TIMEOUT_MS, readonly: true, fileMustExist: true })
  try {
    harden(db, READER_CACHE_KIB)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}

/**
 * Holds a file exclusively for as long as the connection is open.
 * @throws TocsinError `store_locked` when another process (or store) has it
 */
export function holdLock(path: string): Database {
  const lock = new DatabaseConnection(path, { timeout: 0 })
  try {
    lock.exec('BEGIN EXCLUSIVE')
    return lock
  } catch (error) {
    lock.close()
    if (sqliteCode(error).startsWith('SQLITE_BUSY')) {
      throw new TocsinError(
        'store_locked',
        'Another Tocsin is using this data folder. Close it, or choose another folder with --data.',
        { cause: error },
      )
    }
    throw error
  }
}

/** SQLite's extended code (`SQLITE_CONSTRAINT_UNIQUE`), or '' for every other error. */
export function sqliteCode(error: unknown): string {
  return error instanceof DatabaseConnection.SqliteError ? error.code : ''
}

/** Whether the failure is the file's (damaged), not the statement's. */
export function isCorruption(error: unknown): boolean {
  const code = sqliteCode(error)
  return code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB'
}

function requireWal(db: Database): void {
  const mode = db.pragma('journal_mode = WAL', { simple: true })
  if (mode === 'wal') return
  throw new TocsinError(
    'store_unreadable',
    'The data folder is on a drive that cannot hold the database (no WAL). Choose a local folder with --data.',
  )
}

function requirePragma(db: Database, name: 'synchronous' | 'trusted_schema' | 'foreign_keys', value: number): void {
  if (db.pragma(name, { simple: true }) === value) return
  throw new TocsinError('store_unreadable', `This SQLite does not take ${name} = ${value}. Reinstall the app.`)
}

function harden(db: Database, cacheKib: number): void {
  db.pragma('foreign_keys = ON')
  requirePragma(db, 'foreign_keys', 1)
  // A schema that somebody edited must not call functions with side effects.
  db.pragma('trusted_schema = OFF')
  requirePragma(db, 'trusted_schema', 0)
  // Without it INSERT OR REPLACE would delete from an append-only table unseen.
  db.pragma('recursive_triggers = ON')
  db.pragma('cell_size_check = ON')
  // What a savepoint would restore is kept in memory: in a temporary file it is 50 writes for every event.
  db.pragma('temp_store = MEMORY')
  db.pragma(`cache_size = -${cacheKib}`)
}

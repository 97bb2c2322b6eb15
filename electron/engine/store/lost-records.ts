import { copyFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { readAuditHeadFile } from '../audit/audit-head-file.ts'
import { hashAt, readAuditHead } from '../audit/audit-log.ts'
import { makePrivateFolder } from '../files/private-file.ts'
import type { DataPaths } from './data-folder.ts'
import type { Database } from './database.ts'
import { copyMark, Generations } from './generation.ts'

/**
 * Compares a database with the audit head beside it, before anything is written.
 * @returns a sentence that says what is missing, by number; null when nothing is, or when the file is another's by intent
 */
export function lostRecords(db: Database, paths: DataPaths): string | null {
  if (copyMark(db) !== null) return null
  const head = readAuditHeadFile(paths.auditHead)
  if (head === null) {
    // Made before the first generation begins: where one has begun, somebody took it away.
    return new Generations(db).last() === null
      ? null
      : 'The file audit-head beside the database is missing or damaged: whether the last records are there cannot be told.'
  }
  const last = readAuditHead(db)
  if (head.seq > last.seq) {
    const count = head.seq - last.seq
    return `Of the audit trail ${count === 1 ? `record ${head.seq} is` : `records ${last.seq + 1} to ${head.seq} are`} missing (${count} of ${head.seq}), and with ${count === 1 ? 'it' : 'them'} what ${count === 1 ? 'it stands' : 'they stand'} for: events, decisions, steps of chains.`
  }
  if (head.seq > 0 && hashAt(db, head.seq) !== head.hash)
    return `Record ${head.seq} of the audit trail is not the one that was written here last: the database has another history.`
  return null
}

/** What is left of the log is kept as it is: the next write begins it anew. */
export function keepLog(paths: DataPaths, at: number): void {
  const log = `${paths.database}-wal`
  if (!existsSync(log)) return
  const kept = join(paths.damaged, String(at))
  makePrivateFolder(paths.damaged)
  makePrivateFolder(kept)
  copyFileSync(log, join(kept, 'tocsin.db-wal'))
}

import { dirname } from 'node:path'
import { TocsinError } from '../../../../shared/errors.ts'
import { dataPaths } from '../data-folder.ts'
import { isCorruption, openReader, sqliteCode, type Database } from '../database.ts'

/** The newest matches of a search that are looked at; a search with more is too wide to read. */
const MAX_HITS = 20_000

const HITS = `SELECT rowid FROM alert_text WHERE alert_text MATCH ? AND rowid <= ? ORDER BY rowid DESC LIMIT ${MAX_HITS}`

/**
 * The alerts that match, newest first. The index is opened for each search: its file may have been put in the place of another
 * since the last one, and what is wrong with it is never taken for damage of the database.
 * @param db the database, in whose folder the index lies
 * @param match an FTS5 query
 * @param upToSeq no alert later than this
 * @throws TocsinError `search_unready` where there is no index that can be read
 */
export function searchHits(db: Database, match: string, upToSeq: number): number[] {
  if (db.memory) throw unready()
  try {
    const index = openReader(dataPaths(dirname(db.name)).search)
    try {
      return index.prepare<[string, number], number>(HITS).pluck().all(match, upToSeq)
    } finally {
      index.close()
    }
  } catch (error) {
    throw isUnready(error) ? unready(error) : error
  }
}

function unready(cause?: unknown): TocsinError {
  return new TocsinError('search_unready', 'The search index is being made. Try again in a moment.', { cause })
}

/** It is not there, holds no tables yet, or is damaged. */
function isUnready(error: unknown): boolean {
  return isCorruption(error) || ['SQLITE_CANTOPEN', 'SQLITE_ERROR'].includes(sqliteCode(error))
}

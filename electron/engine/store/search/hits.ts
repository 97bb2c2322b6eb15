import { dirname } from 'node:path'
import { errorMessage, TocsinError } from '../../../../shared/errors.ts'
import { dataPaths } from '../data-folder.ts'
import { isCorruption, openReader, sqliteCode, type Database } from '../database.ts'

/** The newest matches of a search that are looked at; a search with more is too wide to read. */
const MAX_HITS = 20_000

const HITS = `SELECT json_group_array(seq) FROM (
  SELECT rowid AS seq FROM alert_text WHERE alert_text MATCH ? AND rowid <= ? ORDER BY rowid DESC LIMIT ${MAX_HITS})`

/**
 * The alerts that match. The index is opened for each search: its file may have been put in the place of another
 * since the last one, and what is wrong with it is never taken for damage of the database.
 * @param db the database, in whose folder the index lies
 * @param match an FTS5 query
 * @param upToSeq no alert later than this
 * @returns their numbers, newest first, as a JSON list: twenty thousand values would cost more than the way from file to file
 * @throws TocsinError `search_unready` where there is no index that can be read
 */
export function searchHits(db: Database, match: string, upToSeq: number): string {
  if (db.memory) throw unready()
  try {
    const index = openReader(dataPaths(dirname(db.name)).search)
    try {
      return index.prepare<[string, number], string>(HITS).pluck().get(match, upToSeq) ?? '[]'
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
  const isMissing = sqliteCode(error) === 'SQLITE_CANTOPEN' || errorMessage(error).startsWith('no such table')
  return isMissing || isCorruption(error)
}

import { appendFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { errorMessage, TocsinError } from '../../../shared/errors.ts'
import { openReader, type Database } from './database.ts'
import { makePrivateFile, makePrivateFolder } from '../files/private-file.ts'
import type { Handles } from '../secrets/handles.ts'
import { decodeBody } from './stored-body.ts'

/** Keys per step: also what is lost around a damaged page. */
const STEP = 200

type Row = Record<string, string | number | Buffer | null>

/**
 * What is exported, each table by its growing key. Tokens' hashes, derived tables and compiled policies stay here: the
 * first are nobody's business, the others are made of the rest.
 */
const TABLES = [
  {
    name: 'source',
    counter: 'source',
    sql: 'SELECT seq, id, name, created_at, last_used_at, revoked_at FROM source WHERE seq > ? AND seq <= ?',
  },
  { name: 'event', counter: 'event', sql: 'SELECT * FROM event WHERE seq > ? AND seq <= ?' },
  { name: 'event_body', counter: 'event', sql: 'SELECT * FROM event_body WHERE event_seq > ? AND event_seq <= ?' },
  { name: 'alert', counter: 'alert', sql: 'SELECT * FROM alert WHERE seq > ? AND seq <= ?' },
  { name: 'problem', counter: 'problem', sql: 'SELECT * FROM problem WHERE seq > ? AND seq <= ?' },
  {
    name: 'policy_version',
    counter: 'policy_version',
    sql: 'SELECT number, id, created_at, sources, data_files, origin, test_summary FROM policy_version WHERE number > ? AND number <= ?',
  },
  {
    name: 'policy_form',
    counter: 'policy_form',
    sql: 'SELECT seq, version_id, form, compiler_hash, since, compiled_sha256, meta FROM policy_form WHERE seq > ? AND seq <= ?',
  },
  { name: 'policy_live', counter: 'policy_live', sql: 'SELECT * FROM policy_live WHERE seq > ? AND seq <= ?' },
  { name: 'evaluator', counter: 'evaluator', sql: 'SELECT * FROM evaluator WHERE seq > ? AND seq <= ?' },
  { name: 'decision_row', counter: 'decision_row', sql: 'SELECT * FROM decision_row WHERE seq > ? AND seq <= ?' },
  { name: 'chain', counter: 'chain', sql: 'SELECT * FROM chain WHERE seq > ? AND seq <= ?' },
  { name: 'round_row', counter: 'round_row', sql: 'SELECT * FROM round_row WHERE seq > ? AND seq <= ?' },
  { name: 'action', counter: 'action', sql: 'SELECT * FROM action WHERE seq > ? AND seq <= ?' },
  { name: 'attempt', counter: 'attempt', sql: 'SELECT * FROM attempt WHERE seq > ? AND seq <= ?' },
  { name: 'approval', counter: 'approval', sql: 'SELECT * FROM approval WHERE seq > ? AND seq <= ?' },
  {
    name: 'persistent_attribute',
    counter: 'persistent_attribute',
    sql: 'SELECT * FROM persistent_attribute WHERE seq > ? AND seq <= ?',
  },
  { name: 'act', counter: 'act', sql: 'SELECT * FROM act WHERE seq > ? AND seq <= ?' },
  { name: 'audit', counter: 'audit', sql: 'SELECT * FROM audit WHERE seq > ? AND seq <= ?' },
] as const

/** How much was written, and what could not be read. */
export interface Exported {
  path: string
  rows: number
  unreadable: string[]
}

/**
 * Writes everything that can be read as JSON lines `{"table", "row"}`, from a sound database or a damaged one (which is
 * not changed). The file holds evidence: it is readable by its owner only.
 * @param database the database file
 * @param folder where the file goes
 * @param at epoch ms, for its name
 * @param handles what stands for secrets: an export goes to others, and reads `‹NAME›` there
 * @throws TocsinError `export_failed` where the disk is full, or what SQLite throws where nothing can be read
 */
export async function exportStore(database: string, folder: string, at: number, handles: Handles): Promise<Exported> {
  makePrivateFolder(folder)
  const exported: Exported = { path: join(folder, `tocsin-export-${at}.jsonl`), rows: 0, unreadable: [] }
  makePrivateFile(exported.path)
  const db = openReader(database)
  try {
    const counters = readCounters(db)
    for (const table of TABLES) await exportTable(db, table, counters.get(table.counter) ?? 0, { exported, handles })
  } catch (error) {
    rmSync(exported.path, { force: true }) // half an export looks like a whole one
    throw error
  } finally {
    db.close()
  }
  return exported
}

async function exportTable(
  db: Database,
  table: (typeof TABLES)[number],
  last: number,
  { exported, handles }: { exported: Exported; handles: Handles },
): Promise<void> {
  for (let after = 0; after < last; after += STEP) {
    const lines = readStep(db, table, after, exported).map((line) => handles.print(line))
    writeLines(exported.path, lines)
    exported.rows += lines.length
    await nextTurn()
  }
}

/** Where a page is damaged, its rows are noted as unreadable and left out. */
function readStep(db: Database, table: (typeof TABLES)[number], after: number, exported: Exported): string[] {
  try {
    const rows = db.prepare<[number, number], Row>(table.sql).all(after, after + STEP)
    return rows.map((row) => `${JSON.stringify({ table: table.name, row: readable(row) })}\n`)
  } catch (error) {
    exported.unreadable.push(`${table.name} ${after + 1} to ${after + STEP}: ${errorMessage(error)}`)
    return []
  }
}

function writeLines(path: string, lines: readonly string[]): void {
  try {
    appendFileSync(path, lines.join(''))
  } catch (error) {
    throw new TocsinError('export_failed', `The export could not be written to ${path}: ${errorMessage(error)}`, {
      cause: error,
    })
  }
}

/** The last key that each table gave out, from a page that damage elsewhere does not reach. */
function readCounters(db: Database): Map<string, number> {
  const rows = db.prepare<[], { name: string; seq: number }>('SELECT name, seq FROM sqlite_sequence').all()
  return new Map(rows.map(({ name, seq }) => [name, seq]))
}

/** Bodies as base64 of the bytes that came in. */
function readable(row: Row): Row {
  if (!Buffer.isBuffer(row['body'])) return row
  const { encoding, body, ...rest } = row
  return {
    ...rest,
    body: Buffer.from(decodeBody(body, encoding === 'deflate' ? 'deflate' : 'identity')).toString('base64'),
  }
}

import { sha256 } from '../../forms/canonical.ts'
import type { Database } from '../database.ts'
import { decodeBody } from '../stored-body.ts'

/** Bodies per step: 50 ms where each has the size of an ordinary event. */
const BODIES_PER_STEP = 500

/** The tables that are checked one by one; bodies are compared with their hashes instead. */
export function checkedTables(db: Database): string[] {
  return db
    .prepare<[], { name: string }>(
      `SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0
         AND name <> 'event_body' ORDER BY name`,
    )
    .all()
    .map(({ name }) => name)
}

/** @param table one of `checkedTables` @returns what is wrong with the table or its indexes, or null */
export function checkTable(db: Database, { table }: { table: string }): string | null {
  const finding = String(db.pragma(`quick_check("${table.replaceAll('"', '""')}")`, { simple: true }))
  return finding === 'ok' ? null : finding
}

interface BodyRow {
  seq: number
  encoding: 'identity' | 'deflate'
  body: Buffer
  sha256: string
}

/** Compares the next bodies with the hashes that were taken when they came. @returns where to go on, null at the end */
export function checkBodies(db: Database, { after }: { after: number }): { next: number | null; damaged: number[] } {
  const rows = db
    .prepare<[number, number], BodyRow>(
      `SELECT b.event_seq AS seq, b.encoding, b.body, e.body_sha256 AS sha256
       FROM event_body AS b JOIN event AS e ON e.seq = b.event_seq WHERE b.event_seq > +? ORDER BY b.event_seq LIMIT +?`,
    )
    .all(after, BODIES_PER_STEP)
  const damaged = rows.filter((row) => !isWhole(row)).map(({ seq }) => seq)
  return { next: rows.length < BODIES_PER_STEP ? null : (rows.at(-1)?.seq ?? null), damaged }
}

function isWhole({ encoding, body, sha256: hash }: BodyRow): boolean {
  try {
    return sha256(decodeBody(body, encoding)) === hash
  } catch {
    return false
  }
}

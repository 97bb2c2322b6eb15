import type { Database } from 'better-sqlite3'

type Row = Record<string, unknown>

/** What differs between two runs of the same: when, how long, and what was drawn. */
const VARYING = /(^|_)(at|seq|seed|now_ns|duration_us)$|^valid_from$/

/** Rows by which an id goes in every run: made of ids that the test gives, and of places. */
const NAMES = [
  `SELECT id, 'chain ' || subject_id || ' ' || run_no AS name FROM chain`,
  `SELECT a.id, 'action ' || c.subject_id || ' ' || c.run_no || ' ' || a.round_no || ' ' || a.position AS name
     FROM action AS a JOIN chain AS c ON c.id = a.chain_id`,
  `SELECT t.id, 'attempt ' || t.no || ' of ' || t.action_id AS name FROM attempt AS t`,
  `SELECT p.id, 'approval of ' || p.action_id AS name FROM approval AS p`,
  `SELECT d.id, 'decision ' || d.kind || ' ' || coalesce(d.event_id, '') || coalesce(d.chain_id, '') || coalesce(d.round_no, '')
     || coalesce(d.action_id, '') AS name FROM decision_row AS d`,
  `SELECT id, 'problem ' || code || ' ' || schema || coalesce(event_id, '') || coalesce(chain_id, '') AS name FROM problem`,
]

/** Tables of what comes of events; rows of others name nothing of them, or are made from these. */
const TABLES: Readonly<Record<string, string>> = {
  event: 'SELECT * FROM event',
  event_body:
    'SELECT e.id AS event_id, b.encoding, hex(b.body) AS body FROM event_body AS b JOIN event AS e ON e.seq = b.event_seq',
  alert: 'SELECT * FROM alert',
  attribute: 'SELECT a.id AS alert_id, t.* FROM attribute AS t JOIN alert AS a ON a.seq = t.alert_seq',
  attribute_normal: 'SELECT * FROM attribute_normal',
  chain: 'SELECT * FROM chain',
  round_row: 'SELECT * FROM round_row',
  decision_row: 'SELECT * FROM decision_row WHERE is_taken = 1',
  decision: 'SELECT * FROM decision WHERE is_taken = 1',
  round: 'SELECT * FROM round',
  action: 'SELECT * FROM action',
  attempt: 'SELECT * FROM attempt',
  approval: 'SELECT * FROM approval',
  persistent_attribute: 'SELECT * FROM persistent_attribute',
  act: `SELECT by, kind, subject_kind, subject_id, chain_id, round_no, action_id, attempt_no, before, after, reason FROM act`,
  problem: 'SELECT * FROM problem',
}

/**
 * Every row that events left, in an order and with names for its ids that do not depend on which run made it.
 * @returns JSON text of rows, by table
 */
export function rowsOf(db: Database): Record<string, string[]> {
  const names = namesIn(db)
  const evaluators = new Map(
    (db.prepare('SELECT * FROM evaluator').all() as Row[]).map(({ seq, ...evaluator }) => [seq, evaluator]),
  )
  const rows = Object.entries(TABLES).map(([table, sql]) => {
    const texts = (db.prepare(sql).all() as Row[]).map((row) => text(row, { names, evaluators }))
    return [table, texts.toSorted()] as const
  })
  return Object.fromEntries(rows)
}

/** The tables that are compared. */
export const COMPARED = Object.keys(TABLES)

function namesIn(db: Database): Map<string, string> {
  const names = new Map<string, string>()
  for (const sql of NAMES)
    for (const { id, name } of db.prepare(sql).all() as { id: string; name: string }[])
      names.set(id, renamed(name, names))
  return names
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g

function renamed(value: string, names: Map<string, string>): string {
  return value.replaceAll(UUID, (id) => names.get(id) ?? id)
}

function text(row: Row, { names, evaluators }: { names: Map<string, string>; evaluators: Map<unknown, Row> }): string {
  const members = Object.entries(row)
    .filter(([column]) => !VARYING.test(column))
    .map(([column, value]) => {
      if (/(^|_)evaluator$/.test(column) && typeof value === 'number') return [column, evaluators.get(value)]
      return [column, typeof value === 'string' ? renamed(value, names) : value]
    })
  return JSON.stringify(Object.fromEntries(members))
}

import { sha256 } from '../forms/canonical.ts'
import type { Database, Statement } from '../store/database.ts'

/** A table whose rows are records. */
export interface RecordedTable {
  name: string
  /** Its primary key. */
  key: string
  /** Columns that age may take, and that a hash in another column of the row covers. */
  covered?: readonly string[]
}

/** Every table whose rows cannot be made again from others. */
export const RECORDED_TABLES: readonly RecordedTable[] = [
  { name: 'audit_key', key: 'seq' },
  { name: 'setting', key: 'key' },
  { name: 'source', key: 'seq' },
  { name: 'policy_version', key: 'number' },
  { name: 'policy_form', key: 'seq', covered: ['compiled'] },
  { name: 'policy_live', key: 'seq' },
  { name: 'evaluator', key: 'seq' },
  { name: 'event', key: 'seq' },
  { name: 'alert', key: 'seq' },
  { name: 'decision_row', key: 'seq' },
  { name: 'chain', key: 'seq' },
  { name: 'round_row', key: 'seq' },
  { name: 'action', key: 'seq' },
  { name: 'attempt', key: 'seq', covered: ['result'] },
  { name: 'approval', key: 'seq' },
  { name: 'persistent_attribute', key: 'seq' },
  { name: 'report', key: 'seq' },
  { name: 'report_attribute', key: 'seq' },
  { name: 'lookup', key: 'seq' },
  { name: 'inspection', key: 'seq' },
  { name: 'finding', key: 'seq' },
  { name: 'review', key: 'seq' },
  { name: 'report_state', key: 'seq' },
  { name: 'act', key: 'seq' },
  { name: 'problem', key: 'seq' },
]

/** Tables whose rows are no records, and why. */
export const UNRECORDED_TABLES: Readonly<Record<string, string>> = {
  event_body: 'covered by event.body_sha256; age takes it',
  audit: 'the trail itself: each row is covered by the hash of the next',
  store_state: 'what the store keeps for itself: when it was last checked',
  refusal: 'counts of what was not taken',
  attribute_normal: 'made again from attributes and commits',
  report_alert: 'made again from alerts and reports',
  report_mark: 'how far reports have followed alerts',
  deleted_body: 'made again from events: in which order age took bodies',
  containment_check: 'made again by the next look at the target; what changed between two looks is an act',
  inbox_row: 'made again from alerts and acts',
  alert_list: 'made again from alerts and acts',
  alert_count: 'made again from alerts and acts',
  event_count: 'made again from events',
  persistent_attribute_head: 'made again from persistent_attribute',
  rule: 'made again from alerts, actions and their decisions',
  rule_of: 'made again from alerts, actions and their decisions',
  rule_state: 'made again from alerts, actions and their decisions',
}

export type RowKey = number | string

/**
 * The hash of a row: SHA-256 of the JSON list of the table's name and all its columns but those that another hash covers, in
 * the schema's order. A new column is covered without anybody thinking of it.
 */
export function rowHash(table: string, values: readonly unknown[]): string {
  return sha256(JSON.stringify([table, ...values]))
}

/** The columns that a row's hash covers, in order. */
export function hashedColumns(db: Database, { name, covered = [] }: RecordedTable): string[] {
  const columns = db.prepare<[string], string>('SELECT name FROM pragma_table_info(?) ORDER BY cid').pluck().all(name)
  return columns.filter((column) => !covered.includes(column))
}

/** The hashes of rows as they are. */
export class RecordedRows {
  readonly #statements = new Map<string, Statement>()

  constructor(db: Database) {
    for (const table of RECORDED_TABLES) this.#statements.set(table.name, rowOf(db, table))
  }

  /** @returns hex; null when there is no such row */
  hash(table: string, key: RowKey): string | null {
    const row = this.#statements.get(table)?.get(key) as unknown[] | undefined
    return row === undefined ? null : rowHash(table, row)
  }
}

/** Lists of values, not objects: names of columns are no part of what is hashed. Names come from the schema, never from outside. */
function rowOf(db: Database, table: RecordedTable): Statement {
  const columns = hashedColumns(db, table).join(', ')
  return db.prepare(['SELECT', columns, 'FROM', table.name, 'WHERE', table.key, '= +?'].join(' ')).raw()
}

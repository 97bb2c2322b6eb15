import { sha256 } from '../canonical.ts'
import type { Database, Statement } from '../store/database.ts'

/** A table whose rows are records. */
export interface RecordedTable {
  name: string
  /** Its primary key. */
  key: string
  /** Columns that age may take, and that a hash in another column of the row covers. */
  covered?: readonly string[]
  /** Rows of another table that are a part of the record. */
  parts?: { name: string; of: string }
}

/** Every table whose rows cannot be made again from others. */
export const RECORDED_TABLES: readonly RecordedTable[] = [
  { name: 'audit_key', key: 'seq' },
  { name: 'setting', key: 'key' },
  { name: 'source', key: 'seq' },
  { name: 'policy_version', key: 'number' },
  { name: 'policy_form', key: 'seq', covered: ['compiled'] },
  { name: 'policy_live', key: 'seq' },
  { name: 'event', key: 'seq' },
  { name: 'alert', key: 'seq', parts: { name: 'attribute', of: 'alert_seq' } },
  { name: 'decision', key: 'seq' },
  { name: 'chain', key: 'seq' },
  { name: 'round', key: 'seq' },
  { name: 'action', key: 'seq' },
  { name: 'attempt', key: 'seq', covered: ['result'] },
  { name: 'approval', key: 'seq' },
  { name: 'persistent_attribute', key: 'seq' },
  { name: 'act', key: 'seq' },
  { name: 'problem', key: 'seq' },
]

/** Tables whose rows are no records, and why. */
export const UNRECORDED_TABLES: Readonly<Record<string, string>> = {
  attribute: 'a part of its alert',
  event_body: 'covered by event.body_sha256; age takes it',
  audit: 'the trail itself: each row is covered by the hash of the next',
  store_state: 'what the store keeps for itself: when it was last checked',
  refusal: 'counts of what was not taken',
  attribute_normal: 'made again from attributes and commits',
  deleted_body: 'made again from events: in which order age took bodies',
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
 * The hashes of rows as they are: SHA-256 of the JSON list of the table's name and all its columns, in the schema's order. A
 * new column is covered without anybody thinking of it.
 */
export class RecordedRows {
  readonly #statements = new Map<string, { row: Statement; parts: Statement | null }>()

  constructor(db: Database) {
    for (const { name, key, covered = [], parts } of RECORDED_TABLES) {
      this.#statements.set(name, {
        row: rowsOf(db, { name, columns: columnsOf(db, name, covered), key }),
        parts: parts ? rowsOf(db, { name: parts.name, columns: columnsOf(db, parts.name, []), key: parts.of }) : null,
      })
    }
  }

  /** @returns hex; null when there is no such row */
  hash(table: string, key: RowKey): string | null {
    const statements = this.#statements.get(table)
    const row = statements?.row.get(key) as unknown[] | undefined
    if (!statements || row === undefined) return null
    const parts = statements.parts?.all(key) ?? []
    return sha256(JSON.stringify([table, ...row, ...parts]))
  }
}

function columnsOf(db: Database, table: string, covered: readonly string[]): string[] {
  const columns = db.prepare<[string], string>('SELECT name FROM pragma_table_info(?) ORDER BY cid').pluck().all(table)
  return columns.filter((column) => !covered.includes(column))
}

/** Lists of values, not objects: names of columns are no part of what is hashed. Names come from the schema, never from outside. */
function rowsOf(db: Database, { name, columns, key }: { name: string; columns: string[]; key: string }): Statement {
  return db.prepare(['SELECT', columns.join(', '), 'FROM', name, 'WHERE', key, '= +?'].join(' ')).raw()
}

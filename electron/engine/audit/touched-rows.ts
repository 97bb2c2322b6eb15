import type { Database } from '../store/database.ts'
import { hashedColumns, RECORDED_TABLES, rowHash, type RowKey } from './recorded-rows.ts'

/** A row as a statement left it; without values it was deleted. */
interface Touched {
  table: string
  key: RowKey
  values: readonly unknown[] | null
}

/**
 * Notes which recorded rows a connection writes, whoever writes them: temporary triggers on every recorded table, which
 * exist on this connection only. Nothing can be written here without being noted.
 */
export class TouchedRows {
  #rows: Touched[] = []

  constructor(db: Database) {
    db.function('row_written', { varargs: true }, (table: string, key: RowKey, ...values: unknown[]) => {
      this.#rows.push({ table, key, values })
      return null
    })
    db.function('row_deleted', (table: string, key: RowKey) => {
      this.#rows.push({ table, key, values: null })
      return null
    })
    for (const table of RECORDED_TABLES) {
      const { name, key } = table
      const values = hashedColumns(db, table).map((column) => `new.${column}`)
      for (const what of ['INSERT', 'UPDATE'])
        noteOn(db, name, what, `row_written('${name}', new.${key}, ${values.join(', ')})`)
      noteOn(db, name, 'DELETE', `row_deleted('${name}', old.${key})`)
    }
  }

  /** How many are noted; what `rollbackTo` takes. */
  mark(): number {
    return this.#rows.length
  }

  /** Forgets those after the mark. */
  rollbackTo(mark: number): void {
    this.#rows.length = mark
  }

  /** The hash of each row that was noted, once, as it was last written; null for one that was deleted. */
  take(): [table: string, key: RowKey, sha256: string | null][] {
    const rows = new Map<string, Touched>()
    for (const row of this.#rows) {
      const name = `${row.table} ${row.key}`
      rows.delete(name)
      rows.set(name, row)
    }
    this.#rows = []
    return [...rows.values()].map(({ table, key, values }) => [table, key, values && rowHash(table, values)])
  }
}

function noteOn(db: Database, table: string, what: string, note: string): void {
  const name = ['touched', table, what.toLowerCase()].join('_')
  db.exec(['CREATE TEMP TRIGGER', name, 'AFTER', what, 'ON', `main.${table}`, `BEGIN SELECT ${note}; END`].join(' '))
}

import type { Database } from '../store/database.ts'
import { RECORDED_TABLES, type RowKey } from './recorded-rows.ts'

/**
 * Notes which recorded rows a connection writes, whoever writes them: temporary triggers on every recorded table, which
 * exist on this connection only. Nothing can be written here without being noted.
 */
export class TouchedRows {
  #rows: [table: string, key: RowKey][] = []

  constructor(db: Database) {
    db.function('touch_row', (table: string, key: RowKey) => {
      this.#rows.push([table, key])
      return null
    })
    for (const { name, key, parts } of RECORDED_TABLES) {
      for (const what of ['INSERT', 'UPDATE']) noteOn(db, { table: name, what, recorded: name, key: `new.${key}` })
      noteOn(db, { table: name, what: 'DELETE', recorded: name, key: `old.${key}` })
      if (!parts) continue
      for (const what of ['INSERT', 'UPDATE'])
        noteOn(db, { table: parts.name, what, recorded: name, key: `new.${parts.of}` })
      noteOn(db, { table: parts.name, what: 'DELETE', recorded: name, key: `old.${parts.of}` })
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

  /** Each row that was noted, once, in the order in which it was last written. */
  take(): [table: string, key: RowKey][] {
    const rows = new Map<string, [string, RowKey]>()
    for (const row of this.#rows) {
      const name = `${row[0]} ${row[1]}`
      rows.delete(name)
      rows.set(name, row)
    }
    this.#rows = []
    return [...rows.values()]
  }
}

function noteOn(
  db: Database,
  { table, what, recorded, key }: { table: string; what: string; recorded: string; key: string },
): void {
  const name = ['touched', table, what.toLowerCase()].join('_')
  const note = `BEGIN SELECT touch_row('${recorded}', ${key}); END`
  db.exec(['CREATE TEMP TRIGGER', name, 'AFTER', what, 'ON', `main.${table}`, note].join(' '))
}

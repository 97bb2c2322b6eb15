import { useState } from 'react'

export interface StableRows<Row> {
  /** What to show, in an order that does not change while it is held */
  rows: readonly Row[]
  /** Rows that are not there any more but keep their place while held */
  gone: ReadonlySet<string>
  /** Rows that came in while held */
  held: number
  hold: () => void
  release: () => void
}

/**
 * Keeps a live list from moving under the pointer: while it is held, rows that went keep their place and rows that came
 * wait.
 */
export function useStableRows<Row>(rows: readonly Row[], idOf: (row: Row) => string): StableRows<Row> {
  const [frozen, setFrozen] = useState<readonly Row[] | null>(null)
  const hold = () => setFrozen(rows)
  const release = () => setFrozen(null)
  if (frozen === null) return { rows, gone: new Set(), held: 0, hold, release }
  const fresh = new Map(rows.map((row) => [idOf(row), row]))
  const known = new Set(frozen.map(idOf))
  return {
    rows: frozen.map((row) => fresh.get(idOf(row)) ?? row),
    gone: new Set([...known].filter((id) => !fresh.has(id))),
    held: rows.filter((row) => !known.has(idOf(row))).length,
    hold,
    release,
  }
}

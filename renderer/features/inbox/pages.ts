import type { AlertFilter, AlertRow } from '../../../shared/model/views.ts'

/** Rows of one call; the contract's most is 200. A screen shows about 25. */
export const PAGE_SIZE = 100
/** Pages kept around what is shown; others are asked again when they come into sight. */
const KEPT_PAGES = 8

/** Rows as they stand on the screen. What leaves the filter stays in its place until the list is read anew. */
export interface Page {
  rows: AlertRow[]
  isStale: boolean
}

export type Pages = ReadonlyMap<number, Page>

export const EMPTY_FILTER: AlertFilter = {
  triage: ['new', 'in_progress'],
  severities: [],
  sources: [],
  waitingOnly: false,
  text: '',
}

/** The row at a place of the list; null while its page is not read. */
export function rowAt(pages: Pages, index: number): AlertRow | null {
  return pages.get(Math.floor(index / PAGE_SIZE))?.rows[index % PAGE_SIZE] ?? null
}

/** Where a row stands, among the pages that are read; -1 otherwise. */
export function indexOf(pages: Pages, isIt: (row: AlertRow) => boolean): number {
  for (const [page, { rows }] of pages) {
    const at = rows.findIndex(isIt)
    if (at >= 0) return page * PAGE_SIZE + at
  }
  return -1
}

/** How many rows before a page have left the filter: the engine does not count them any more. */
export function ghostsBefore(pages: Pages, ghosts: ReadonlySet<number>, page: number): number {
  let count = 0
  for (const [no, { rows }] of pages) if (no < page) count += rows.filter((row) => ghosts.has(row.rowId)).length
  return count
}

/**
 * Lays fresh rows over a page that is on the screen: same places, new values. Rows that the engine did not send again have
 * left the filter, or have a later alert than the list was read for, and become ghosts.
 */
export function refreshed(page: Page, fresh: readonly AlertRow[]): { page: Page; gone: number[] } {
  const byId = new Map(fresh.map((row) => [row.rowId, row]))
  const gone = page.rows.filter((row) => !byId.has(row.rowId)).map((row) => row.rowId)
  return { page: { rows: page.rows.map((row) => byId.get(row.rowId) ?? row), isStale: false }, gone }
}

/** Forgets pages far from what is shown, but never one that holds ghosts: their places are known only here. */
export function pruned(pages: Pages, ghosts: ReadonlySet<number>, around: number): Map<number, Page> {
  const kept = [...pages].filter(
    ([no, { rows }]) => Math.abs(no - around) <= KEPT_PAGES / 2 || rows.some((row) => ghosts.has(row.rowId)),
  )
  return new Map(kept)
}

/** Changes rows in place. */
export function withRows(
  pages: Pages,
  ids: ReadonlySet<number>,
  change: (row: AlertRow) => AlertRow,
): Map<number, Page> {
  return new Map(
    [...pages].map(([no, page]) => [
      no,
      { ...page, rows: page.rows.map((row) => (ids.has(row.rowId) ? change(row) : row)) },
    ]),
  )
}

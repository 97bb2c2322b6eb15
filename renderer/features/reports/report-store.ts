import { create } from 'zustand'
import type { ReportFilter, ReportRow } from '../../../shared/model/report.ts'
import { call, type DeskError } from '../../lib/bridge.ts'
import { pause } from '../../lib/query.ts'

/** Rows of one call; the contract's most is 200. */
const PAGE_SIZE = 100

export const EVERY_REPORT: ReportFilter = { severities: [], text: '', value: '' }

type Pages = ReadonlyMap<number, readonly ReportRow[]>

/**
 * The list of reports. It is read up to one report (`upToSeq`) and page by page where it is looked at, so that nothing
 * that comes in moves a row; what came in since is a number, until the analyst asks for it.
 */
interface ReportsStore {
  filter: ReportFilter
  upToSeq: number | null
  pages: Pages
  total: number
  newCount: number
  /** More changed than can be shown in place */
  isShifted: boolean
  isLoading: boolean
  error: DeskError | null
  selectedId: string | null
  /** Reads the list anew, up to its newest report. */
  reload: () => Promise<void>
  /** Asks again what is shown, and how many came in */
  refresh: () => Promise<void>
  showRange: (first: number, last: number) => void
  setFilter: (change: Partial<ReportFilter>) => Promise<void>
  select: (id: string | null) => void
  /** @returns the row at a place of the list, read where it was not yet */
  rowAt: (index: number) => Promise<ReportRow | null>
}

const START = { pages: new Map<number, readonly ReportRow[]>(), total: 0, newCount: 0, isShifted: false }

/** Counts reloads, so that answers to an older list are dropped. */
let generation = 0
let shown = { first: 0, last: 0 }
let isRefreshing = false
let isRefreshDue = false
const reading = new Map<number, Promise<void>>()

/** The row at a place of the list; null while its page is not read. */
export function reportAt(pages: Pages, index: number): ReportRow | null {
  return pages.get(Math.floor(index / PAGE_SIZE))?.[index % PAGE_SIZE] ?? null
}

/** Where a report stands among the pages that are read; -1 otherwise. */
export function placeOf(pages: Pages, id: string | null): number {
  for (const [no, rows] of pages) {
    const at = rows.findIndex((row) => row.id === id)
    if (at >= 0) return no * PAGE_SIZE + at
  }
  return -1
}

/**
 * Lays fresh rows over those on the screen: same places, new values. One that is not among them any more stays where it is.
 * @returns the rows, and whether the list has another order by now
 */
export function laidOver(
  old: readonly ReportRow[] | undefined,
  fresh: readonly ReportRow[],
): { rows: readonly ReportRow[]; isShifted: boolean } {
  if (!old) return { rows: fresh, isShifted: false }
  const byId = new Map(fresh.map((row) => [row.id, row]))
  return {
    rows: old.map((row) => byId.get(row.id) ?? row),
    isShifted: old.some((row, at) => fresh[at]?.id !== row.id),
  }
}

export const useReports = create<ReportsStore>((set, get) => ({
  ...START,
  filter: EVERY_REPORT,
  upToSeq: null,
  isLoading: true,
  error: null,
  selectedId: null,

  reload: async () => {
    const mine = ++generation
    reading.clear()
    set({ isLoading: true })
    const answer = await call('reports.page', { filter: get().filter, upToSeq: null, offset: 0, limit: PAGE_SIZE })
    if (mine !== generation) return
    // The rows that are there are of another question.
    if (!answer.ok) return set({ ...START, error: answer.error, isLoading: false })
    const { rows, total, newestSeq } = answer.value
    set({ ...START, pages: new Map([[0, rows]]), total, upToSeq: newestSeq, isLoading: false, error: null })
  },

  refresh: async () => {
    if (isRefreshing) {
      isRefreshDue = true
      return
    }
    isRefreshing = true
    do {
      isRefreshDue = false
      await refreshOnce()
      if (isRefreshDue) await pause()
    } while (isRefreshDue)
    isRefreshing = false
  },

  showRange: (first, last) => {
    shown = { first, last }
    for (const no of shownPages()) if (!get().pages.has(no)) void readPage(no)
  },

  setFilter: (change) => {
    set({ filter: { ...get().filter, ...change } })
    return get().reload()
  },

  select: (selectedId) => set({ selectedId }),

  rowAt: async (index) => {
    const { total } = get()
    if (total === 0) return null
    const at = Math.max(0, Math.min(total - 1, index))
    if (reportAt(get().pages, at) === null) await readPage(Math.floor(at / PAGE_SIZE))
    return reportAt(get().pages, at)
  },
}))

async function refreshOnce(): Promise<void> {
  const mine = generation
  const { filter, upToSeq, total, error, reload } = useReports.getState()
  if (upToSeq === null || error !== null || total === 0) return reload()
  const newest = await call('reports.page', { filter, upToSeq: null, offset: 0, limit: 1 })
  const frozen = await call('reports.page', { filter, upToSeq, offset: 0, limit: 1 })
  if (mine !== generation || !newest.ok || !frozen.ok) return
  useReports.setState({
    newCount: Math.max(0, newest.value.total - frozen.value.total),
    isShifted: frozen.value.total !== total,
  })
  for (const no of shownPages()) await readPage(no)
}

function shownPages(): number[] {
  const first = Math.floor(shown.first / PAGE_SIZE)
  const last = Math.floor(shown.last / PAGE_SIZE)
  return Array.from({ length: last - first + 1 }, (_, no) => first + no)
}

/** Reads a page, or joins the reading that is on its way. */
function readPage(no: number): Promise<void> {
  const known = reading.get(no)
  if (known) return known
  const mine = generation
  const started = askPage(no).finally(() => {
    if (mine === generation) reading.delete(no)
  })
  reading.set(no, started)
  return started
}

async function askPage(no: number): Promise<void> {
  const mine = generation
  const { filter, upToSeq } = useReports.getState()
  const answer = await call('reports.page', { filter, upToSeq, offset: no * PAGE_SIZE, limit: PAGE_SIZE })
  if (mine !== generation || !answer.ok) return
  useReports.setState(({ pages, isShifted }) => {
    const laid = laidOver(pages.get(no), answer.value.rows)
    return { pages: new Map(pages).set(no, laid.rows), isShifted: isShifted || laid.isShifted }
  })
}

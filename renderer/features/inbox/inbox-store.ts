import { create } from 'zustand'
import type { Answer, CallArg, CallResult } from '../../../shared/contract.ts'
import type { AlertDetail, AlertFilter, AlertRow } from '../../../shared/model/views.ts'
import { call, type DeskError } from '../../lib/bridge.ts'
import { pause } from '../../lib/query.ts'
import {
  EMPTY_FILTER,
  ghostsBefore,
  indexOf,
  PAGE_SIZE,
  type Page,
  type Pages,
  pruned,
  refreshed,
  rowAt,
  withRows,
} from './pages.ts'

/**
 * The list of alerts. It is read up to one alert (`upToSeq`), so that nothing that comes in moves a row; what came in
 * since is a number, until the analyst asks for it.
 */
interface InboxStore {
  filter: AlertFilter
  upToSeq: number | null
  pages: Pages
  /** Rows on the screen, ghosts included */
  total: number
  /** Rows that have left the filter but keep their place */
  ghosts: ReadonlySet<number>
  newCount: number
  /** More changed than can be shown in place: the pill offers to read the list anew */
  isShifted: boolean
  isLoading: boolean
  error: DeskError | null
  selectedRow: number | null
  selectedIndex: number
  /** What the alert that is open last told of its row: it may be another alert than the row shows. */
  opened: Opened | null
  /** Whether rows may come in by themselves: nothing selected, no pointer on the list, at its top */
  isIdle: boolean
  facets: CallResult<'alerts.facets'> | null
  /** What the facets were counted with */
  facetsFilter: AlertFilter | null
  reload: (keepSelection?: boolean) => Promise<void>
  showRange: (first: number, last: number) => void
  refresh: () => Promise<void>
  /** Narrows the list, and reads it */
  setFilter: (change: Partial<AlertFilter>) => Promise<void>
  select: (index: number) => Promise<AlertRow | null>
  selectOpen: (alertId: string) => void
  triage: (change: CallArg<'alerts.triage'>) => Promise<Answer<CallResult<'alerts.triage'>>>
  untriage: (acts: ActRange, row: AlertRow | null) => Promise<Answer<CallResult<'alerts.untriage'>>>
}

/** Acts of one call, to be put back together. */
export type ActRange = CallArg<'alerts.untriage'>['acts']

export type Opened = Pick<AlertDetail, 'rowId' | 'newestId'> & { id: string }

/** Rows looked up one by one when they left the list; more than these is a change of the list, not of rows. */
const MAX_LOOKUPS = 20

/** Counts reloads, so that answers to an older list are dropped. */
let generation = 0
const reading = new Map<number, Promise<void>>()
/** Counts own triage acts: an answer that was on its way meanwhile may not know of them. */
let acts = 0
let shown = { first: 0, last: 0 }
let isRefreshing = false
let isRefreshDue = false

const START = { pages: new Map<number, Page>(), total: 0, ghosts: new Set<number>(), newCount: 0, isShifted: false }

export const useInbox = create<InboxStore>((set, get) => ({
  ...START,
  filter: EMPTY_FILTER,
  upToSeq: null,
  isLoading: true,
  error: null,
  selectedRow: null,
  selectedIndex: -1,
  opened: null,
  isIdle: true,
  facets: null,
  facetsFilter: null,

  reload,

  showRange: (first, last) => {
    shown = { first, last }
    for (let no = Math.floor(first / PAGE_SIZE); no <= Math.floor(last / PAGE_SIZE); no++) {
      const page = get().pages.get(no)
      if ((!page || page.isStale) && no * PAGE_SIZE < get().total) void readPage(no)
    }
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

  setFilter: (change) => {
    set({ filter: { ...get().filter, ...change } })
    return get().reload()
  },

  select: async (index) => {
    if (get().total === 0) return null
    const at = Math.max(0, Math.min(get().total - 1, index))
    if (!rowAt(get().pages, at)) {
      // Its page is not read yet: the list goes there already.
      set({ selectedIndex: at, selectedRow: null })
      await readPage(Math.floor(at / PAGE_SIZE))
      if (get().selectedIndex !== at) return null
    }
    const row = rowAt(get().pages, at)
    if (row) set({ selectedIndex: at, selectedRow: row.rowId })
    return row
  },

  selectOpen: (alertId) => {
    const { pages, opened } = get()
    const index = indexOf(pages, (row) => row.id === alertId || (opened?.id === alertId && opened.rowId === row.rowId))
    set({ selectedIndex: index, selectedRow: rowAt(pages, index)?.rowId ?? null })
  },

  triage,
  untriage,
}))

/** Reads the list anew, up to its newest alert. */
async function reload(keepSelection = false): Promise<void> {
  const mine = ++generation
  reading.clear()
  useInbox.setState({ isLoading: true })
  const { filter } = useInbox.getState()
  const answer = await call('alerts.page', { filter, upToSeq: null, offset: 0, limit: PAGE_SIZE })
  if (mine !== generation) return
  if (!answer.ok) {
    // The rows that are there are of another question.
    useInbox.setState({ ...START, selectedRow: null, selectedIndex: -1, error: answer.error, isLoading: false })
    return
  }
  const { rows, total, newestSeq } = answer.value
  const pages = new Map([[0, { rows, isStale: false }]])
  const { selectedRow } = useInbox.getState()
  const index = indexOf(pages, (row) => row.rowId === selectedRow)
  const selection = keepSelection ? { selectedIndex: index } : { selectedRow: null, selectedIndex: -1 }
  useInbox.setState({ ...START, ...selection, pages, total, upToSeq: newestSeq, isLoading: false, error: null })
  void readFacets()
}

/** Closes or reopens alerts; rows that leave the filter by it keep their place. */
async function triage(change: CallArg<'alerts.triage'>): Promise<Answer<CallResult<'alerts.triage'>>> {
  const answer = await call('alerts.triage', change)
  acts++
  if (!answer.ok || change.scope === 'alert') return answer
  const { pages, filter, ghosts, opened } = useInbox.getState()
  const { ids, state, verdict } = change
  const isChanged = (row: AlertRow) =>
    ids.includes(row.id) || (opened?.rowId === row.rowId && ids.includes(opened.newestId))
  const rows = [...pages.values()].flatMap((page) => page.rows.filter(isChanged)).map((row) => row.rowId)
  const next = new Set(ghosts)
  const hasLeft = filter.triage.length > 0 && !filter.triage.includes(state)
  for (const row of rows) {
    if (hasLeft) next.add(row)
    else next.delete(row)
  }
  useInbox.setState({
    ghosts: next,
    pages: withRows(pages, new Set(rows), (row) => ({ ...row, triage: state, verdict })),
  })
  return answer
}

/** Puts back what a triage changed. @param row as it was before, where it is on the screen */
async function untriage(range: ActRange, row: AlertRow | null): Promise<Answer<CallResult<'alerts.untriage'>>> {
  const answer = await call('alerts.untriage', { acts: range })
  acts++
  if (!answer.ok || !row) return answer
  const { rowId, triage: before, verdict } = row
  useInbox.setState(({ pages, ghosts }) => ({
    ghosts: new Set([...ghosts].filter((ghost) => ghost !== rowId)),
    pages: withRows(pages, new Set([rowId]), (each) => ({ ...each, triage: before, verdict })),
  }))
  return answer
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
  const before = acts
  const { filter, upToSeq, pages, ghosts } = useInbox.getState()
  const offset = Math.max(0, no * PAGE_SIZE - ghostsBefore(pages, ghosts, no))
  const answer = await call('alerts.page', { filter, upToSeq, offset, limit: PAGE_SIZE })
  if (mine !== generation || !answer.ok) return
  if (before !== acts) return askPage(no)
  const known = useInbox.getState().ghosts
  useInbox.setState((state) => place(state, no, answer.value))
  const gone = [...useInbox.getState().ghosts].filter((id) => !known.has(id))
  await Promise.all(gone.slice(0, MAX_LOOKUPS).map(lookUp))
}

/** What became of a row that somebody else's act took out of the list. */
async function lookUp(rowId: number): Promise<void> {
  const { pages: before } = useInbox.getState()
  const row = rowAt(
    before,
    indexOf(before, (each) => each.rowId === rowId),
  )
  const answer = row && (await call('alerts.get', { id: row.id }))
  if (!answer?.ok) return
  const { triage: now, occurrences, newestId } = answer.value
  const change = { triage: now.state, verdict: now.verdict, occurrences, id: newestId }
  useInbox.setState(({ pages }) => ({ pages: withRows(pages, new Set([rowId]), (each) => ({ ...each, ...change })) }))
}

/** Puts an answer on its page: over the rows that stand there, or as the page's first rows. */
function place(state: InboxStore, no: number, answer: CallResult<'alerts.page'>): Partial<InboxStore> {
  const old = state.pages.get(no)
  const ghosts = new Set(state.ghosts)
  let page: Page = { rows: answer.rows, isStale: false }
  if (old) {
    const result = refreshed(old, answer.rows)
    page = result.page
    for (const row of old.rows) ghosts.delete(row.rowId)
    for (const id of result.gone) ghosts.add(id)
  }
  const pages = pruned(new Map(state.pages).set(no, page), ghosts, Math.floor(shown.first / PAGE_SIZE))
  const isShifted = answer.total + ghosts.size !== state.total
  return { pages, ghosts, isShifted }
}

async function refreshOnce(): Promise<void> {
  const mine = generation
  const { filter, upToSeq, total, isIdle, selectedRow, error } = useInbox.getState()
  if (upToSeq === null || error !== null) return useInbox.getState().reload()
  const newest = await call('alerts.page', { filter, upToSeq: null, offset: 0, limit: 1 })
  if (mine !== generation || !newest.ok) return
  const frozen = await call('alerts.page', { filter, upToSeq, offset: 0, limit: 1 })
  if (mine !== generation || !frozen.ok) return
  const newCount = Math.max(0, newest.value.total - frozen.value.total)
  // Nobody looks at a place in the list that could be lost: bring the new ones in.
  const canReload = total === 0 || (isIdle && selectedRow === null)
  if (newCount > 0 && canReload) return useInbox.getState().reload()
  useInbox.setState(({ pages }) => ({
    newCount,
    pages: new Map([...pages].map(([no, page]) => [no, { ...page, isStale: true }])),
  }))
  const last = Math.floor(shown.last / PAGE_SIZE)
  for (let no = Math.floor(shown.first / PAGE_SIZE); no <= last; no++) await readPage(no)
  void readFacets()
}

async function readFacets(): Promise<void> {
  const mine = generation
  const { filter } = useInbox.getState()
  const answer = await call('alerts.facets', { filter })
  if (mine === generation && answer.ok) useInbox.setState({ facets: answer.value, facetsFilter: filter })
}

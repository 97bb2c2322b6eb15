import { create } from 'zustand'
import type { EventOutcome } from '../../../shared/model/states.ts'
import type { EventRow } from '../../../shared/model/views.ts'
import { call, type DeskError } from '../../lib/bridge.ts'

const PAGE_SIZE = 200
/** Rows asked for ahead of what is in sight. */
const AHEAD = 50

/** Events received, newest first, read up to one (`upToSeq`) and continued while scrolling. */
interface EventsStore {
  outcomes: EventOutcome[]
  upToSeq: number | null
  rows: EventRow[]
  total: number
  newCount: number
  isLoading: boolean
  error: DeskError | null
  reload: () => Promise<void>
  refresh: () => Promise<void>
  showUpTo: (index: number) => Promise<void>
  setOutcomes: (outcomes: EventOutcome[]) => void
}

let generation = 0

export const useEvents = create<EventsStore>((set, get) => ({
  outcomes: [],
  upToSeq: null,
  rows: [],
  total: 0,
  newCount: 0,
  isLoading: true,
  error: null,

  reload: async () => {
    const mine = ++generation
    set({ isLoading: true })
    const { outcomes } = get()
    const answer = await call('events.page', { outcomes, upToSeq: null, offset: 0, limit: PAGE_SIZE })
    if (mine !== generation) return
    if (!answer.ok) return set({ error: answer.error, isLoading: false })
    const { rows, total, newestSeq } = answer.value
    set({ rows, total, upToSeq: newestSeq, newCount: 0, isLoading: false, error: null })
  },

  refresh: async () => {
    const mine = generation
    const { outcomes, upToSeq, total, rows } = get()
    if (upToSeq === null || total === 0) return get().reload()
    const newest = await call('events.page', { outcomes, upToSeq: null, offset: 0, limit: 1 })
    const loaded = Math.min(PAGE_SIZE, rows.length)
    const fresh = await call('events.page', { outcomes, upToSeq, offset: 0, limit: Math.max(1, loaded) })
    if (mine !== generation || !newest.ok || !fresh.ok) return
    const byId = new Map(fresh.value.rows.map((row) => [row.id, row]))
    set({
      rows: get().rows.map((row) => byId.get(row.id) ?? row),
      newCount: Math.max(0, newest.value.total - fresh.value.total),
    })
  },

  showUpTo: async (index) => {
    const { rows, total, isLoading, upToSeq, outcomes } = get()
    if (isLoading || rows.length >= total || index + AHEAD < rows.length) return
    const mine = generation
    set({ isLoading: true })
    const answer = await call('events.page', { outcomes, upToSeq, offset: rows.length, limit: PAGE_SIZE })
    if (mine !== generation) return
    set(answer.ok ? { rows: [...rows, ...answer.value.rows], isLoading: false } : { isLoading: false })
  },

  setOutcomes: (outcomes) => {
    set({ outcomes })
    void get().reload()
  },
}))

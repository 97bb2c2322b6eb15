import { alertFilter, type AlertFilter } from '../../shared/model/views.ts'
import { openTestStore, type TestStore } from '../fakes/store.ts'
import { seedAlerts } from './seed-store.ts'

const ROUNDS = 5
const PAGE_ROWS = 100

/** One measured question; `medianMs` includes the way to the reader thread and back. */
export interface InboxRow {
  what: string
  medianMs: number
  targetMs: number
}

/** The inbox rows of `design.md` §8: first page, search, facets, and the same folder opened again. */
export async function benchInbox(alerts: number): Promise<InboxRow[]> {
  const store = await openTestStore()
  try {
    await seedAlerts(store, alerts)
    await store.search.catchUp()
    const filter: AlertFilter = { ...alertFilter.parse({}), triage: ['new', 'in_progress'] }
    const page = (changes: Partial<AlertFilter>, offset = 0) => () =>
      store.reader.query('alerts.page', { filter: { ...filter, ...changes }, upToSeq: null, offset, limit: PAGE_ROWS })
    const facets = (text: string) => () => store.reader.query('alerts.facets', { filter: { ...filter, text } })
    return [
      await measure('open the inbox', 200, page({})),
      await measure('open its end', 200, page({}, Math.floor(alerts * 0.8))),
      await measure('search a frequent word', 50, page({ text: 'trojan' })),
      await measure('search an address', 50, page({ text: '10.3.5.7' })),
      await measure('search one letter', 50, page({ text: 'p' })),
      await measure('facets', 50, facets('')),
      await measure('facets of a search', 50, facets('trojan')),
      await measure('open the store again', 700, () => reopen(store)),
    ]
  } finally {
    await store.close()
  }
}

async function reopen(store: TestStore): Promise<void> {
  await store.reopen()
  await store.reader.query('desk.counts', {})
}

async function measure(what: string, targetMs: number, question: () => Promise<unknown>): Promise<InboxRow> {
  await question()
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    const start = performance.now()
    await question()
    times.push(performance.now() - start)
  }
  const medianMs = times.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0
  return { what, medianMs, targetMs }
}

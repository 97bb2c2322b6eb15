import { openStore } from '../../../electron/engine/store/store.ts'
import { systemClock, systemIds } from '../../../electron/engine/ports/system-ports.ts'
import { alertFilter, type AlertFilter } from '../../../shared/model/views.ts'
import { FakeLog } from '../../fakes/ports.ts'
import { largeFolder, STORED_ALERTS } from '../large-folder.ts'
import { count, median, ms, timed, type Row } from '../measure.ts'

const ROUNDS = 5
const PAGE_ROWS = 100
const OPEN_MS = 200
const SEARCH_MS = 50

/** The inbox's questions at 100,000 alerts, with the way to the reader thread and back. How many rows are mounted is tested with the screen. */
export async function inbox(): Promise<Row[]> {
  const dataDir = await largeFolder()
  const store = await openStore({ dataDir, clock: systemClock, ids: systemIds, log: new FakeLog() })
  const filter: AlertFilter = { ...alertFilter.parse({}), triage: ['new', 'in_progress'] }
  const page =
    (changes: Partial<AlertFilter>, offset = 0) =>
    () =>
      store.reader.query('alerts.page', { filter: { ...filter, ...changes }, upToSeq: null, offset, limit: PAGE_ROWS })
  const facets = (text: string) => () => store.reader.query('alerts.facets', { filter: { ...filter, text } })
  try {
    return [
      await measure('inbox, open', OPEN_MS, page({})),
      await measure('inbox, open its end', OPEN_MS, page({}, Math.floor(STORED_ALERTS * 0.8))),
      await measure('search a frequent word', SEARCH_MS, page({ text: 'trojan' })),
      await measure('search an address', SEARCH_MS, page({ text: '10.3.5.7' })),
      await measure('search one letter', SEARCH_MS, page({ text: 'p' })),
      await measure('facets', SEARCH_MS, facets('')),
      await measure('facets of a search', SEARCH_MS, facets('trojan')),
    ]
  } finally {
    await store.close()
  }
}

async function measure(name: string, targetMs: number, question: () => Promise<unknown>): Promise<Row> {
  await question()
  const times: number[] = []
  for (let round = 0; round < ROUNDS; round += 1) times.push(await timed(question))
  const time = median(times)
  return {
    name,
    ours: ms(time),
    against: 'no peer: AlertChain has no screen',
    facts: [`${count(STORED_ALERTS)} alerts`, `rounds ${times.map((value) => value.toFixed(1)).join(' / ')}`],
    target: `≤ ${targetMs} ms`,
    isOk: time <= targetMs,
  }
}

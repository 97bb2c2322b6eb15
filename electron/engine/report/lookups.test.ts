import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { RunOutcome } from '../actions/action-port.ts'
import type { Effect, ResponseMode } from '../../../shared/model/states.ts'
import type { FakeClock } from '../../../tests/fakes/ports.ts'
import { openTestStore, type TestStore } from '../../../tests/fakes/store.ts'
import { canonicalHash } from '../forms/canonical.ts'
import { Lookups } from './lookups.ts'
import { LookupStore } from './records/lookup-store.ts'
import { ReportStore } from './records/report-store.ts'
import type { ReportDeps } from './report-deps.ts'

let store: TestStore
let lookups: LookupStore
let runs: string[]
let clock: FakeClock
let outcome: RunOutcome
let effect: Effect
let mode: ResponseMode

beforeEach(async () => {
  store = await openTestStore()
  lookups = new LookupStore(store.db)
  clock = store.clock
  runs = []
  outcome = { outcome: 'succeeded', result: {} }
  effect = 'observe'
  mode = 'policy'
})
afterEach(() => store.close())

/** What asking needs, with an action that notes what it was asked for and allows two calls a minute. */
function asking(): Lookups {
  const actions = {
    describe: () => ({ effect }),
    lookup: () => ({ keepMs: 1000, rate: { calls: 2, perMs: 60_000 } }),
    run: ({ key }: { key: string }) => {
      runs.push(key)
      return Promise.resolve(outcome)
    },
  }
  const deps = {
    store,
    lookups,
    reports: new ReportStore(store.db),
    actions,
    mode: () => mode,
    clock,
    log: store.log,
  }
  return new Lookups({ ...deps, bus: { changed: () => undefined } } as unknown as ReportDeps) // all that it uses
}

async function ask(count: number): Promise<void> {
  await store.writer.commit('report-inspect', (tx) => {
    for (let no = 0; no < count; no += 1) {
      const args = { no }
      lookups.insert(tx, { id: `l${no}`, uses: 'x.y', args, argsHash: canonicalHash(args), rateKey: 'x.y key' })
    }
  })
}

/** Takes a turn, until what it started has ended. */
async function turn(asked: Lookups): Promise<void> {
  await asked.start(clock.now(), () => undefined)
  const running = store.db.prepare(`SELECT count(*) FROM lookup WHERE state = 'running'`).pluck()
  await vi.waitFor(() => expect(running.get()).toBe(0))
}

test('asks no more than a service allows one key, and gives those that wait times one behind the other', async () => {
  await ask(5)
  const asked = asking()
  const started = clock.now()
  await turn(asked)
  expect(runs).toEqual(['l0', 'l1'])
  expect(['l2', 'l3', 'l4'].map((id) => lookups.get(id)?.nextAt)).toEqual([
    started + 60_000,
    started + 60_000,
    started + 120_000,
  ])
  clock.advance(60_000)
  await turn(asking())
  expect(runs).toEqual(['l0', 'l1', 'l2', 'l3'])
})

test('tries again later and later, then lists it as a problem', async () => {
  outcome = { outcome: 'failed', error: { code: 'http_status', message: 'status 500' } }
  await ask(1)
  const waits: number[] = []
  for (let no = 0; no < 5; no += 1) {
    await turn(asking())
    const nextAt = lookups.get('l0')?.nextAt ?? null
    if (nextAt === null) break
    waits.push(nextAt - clock.now())
    clock.advance(nextAt - clock.now())
  }
  expect(waits).toEqual([10_000, 60_000, 300_000, 900_000])
  expect(lookups.get('l0')).toMatchObject({ state: 'failed', tries: 5 })
  expect(store.problems.openAlike('lookup_failed', 'x.y : status 500')).toMatchObject({ details: { lookup: 'l0' } })
})

test('[S24] runs nothing that does not only look, whoever asked for it', async () => {
  effect = 'notify'
  await ask(1)
  await turn(asking())
  expect(runs).toEqual([])
  expect(lookups.get('l0')).toMatchObject({ state: 'failed', error: { code: 'not_observe' } })
})

test.each(['off', 'dry-run'] as const)('asks nothing under %s, and goes on when the mode is another', async (still) => {
  mode = still
  await ask(1)
  const asked = asking()
  await turn(asked)
  expect([runs, asked.nextAt()]).toEqual([[], null])
  mode = 'ask'
  await turn(asked)
  expect(runs).toEqual(['l0'])
})

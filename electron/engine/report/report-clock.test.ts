import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { FakeClock } from '../../../tests/fakes/ports.ts'
import { openReportWorld, type ReportWorld } from '../../../tests/fakes/report-world.ts'

const DAY = 86_400_000
const DELAY = 300_000
/** A clock that was set is noticed within this time. */
const LOOK = 30_000
/** Between two looks of the test; what is up at the end of one is done before the next. */
const STEP = 5000

const POLICIES = {
  'alert/a.rego': `package alert.a

alert contains {"title": "x", "detector": "d", "rule_id": "r", "alert_key": input.n, "attrs": [{"key": "n", "value": input.n, "type": "thing"}]}
`,
  'inspect/main.rego': `package inspect

inspect contains {"findings": [{"type": "result", "content": {"n": input.attribute.value}}]}
`,
  'review/main.rego': 'package review\n\nseverity := "safe"\n',
}

let world: ReportWorld
let clock: FakeClock

beforeEach(async () => {
  clock = new FakeClock()
  const env = { TOCSIN_INSPECT_DELAY: String(DELAY / 1000), TOCSIN_REVIEW_DELAY: '600' }
  world = await openReportWorld({ policies: POLICIES, env, clock })
})
afterEach(() => world.close())

const done = (): unknown =>
  world.value('SELECT count(*) FROM report WHERE inspect_at IS NULL AND review_at IS NULL AND severity IS NOT NULL')

/** Lets time go by, and what it brings up be done. */
async function pass(ms: number): Promise<void> {
  const isUp = (): unknown =>
    world.value(
      `SELECT count(*) FROM report WHERE min(coalesce(inspect_at, 9e15), coalesce(review_at, 9e15)) <= ${clock.now()}`,
    )
  for (let left = ms; left > 0; left -= STEP) {
    clock.advance(Math.min(left, STEP))
    // A look at the clock commits what it found.
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate)
    // A time that is up without a timer that says so stays up.
    await vi.waitFor(() => expect(isUp()).toBe(0), { timeout: 500, interval: 5 }).catch(() => undefined)
  }
}

/** Three reports, whose inspections are due one hundred seconds apart; the first one in ninety-five. */
async function threeReports(): Promise<void> {
  for (const n of ['1', '2', '3']) {
    await world.send({ n })
    await world.engine.services().reports?.gather()
    if (n !== '3') await pass(100_000)
  }
  // No alert wakes anything any more.
  await pass(STEP)
  expect(done()).toBe(0)
}

/** Every report was inspected and graded, once. */
function expectEachOnce(): void {
  expect(done()).toBe(3)
  const counts = world.rows(`SELECT (SELECT count(*) FROM finding AS f WHERE f.report_seq = r.seq) AS findings,
    (SELECT count(*) FROM review AS v WHERE v.report_seq = r.seq) AS reviews FROM report AS r`)
  expect(counts).toEqual([1, 2, 3].map(() => ({ findings: 1, reviews: 1 })))
  expect(world.value("SELECT count(*) FROM decision WHERE kind IN ('inspect', 'review')")).toBe(6)
}

/** When each report was inspected, after a time. */
const inspectedAfter = (at: number): number[] =>
  world.rows<{ at: number }>('SELECT inspected_at AS at FROM report_attribute ORDER BY seq').map((row) => row.at - at)

describe("a report's timers", () => {
  it('are up when their delay is over', async () => {
    await threeReports()
    const before = clock.now()
    await pass(DELAY)
    expectEachOnce()
    for (const [index, after] of inspectedAfter(before).entries()) {
      expect(after).toBeGreaterThanOrEqual((index + 1) * 100_000 - STEP)
      expect(after).toBeLessThan((index + 1) * 100_000 - STEP + LOOK)
    }
  })

  it.each([
    ['set forward by a day', DAY],
    ['asleep for an hour', 3_600_000],
  ])('are up at the next look where the clock was %s', async (_what, ms) => {
    await threeReports()
    clock.sleep(ms)
    await pass(LOOK + STEP)
    expectEachOnce()
  })

  it('are none lost, none doubled and none later than their own delay where the clock was set back by a day', async () => {
    await threeReports()
    clock.sleep(-DAY)
    const before = clock.now()
    await pass(DELAY + LOOK + STEP)
    expectEachOnce()
    for (const [index, after] of inspectedAfter(before).entries())
      expect(after).toBeGreaterThanOrEqual((index + 1) * 100_000 - STEP)
  })

  it('do not begin anew with every alert that comes while the clock is behind', async () => {
    await threeReports()
    clock.sleep(-DAY)
    for (let no = 0; no < 7; no += 1) {
      await world.send({ n: `later-${no}` })
      await world.engine.services().reports?.gather()
      await pass(50_000)
    }
    expect(world.value("SELECT count(*) FROM report WHERE alert_key IN ('1', '2', '3') AND severity = 'safe'")).toBe(3)
  })

  it.each([
    ['back', -DAY],
    ['forward', DAY],
  ])('go on after a restart with a clock that was set %s', async (_where, ms) => {
    await threeReports()
    clock.sleep(ms)
    await world.restart()
    await pass(DELAY + LOOK + STEP)
    expectEachOnce()
  })

  it('hold a question that failed no longer than its wait where the clock was set back', async () => {
    await threeReports()
    const { store } = world.engine.services()
    const at = clock.now()
    await store.writer.commit('report-lookup', (tx) => {
      tx.db
        .prepare(
          `INSERT INTO lookup (id, uses, args, args_hash, rate_key, state, tries, asked_at, next_at, tried_at)
           VALUES ('l', 'http.fetch', '{"url":""}', 'h', 'k', 'waiting', 4, ?, ?, ?)`,
        )
        .run(at, at + 900_000, at)
    })
    clock.sleep(-DAY)
    await pass(2 * LOOK)
    await vi.waitFor(() => expect(world.value("SELECT state FROM lookup WHERE id = 'l'")).toBe('failed'))
    expect(world.value("SELECT tries FROM lookup WHERE id = 'l'")).toBe(5)
    await pass(DELAY)
    expectEachOnce()
  })
})

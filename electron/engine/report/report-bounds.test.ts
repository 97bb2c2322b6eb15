import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { FakeRemote } from '../../../tests/fakes/fake-remote.ts'
import { FakeClock } from '../../../tests/fakes/ports.ts'
import { replayed } from '../../../tests/fakes/proven.ts'
import { openReportWorld, type ReportWorld } from '../../../tests/fakes/report-world.ts'
import type { ResponseMode } from '../../../shared/model/states.ts'
import type { ReportDetail, ReportRow } from '../../../shared/model/report.ts'

const WINDOW = 10_800_000

const POLICIES = (url: string) => ({
  'alert/a.rego': `package alert.a

things := [{"key": "n", "value": sprintf("%v", [no]), "type": "thing"} | some no in numbers.range(1, input.things)]

asked := [{"key": "ask", "value": input.ask, "type": "asked"} | input.ask]

alert contains {"title": "x", "detector": "d", "rule_id": "r", "alert_key": input.n, "attrs": array.concat(asked, things)}
`,
  'inspect/main.rego': `package inspect

inspect contains {"uses": "http.fetch", "args": {"method": "GET", "url": concat("", ["${url}/look/", input.attribute.value])}} if {
  input.attribute.type == "asked"
}
`,
  'review/main.rego': `package review

default severity := "safe"

severity := "urgent" if count(input.report.sections) > 0
`,
})

let remote: FakeRemote
let world: ReportWorld
let clock: FakeClock

async function open(changes: Record<string, string> = {}, mode: ResponseMode = 'policy', delay = '0'): Promise<void> {
  const policies = { ...POLICIES(remote.url), ...changes }
  world = await openReportWorld({ policies, mode, clock, env: { TOCSIN_INSPECT_DELAY: delay } })
}

beforeEach(async () => {
  clock = new FakeClock()
  remote = await FakeRemote.start()
})
afterEach(async () => {
  await world.close()
  await remote.close()
})

async function list(): Promise<ReportRow[]> {
  await world.engine.services().reports?.gather()
  const filter = { severities: [], text: '', value: '' }
  return (await world.ask('reports.page', { filter, upToSeq: null, offset: 0, limit: 100 })).rows
}

/** The only report, when it has been graded and nothing is open. */
function graded(reviews = 1): Promise<ReportDetail> {
  return vi.waitFor(
    async () => {
      // What is to be done at once has a timer of no time.
      clock.advance(0)
      const [row] = await list()
      const report = await world.ask('reports.get', { id: row?.id ?? '' })
      expect(report).toMatchObject({ isInReview: false, openInspections: 0, inspectAt: null })
      expect(report.reviews).toHaveLength(reviews)
      return report
    },
    { timeout: 20_000 },
  )
}

const found = (type: string, more: object = {}): void =>
  remote.on('/look/x', { do: 'answer', body: JSON.stringify({ findings: [{ type, content: {} }], ...more }) })

describe('the window of a report', () => {
  test('is three hours from its first alert, whose last second is in it', async () => {
    await open()
    for (const ms of [0, WINDOW, 1000]) {
      clock.sleep(ms)
      await world.send({ n: '1', things: 0, ask: false })
      await list()
    }
    const rows = world.rows('SELECT status, alert_count AS count FROM report ORDER BY seq')
    expect(rows).toMatchObject([{ count: 2 }, { count: 1 }])
    const members = world.rows('SELECT alert_seq AS alert, report_seq AS report FROM report_alert ORDER BY alert_seq')
    expect(members).toEqual([
      { alert: 1, report: 1 },
      { alert: 2, report: 1 },
      { alert: 3, report: 2 },
    ])
  })

  test('does not slide with the alerts in it', async () => {
    await open()
    for (const ms of [0, WINDOW / 2, WINDOW / 2, 1000]) {
      clock.sleep(ms)
      await world.send({ n: '1', things: 0, ask: false })
      await list()
    }
    expect(world.rows('SELECT alert_count AS count FROM report ORDER BY seq')).toEqual([{ count: 3 }, { count: 1 }])
  })

  test('keeps the grade when one more comes, and has it graded again', async () => {
    found('host')
    await open()
    await world.send({ n: '1', things: 0, ask: 'x' })
    expect(await graded()).toMatchObject({ status: 'published', severity: 'urgent' })
    await world.ask('mode.set', { mode: 'off', held: 'run' })
    await world.send({ n: '1', things: 0, ask: 'x' })
    expect(await list()).toMatchObject([{ status: 'more', severity: 'urgent', isInReview: true, alertCount: 2 }])
    await world.ask('mode.set', { mode: 'policy', held: 'run' })
    expect(await graded(2)).toMatchObject({ status: 'published', severity: 'urgent', alertCount: 2 })
    expect(remote.count('/look/x')).toBe(1)
  })
})

describe('a finding', () => {
  test('of a type that nobody knows fails its inspection, says so, and holds up no grade', async () => {
    found('weather')
    await open()
    await world.send({ n: '1', things: 0, ask: 'x' })
    const report = await graded()
    expect(report).toMatchObject({ severity: 'safe', status: 'published' })
    expect(report.entities[0]?.inspections).toMatchObject([
      { state: 'failed', error: { code: 'finding_unknown', message: expect.stringContaining('"weather"') as string } },
    ])
  })

  test('is one of twenty of its inspection, which says how many there were', async () => {
    const many = `package inspect

found := [{"type": "result", "content": no} | some no in numbers.range(1, 25)]

inspect contains {"summary": "many", "findings": found} if input.attribute.type == "asked"
`
    await open({ 'inspect/main.rego': many })
    await world.send({ ask: 'what', n: 'a', things: 0 })
    const [entity] = (await graded()).entities
    expect(entity?.findings).toHaveLength(20)
    expect(entity?.findings[0]?.summary).toBe('many (the first 20 of 25 findings)')
  })

  test('that nobody could read is asked for anew when the analyst tries again, whatever answer is kept', async () => {
    found('weather')
    await open()
    await world.send({ n: '1', things: 0, ask: 'x' })
    const { entities } = await graded()
    found('host')
    await world.ask('inspections.retry', { id: entities[0]?.inspections[0]?.id ?? '' })
    const report = await graded(2)
    expect(report).toMatchObject({ severity: 'urgent' })
    expect(report.entities[0]?.inspections).toMatchObject([{ state: 'succeeded' }])
    expect(remote.count('/look/x')).toBe(2)
  })

  test('that comes while the review thinks is reviewed as well', async () => {
    found('host')
    await open()
    remote.on('/look/x', { do: 'hold' })
    await world.send({ n: '1', things: 0, ask: 'x' })
    await list()
    clock.advance(0)
    await remote.reached(1)
    remote.on('/look/x', { do: 'serve' })
    const { policy } = world.engine.services()
    const evaluate = policy.evaluate.bind(policy)
    vi.spyOn(policy, 'evaluate').mockImplementationOnce(async (evaluation) => {
      const answer = await evaluate(evaluation)
      remote.release()
      await vi.waitFor(() => expect(world.value('SELECT count(*) FROM finding')).toBe(1), { timeout: 10_000 })
      return answer
    })
    await world.ask('reports.review', { id: String(world.value('SELECT id FROM report')) })
    const report = await graded(2)
    expect(report.reviews.map(({ severity }) => severity)).toEqual(['urgent', 'safe'])
    expect(report.severity).toBe('urgent')
  })
})

describe('the attributes of a report', () => {
  test.each([101, 500])('are all of %i', async (things) => {
    await open()
    await world.send({ n: '1', things, ask: false })
    // The same once more leaves nothing out.
    await world.send({ n: '1', things, ask: false })
    const report = await graded()
    expect(report).toMatchObject({ alertCount: 2, stopped: '' })
    expect(world.value('SELECT count(*) FROM report_attribute WHERE inspected_at IS NOT NULL')).toBe(things)
  })

  test('end at five hundred, which the report says; its alerts go on', async () => {
    await open()
    await world.send({ n: '1', things: 501, ask: false })
    await world.send({ n: '1', things: 3, ask: 'y' })
    const report = await graded()
    expect(report).toMatchObject({ alertCount: 2, severity: 'safe', stopped: expect.stringContaining('500') as string })
    expect(world.value('SELECT count(*) FROM report_attribute')).toBe(500)
  })

  test('that one inspection brings up are fifty at most, which the report says', async () => {
    const attributes = Array.from({ length: 60 }, (_none, no) => ({ type: 'thing', key: 'n', value: `b${no}` }))
    found('host', { attributes })
    await open()
    await world.send({ n: '1', things: 0, ask: 'x' })
    const report = await graded()
    expect(report.stopped).toContain('60')
    expect(world.value('SELECT count(*) FROM report_attribute WHERE depth = 1')).toBe(50)
  })
})

describe('the response mode', () => {
  test('*Off* starts nothing, and what waited goes on when it is another', async () => {
    found('host')
    await open({}, 'off')
    await world.send({ n: '1', things: 0, ask: 'x' })
    await list()
    clock.advance(60_000)
    expect(await list()).toMatchObject([{ status: 'new', severity: null, isInReview: true }])
    expect(world.value("SELECT count(*) FROM decision WHERE kind IN ('inspect', 'review')")).toBe(0)
    expect(remote.calls).toEqual([])
    await world.ask('mode.set', { mode: 'policy', held: 'run' })
    clock.advance(100)
    await vi.waitFor(() => expect(remote.count('/look/x')).toBe(1), { timeout: 10_000 })
    expect(await graded()).toMatchObject({ status: 'published', severity: 'urgent' })
  })

  test('*Dry run* asks nobody, and shows what it would have asked', async () => {
    await open({}, 'dry-run')
    await world.send({ n: '1', things: 0, ask: 'x' })
    const report = await graded()
    expect(report).toMatchObject({ severity: 'safe', status: 'published' })
    expect(report.entities[0]?.inspections).toMatchObject([{ uses: 'http.fetch', state: 'skipped' }])
    expect(remote.calls).toEqual([])
  })
})

test('a question that failed five times is a problem, from which all that wait for it are asked again', async () => {
  await open()
  remote.on('/look/x', { do: 'answer', status: 404 })
  for (const n of ['1', '2', '3']) await world.send({ n, things: 0, ask: 'x' })
  await list()
  await vi.waitFor(
    () => {
      clock.advance(30_000)
      expect(world.value('SELECT tries FROM lookup')).toBe(5)
      expect(world.value("SELECT count(*) FROM inspection WHERE state = 'failed'")).toBe(3)
    },
    { timeout: 40_000, interval: 50 },
  )
  const { rows } = await world.ask('problems.list', {})
  expect(rows).toMatchObject([{ code: 'lookup_failed', message: expect.stringContaining('404') as string }])
  expect(world.value('SELECT count(*) FROM lookup')).toBe(1)
  found('host')
  const id = rows[0]?.id ?? ''
  expect(await world.ask('problems.reprocess', { id })).toMatchObject({ processed: 3, isResolved: true })
  await vi.waitFor(
    () => {
      clock.advance(0)
      expect(world.value("SELECT count(*) FROM inspection WHERE state = 'succeeded'")).toBe(3)
      expect(world.value("SELECT count(*) FROM report WHERE severity = 'urgent'")).toBe(3)
    },
    { timeout: 20_000 },
  )
  expect(world.value('SELECT count(*) FROM finding')).toBe(3)
  expect((await world.ask('problems.list', {})).rows).toEqual([])
  expect(world.value('SELECT count(*) FROM lookup')).toBe(2)
})

test('[S22] a report outlives the events that age takes', async () => {
  found('host')
  await open()
  await world.send({ n: '1', things: 2, ask: 'x' })
  const before = await graded()
  clock.sleep(400 * 86_400_000)
  await world.engine.services().store.upkeep.run()
  expect(world.value('SELECT count(*) FROM event_body')).toBe(0)
  const { entities, severity, reviews, alertCount } = await world.ask('reports.get', { id: before.id })
  const { entities: known, ...rest } = before
  expect({ severity, reviews, alertCount }).toMatchObject({
    severity: rest.severity,
    reviews: rest.reviews,
    alertCount: rest.alertCount,
  })
  expect(entities.map(({ value, findings }) => [value, findings])).toEqual(
    known.map(({ value, findings }) => [value, findings]),
  )
  // A decision whose event is gone cannot be made again: it counts as that, and is no other one.
  const { byKind, different } = await replayed(world.dataDir)
  expect(different).toBe(0)
  const gone = Object.entries(byKind).filter(([kind]) => /^(?:inspect|review) /.test(kind))
  expect(gone.map(([, counts]) => counts.bodyDeleted > 0 && counts.exact === 0)).toEqual([true, true])
})

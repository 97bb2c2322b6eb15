import { afterEach, beforeEach, expect, it } from 'vitest'
import type { StoredAlert } from '../alert-store.ts'
import { addAlert, openTestStore, type TestStore } from '../../../../tests/fakes/store.ts'

let store: TestStore
beforeEach(async () => {
  store = await openTestStore()
})
afterEach(() => store.close())

/** A report of so many alerts, attributes, and findings of the first attribute. */
async function addReport(count: { alerts: number; attributes: number; findings: number }): Promise<void> {
  const alerts: StoredAlert[] = []
  for (let no = 0; no < count.alerts; no += 1) alerts.push(await addAlert(store, { title: `alert ${no}` }))
  await store.writer.commit('test', () => {
    const { db } = store
    const last = alerts.at(-1)?.seq ?? 0
    db.prepare(
      `INSERT INTO report (seq, id, cause, detector, rule_id, alert_key, title, created_at, closes_at, status, alert_count,
         last_alert_seq, last_at) VALUES (1, 'r-1', 'alert:x', 'd', 'r', 'k', 't', 1, 2, 'new', ?, ?, 1)`,
    ).run(alerts.length, last)
    const ofAlert = db.prepare('INSERT INTO report_alert (alert_seq, report_seq) VALUES (?, 1)')
    for (const { seq } of alerts) ofAlert.run(seq)
    const attribute = db.prepare(
      `INSERT INTO report_attribute (report_seq, hash, type, key, value, context, depth, at)
       VALUES (1, ?, 'ipaddr', 'src', 'v', '[]', 0, 1)`,
    )
    for (let no = 0; no < count.attributes; no += 1) attribute.run(`hash-${no}`)
    db.prepare(
      `INSERT INTO inspection (id, report_seq, attribute_seq, decision_id, uses, args, state, asked_at)
       VALUES ('i-1', 1, 1, '', '', '{}', 'succeeded', 1)`,
    ).run()
    const finding = db.prepare(
      `INSERT INTO finding (id, report_seq, attribute_seq, inspection_id, author, type, content, summary, at)
       VALUES (?, 1, 1, 'i-1', 'policy', 'host', '{}', '', 1)`,
    )
    for (let no = 0; no < count.findings; no += 1) finding.run(`f-${no}`)
  })
}

const ALL = ['alerts', 'attributes', 'findings'] as const

it('reads a whole report, its alerts oldest first with their events', async () => {
  await addReport({ alerts: 2, attributes: 1, findings: 1 })
  const report = await store.reader.query('api.report', { key: { cause: 'alert:x' }, parts: ALL })
  expect(report).toMatchObject({
    report: { id: 'r-1', title: 't', alertCount: 2, severity: null },
    attributes: [{ hash: 'hash-0', type: 'ipaddr', context: [] }],
    findings: [{ hash: 'hash-0', author: 'policy', type: 'host', content: {} }],
    cut: [],
  })
  expect(report?.alerts?.map(({ title, event }) => [title, event !== null])).toEqual([
    ['alert 0', true],
    ['alert 1', true],
  ])
  expect(report?.attributes?.[0]).not.toHaveProperty('timestamp')
})

it('reads what was asked for only, and nothing where there is nothing', async () => {
  await addReport({ alerts: 1, attributes: 1, findings: 1 })
  const report = await store.reader.query('api.report', { key: { id: 'r-1' }, parts: ['attributes'] })
  expect(report).toMatchObject({ alerts: null, findings: null, attributes: [{}] })
  expect(await store.reader.query('api.report', { key: { id: 'r-2' }, parts: ALL })).toBeNull()
})

it('cuts long lists, and says which', async () => {
  await addReport({ alerts: 101, attributes: 1001, findings: 1001 })
  const report = await store.reader.query('api.report', { key: { id: 'r-1' }, parts: ALL })
  expect(report?.cut).toEqual(ALL)
  expect([report?.alerts, report?.attributes, report?.findings].map((list) => list?.length)).toEqual([100, 1000, 1000])
  expect(report?.alerts?.at(-1)?.title).toBe('alert 100')
})

it('says whether an alert was the first of its report', async () => {
  await addReport({ alerts: 2, attributes: 1, findings: 0 })
  const ids = store.db.prepare<[], string>('SELECT id FROM alert ORDER BY seq').pluck().all()
  const first = await Promise.all(ids.map((alertId) => store.reader.query('api.reportOfAlert', { alertId })))
  expect(first).toEqual([
    { id: 'r-1', createdAt: 1, isFirst: true },
    { id: 'r-1', createdAt: 1, isFirst: false },
  ])
  expect(await store.reader.query('api.reportOfAlert', { alertId: 'nobody' })).toBeNull()
})

import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { FakeRemote } from '../../../tests/fakes/fake-remote.ts'
import { openReportWorld, type ReportWorld } from '../../../tests/fakes/report-world.ts'

const ALERTS = 10_000
const CAUSES = 500
/** Distinct addresses: many reports want to know of the same one. */
const ADDRESSES = 40
const AT_ONCE = 100

const POLICIES = (url: string) => ({
  'alert/a.rego': `package alert.a

alert contains {
  "title": "Odd login", "detector": "ids", "rule_id": "odd-login", "alert_key": input.user,
  "attrs": [{"key": "from", "value": input.ip, "type": "ipaddr"}, {"key": "user", "value": input.user, "type": "user"}],
}
`,
  'inspect/main.rego': `package inspect

inspect contains {"uses": "http.fetch", "args": {"method": "GET", "url": concat("", ["${url}/ip/", input.attribute.value])}} if {
  input.attribute.type == "ipaddr"
}
`,
  'review/main.rego': 'package review\n\nseverity := "safe"\n',
})

let remote: FakeRemote
let world: ReportWorld

beforeEach(async () => {
  remote = await FakeRemote.start()
})
afterEach(async () => {
  await world.close()
  await remote.close()
})

test(
  `${ALERTS} alerts of ${CAUSES} causes are ${CAUSES} reports, each alert in one, and each address is asked for once`,
  { timeout: 300_000 },
  async () => {
    const env = { TOCSIN_INSPECT_DELAY: '3600', TOCSIN_REVIEW_DELAY: '3600' }
    world = await openReportWorld({ policies: POLICIES(remote.url), env })
    for (let no = 0; no < ALERTS; no += AT_ONCE)
      await Promise.all(
        Array.from({ length: AT_ONCE }, (_none, more) => {
          const cause = (no + more) % CAUSES
          return world.send({ user: `user-${cause}`, ip: `203.0.113.${cause % ADDRESSES}` })
        }),
      )
    const { reports } = world.engine.services()
    await reports?.gather()

    expect(world.value('SELECT count(*) FROM report')).toBe(CAUSES)
    expect(world.value('SELECT count(*) FROM report_alert')).toBe(ALERTS)
    expect(world.value('SELECT count(*) FROM alert WHERE seq NOT IN (SELECT alert_seq FROM report_alert)')).toBe(0)
    expect(world.rows('SELECT DISTINCT alert_count AS count FROM report')).toEqual([{ count: ALERTS / CAUSES }])
    const others = `SELECT count(*) FROM report_alert AS m JOIN alert AS a ON a.seq = m.alert_seq
      JOIN report AS r ON r.seq = m.report_seq WHERE r.alert_key <> a.alert_key`
    expect(world.value(others)).toBe(0)

    // All of them once more, into as many tables that are empty again: what following alone costs.
    await world.engine.services().store.writer.commit('report-gather', (tx) => {
      tx.db.exec('DELETE FROM report_attribute; DELETE FROM report_alert; DELETE FROM report')
      tx.db.exec('UPDATE report_mark SET alert_seq = 0')
    })
    const before = process.cpuUsage()
    await reports?.gather()
    const { user, system } = process.cpuUsage(before)
    expect(world.value('SELECT count(*) FROM report')).toBe(CAUSES)

    for (const { id } of world.rows<{ id: string }>('SELECT id FROM report'))
      await world.ask('reports.reinspect', { id })
    await vi.waitFor(
      () => {
        expect(world.value("SELECT count(*) FROM inspection WHERE state = 'succeeded'")).toBe(CAUSES)
        expect(world.value("SELECT count(*) FROM report WHERE severity = 'safe'")).toBe(CAUSES)
      },
      { timeout: 120_000, interval: 200 },
    )
    expect(remote.calls).toHaveLength(ADDRESSES)
    expect(new Set(remote.calls.map(({ path }) => path)).size).toBe(ADDRESSES)
    console.info(
      `${ALERTS} alerts, ${CAUSES} reports: ${CAUSES} inspections by ${remote.calls.length} calls; following costs ${Math.round((user + system) / ALERTS)} µs of CPU per alert`,
    )
  },
)

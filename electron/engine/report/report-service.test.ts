import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { delivery } from '../../../tests/fakes/delivery.ts'
import { openEngineWorld, type EngineWorld } from '../../../tests/fakes/engine.ts'
import { FakeRemote } from '../../../tests/fakes/fake-remote.ts'
import type { ReportDetail, ReportRow } from '../../../shared/model/report.ts'

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

inspect contains {"findings": [{"type": "user", "content": {"activities": [{"action": "login"}]}}], "summary": "known"} if {
  input.attribute.type == "username"
  input.attribute.value != "nobody"
}
`,
  'review/main.rego': `package review

default severity := "safe"

severity := "urgent" if {
  some section in input.report.sections
  some host in section.hosts
  host.related_malware
}

reason := sprintf("%d alerts, %d sections", [input.report.alert_count, count(input.report.sections)])
`,
  'emit/main.rego': `package emit

run contains {"id": "tell", "uses": "http.fetch", "args": {"method": "POST", "url": "${url}/emit", "data": {"severity": input.report.result.severity, "status": input.report.status}}} if {
  input.seq == 0
  input.report.status == "published"
}
`,
})

let remote: FakeRemote
let world: EngineWorld

async function open(changes: Record<string, string> = {}, env: Record<string, string> = {}): Promise<void> {
  world = await openEngineWorld((folder) => {
    const policyDir = join(folder, 'policy')
    for (const [path, source] of Object.entries({ ...POLICIES(remote.url), ...changes })) {
      mkdirSync(dirname(join(policyDir, path)), { recursive: true })
      writeFileSync(join(policyDir, path), source)
    }
    return {
      policyDir,
      starterDir: null,
      hasReceiver: false,
      mode: 'policy',
      env: { TOCSIN_NET_ALLOW: '127.0.0.1', TOCSIN_INSPECT_DELAY: '0', ...env },
    }
  })
}

beforeEach(async () => {
  remote = await FakeRemote.start({
    service: ({ path }) => {
      if (path.startsWith('/ip/203.')) {
        const host = { type: 'host', content: { related_malware: [{ sha256: 'ab' }] } }
        const found = { findings: [host], attributes: [{ type: 'domain', key: 'name', value: 'evil.example' }] }
        return { headers: { 'content-type': 'application/json' }, body: JSON.stringify({ ...found, summary: 'bad' }) }
      }
      return { headers: { 'content-type': 'application/json' }, body: '{"known": false}' }
    },
  })
})
afterEach(async () => {
  await world.close()
  await remote.close()
})

const send = (event: object) =>
  world.engine.services().intake.receive(delivery({ schema: 'a', body: JSON.stringify(event) }))

/** The action itself tries three times. */
const WITH_RETRIES = { timeout: 10_000 }

const NO_FILTER = { severities: [], text: '', value: '' }

async function list(): Promise<ReportRow[]> {
  await world.engine.services().reports!.gather()
  return (await world.ask('reports.page', { filter: NO_FILTER, upToSeq: null, offset: 0, limit: 100 })).rows
}

/** The only report, when it has been reviewed and nothing is open. */
function reviewed(): Promise<ReportDetail> {
  return vi.waitFor(
    async () => {
      const [row] = await list()
      const report = await world.ask('reports.get', { id: row!.id })
      expect(report).toMatchObject({ status: 'published', isInReview: false, openInspections: 0, inspectAt: null })
      return report
    },
    { timeout: 10_000 },
  )
}

describe('a report', () => {
  test('gathers the alerts of one cause, inspects what they name, is graded and made known', async () => {
    await open()
    await send({ ip: '203.0.113.9', user: 'root' })
    await send({ ip: '203.0.113.9', user: 'root' })
    const report = await reviewed()
    expect(report).toMatchObject({ alertCount: 2, severity: 'urgent', gradedBy: 'policy', stopped: '' })
    expect(report.entities.map(({ type, value, depth }) => [type, value, depth])).toEqual([
      ['ipaddr', '203.0.113.9', 0],
      ['username', 'root', 0],
      ['domain', 'evil.example', 1],
    ])
    expect(report.entities[0]!.findings).toMatchObject([{ author: 'http.fetch', type: 'host', summary: 'bad' }])
    expect(report.entities[1]!.findings).toMatchObject([{ author: 'policy', type: 'user', summary: 'known' }])
    await world.idle()
    const emitted = remote.calls.filter(({ path }) => path === '/emit').map(({ body }) => JSON.parse(body) as object)
    expect(emitted.at(-1)).toEqual({ severity: 'urgent', status: 'published' })
  })

  test('asks the world once for all reports that want to know the same', async () => {
    await open()
    for (let no = 0; no < 20; no += 1) await send({ ip: '198.51.100.7', user: `user-${no}` })
    await vi.waitFor(async () => {
      const rows = await list()
      expect(
        rows.filter(({ status, openInspections }) => status === 'published' && openInspections === 0),
      ).toHaveLength(20)
    })
    expect(remote.calls.filter(({ path }) => path.startsWith('/ip/'))).toHaveLength(1)
  })

  test('replays every decision exactly', async () => {
    await open()
    await send({ ip: '203.0.113.9', user: 'root' })
    await reviewed()
    await world.idle()
    await world.engine.services().selfCheck!.run()
    const { rows } = await world.ask('problems.list', {})
    expect(rows).toEqual([])
  })

  test("keeps the analyst's grade whatever the policy says later", async () => {
    await open()
    await send({ ip: '203.0.113.9', user: 'root' })
    const { id } = await reviewed()
    await world.ask('reports.override', { id, severity: 'safe', reason: 'a test of ours' })
    await send({ ip: '203.0.113.9', user: 'root' })
    const report = await vi.waitFor(async () => {
      const now = await reviewed()
      expect(now.reviews.length).toBeGreaterThanOrEqual(3)
      return now
    })
    expect(report).toMatchObject({ severity: 'safe', reason: 'a test of ours', gradedBy: 'analyst', alertCount: 2 })
    expect(report.reviews[0]).toMatchObject({ by: 'policy', severity: 'urgent' })
  })

  test('says what a review policy of nonsense said, and stays', async () => {
    await open({ 'review/main.rego': 'package review\n\nseverity := 7\n' })
    await send({ ip: '198.51.100.7', user: 'root' })
    const report = await reviewed()
    expect(report.severity).toBe('unclassified')
    expect(report.reason).toContain('severity')
    expect((await world.ask('problems.list', {})).rows).toMatchObject([{ code: 'report_policy' }])
  })

  test('ends where an inspector invents attributes for ever', async () => {
    const endless = `package inspect

inspect contains {"findings": [], "attributes": [{"type": "x", "key": "k", "value": concat("", [input.attribute.value, "x"])}]}
`
    await open({ 'inspect/main.rego': endless })
    await send({ ip: '198.51.100.7', user: 'root' })
    const report = await reviewed()
    expect(report.entities).toHaveLength(8)
    expect(report.stopped).toContain('3 steps')
  })

  test('lets emit ask for what hurts, which waits for the analyst on a card of its own', async () => {
    const ask = `package emit

run contains {"id": "tell", "uses": "http.fetch", "approval": true, "args": {"method": "POST", "url": "${remote.url}/emit"}} if {
  input.seq == 0
  input.report.result.severity == "urgent"
}
`
    await open({ 'emit/main.rego': ask })
    await send({ ip: '203.0.113.9', user: 'root' })
    const { id } = await reviewed()
    await world.idle()
    const [waiting] = (await world.ask('approvals.list', {})).rows
    expect(waiting).toMatchObject({ reportId: id, alertTitle: 'Odd login' })
    const card = await world.ask('approvals.get', { actionId: waiting!.actionId })
    expect(card).toMatchObject({ reportId: id, asked: { sentence: expect.any(String) as string } })
    expect(await list()).toMatchObject([{ waiting: 1 }])
    const decision = { isStaleConfirmed: false, editedArgs: null, why: '' }
    await world.ask('approvals.approve', { actionId: waiting!.actionId, boundHash: card.boundHash, ...decision })
    await world.idle()
    expect(remote.calls.filter(({ path }) => path === '/emit')).toHaveLength(1)
    const { emissions } = await world.ask('reports.get', { id })
    const [done] = emissions.flatMap(({ actions }) => actions)
    expect(done).toMatchObject({ title: expect.any(String) as string, state: 'succeeded' })
    const rerun = emissions.find(({ actions }) => actions.length > 0)!.chain!.id
    await world.ask('chains.rerun', { id: rerun, what: 'everything', policy: 'current', isConfirmed: true })
    await world.idle()
    expect((await world.ask('approvals.list', {})).rows).toHaveLength(1)
  })

  test('asks again what failed when the analyst says so, and lists what was asked in vain', async () => {
    await open()
    remote.on('/ip/198.51.100.7', { do: 'answer', status: 500 })
    await send({ ip: '198.51.100.7', user: 'root' })
    const first = await vi.waitFor(async () => {
      const [row] = await list()
      const report = await world.ask('reports.get', { id: row!.id })
      expect(report.entities[0]!.inspections).toMatchObject([
        { state: 'waiting', tries: 1, nextAt: expect.any(Number) as number },
      ])
      return report
    }, WITH_RETRIES)
    expect(first).toMatchObject({ status: 'new', openInspections: 1 })
    expect(first.entities[0]!.inspections[0]!.nextAt).toBeGreaterThan(Date.now())
    await world.ask('reports.review', { id: first.id })
    expect(await list()).toMatchObject([{ status: 'published', openInspections: 1 }])
  })

  test('[S24] runs nothing that does not only look, not even when the analyst tries it again', async () => {
    const tell = `package inspect

inspect contains {"uses": "http.fetch", "args": {"method": "POST", "url": "${remote.url}/tell"}}
`
    await open({ 'inspect/main.rego': tell })
    await send({ ip: '198.51.100.7', user: 'root' })
    const { entities } = await reviewed()
    const [refused] = entities[0]!.inspections
    expect(refused).toMatchObject({ state: 'failed', error: { code: 'not_observe' } })
    expect(await world.call('inspections.retry', { id: refused!.id })).toMatchObject({ error: { code: 'not_observe' } })
    expect(remote.calls.filter(({ path }) => path === '/tell')).toEqual([])
  })

  test('[S22] asks nothing about what age has taken, says so, and holds up no other report', async () => {
    await open({}, { TOCSIN_INSPECT_DELAY: '3600' })
    await send({ ip: '203.0.113.9', user: 'gone' })
    const [gone] = await list()
    const { store } = world.engine.services()
    await store.writer.commit('retention', (tx) => {
      tx.db.prepare('DELETE FROM event_body').run()
      tx.db.prepare('UPDATE event SET body_deleted_at = 1').run()
    })
    await send({ ip: '198.51.100.7', user: 'there' })
    const there = (await list()).find(({ alertKey }) => alertKey === 'there')
    for (const one of [gone, there]) await world.ask('reports.reinspect', { id: one!.id })
    await vi.waitFor(async () => {
      const rows = await list()
      expect(rows.map(({ alertKey, severity }) => [alertKey, severity])).toEqual([
        ['there', 'safe'],
        ['gone', 'unclassified'],
      ])
    }, WITH_RETRIES)
    expect((await world.ask('reports.get', { id: gone!.id })).reason).toContain('deleted')
    // The chain that would have told of the grade cannot be evaluated either.
    const codes = (await world.ask('problems.list', {})).rows.map(({ code }) => code)
    expect(codes.toSorted()).toEqual(['body_deleted', 'report_policy'])
  })

  test('goes on after a restart where it was', async () => {
    await open({}, { TOCSIN_INSPECT_DELAY: '3600' })
    await send({ ip: '203.0.113.9', user: 'root' })
    expect(await list()).toMatchObject([{ status: 'new', severity: null }])
    await world.restart()
    expect(await list()).toMatchObject([{ alertCount: 1, status: 'new' }])
    const [row] = await list()
    await world.ask('reports.review', { id: row!.id })
    expect(await list()).toMatchObject([{ status: 'published', severity: 'safe' }])
  })
})

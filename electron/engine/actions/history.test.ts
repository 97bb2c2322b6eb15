import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { actionKit, type ActionKit } from '../../../tests/fakes/action-kit.ts'
import { addAlert, openTestStore, type TestStore } from '../../../tests/fakes/store.ts'
import type { Attribute } from '../../../shared/model/alert.ts'
import type { ReportSeverity } from '../../../shared/model/report.ts'
import { systemIds } from '../ports/system-ports.ts'
import { attributeHash } from '../report/deepalert/attribute-hash.ts'
import { ReportStore } from '../report/records/report-store.ts'
import type { Verdict } from '../../../shared/model/states.ts'

let store: TestStore
let lastAt = 1
let kit: ActionKit
beforeEach(async () => {
  store = await openTestStore()
  kit = actionKit({ knownValues: (asked) => store.reader.query('values.known', asked) })
})
afterEach(async () => {
  await kit.close()
  await store.close()
})

function attribute(type: string, value: string, key = 'k'): Attribute {
  return { id: '', key, value, type, persist: false, ttl: 0 }
}

async function seen(type: string, value: string, createdAt: number, verdict?: Verdict): Promise<void> {
  const { id } = await addAlert(store, { createdAt, attrs: [attribute(type, value), attribute(type, value, 'again')] })
  if (verdict === undefined) return
  const change = { ids: [id], scope: 'alert', state: 'closed', verdict, note: null } as const
  await store.writer.commit('triage', (tx) => store.triage.set(tx, change, 'analyst'))
}

/** A report that holds one attribute. @returns its id */
async function reported(type: string, value: string, severity: ReportSeverity | null): Promise<string> {
  const id = systemIds.uuid()
  const reports = new ReportStore(store.db)
  const cause = { cause: id, detector: 'd', ruleId: 'r', alertKey: 'k', title: 't' }
  await store.writer.commit('report', (tx) => {
    const seq = reports.insert(tx, { id, ...cause, createdAt: (lastAt += 1), closesAt: lastAt + 1 })
    const named = { type, key: 'k', value, context: [] }
    reports.addAttribute(tx, seq, { ...named, hash: attributeHash(named), depth: 0, inspectionId: null })
    if (severity !== null) tx.db.prepare('UPDATE report SET severity = ? WHERE seq = ?').run(severity, seq)
  })
  return id
}

describe('history', () => {
  it('counts the alerts that name a value in any spelling, and how they were judged', async () => {
    await seen('ip', '2001:DB8::0001', Date.parse('2026-01-02T00:00:00Z'), 'false_positive')
    await seen('ipaddr', '2001:db8::1', Date.parse('2026-03-04T00:00:00Z'), 'true_positive_impact')
    await seen('ip', '2001:db8:0:0::1', Date.parse('2026-02-03T00:00:00Z'))
    await seen('ip', '2001:db8::2', Date.parse('2026-01-01T00:00:00Z'), 'true_positive_impact')
    const args = { type: 'ipaddr', value: '2001:db8::1' }
    const outcome = await kit.run('history', args)
    expect(outcome).toEqual({
      outcome: 'succeeded',
      result: {
        alerts: {
          count: 3,
          more: false,
          first_seen: '2026-01-02T00:00:00.000Z',
          last_seen: '2026-03-04T00:00:00.000Z',
          triage: { new: 1, closed: 2 },
          verdicts: { false_positive: 1, true_positive_impact: 1 },
        },
        reports: { count: 0, more: false, grades: {}, newest: [] },
      },
    })
    const result = outcome.outcome === 'succeeded' ? outcome.result : null
    expect(kit.actions.inspected('history', args, result)).toMatchObject({
      summary: 'In 3 alerts since 2026-01-02: 1 false positive, 1 true positive impact',
      attributes: [],
    })
  })

  it.each([
    ['file', 'A'.repeat(64)],
    ['filehashvalue', 'a'.repeat(64)],
  ])('knows a hash by the name %s', async (type, value) => {
    await seen('sha256', 'a'.repeat(64), 1)
    expect(await kit.run('history', { type, value })).toMatchObject({ result: { alerts: { count: 1 } } })
  })

  it('counts the reports that name a value, whatever they call it, and how they were graded', async () => {
    const first = await reported('ipaddr', '2001:db8::1', 'urgent')
    const second = await reported('ip', '2001:db8::1', null)
    await reported('ipaddr', '2001:db8::2', 'urgent')
    const args = { type: 'ipaddr', value: '2001:DB8::1' }
    const outcome = await kit.run('history', args)
    expect(outcome).toMatchObject({
      result: {
        reports: {
          count: 2,
          more: false,
          grades: { urgent: 1 },
          newest: [
            { id: second, severity: null },
            { id: first, severity: 'urgent' },
          ],
        },
      },
    })
    const result = outcome.outcome === 'succeeded' ? outcome.result : null
    expect(kit.actions.inspected('history', args, result).summary).toBe('in 2 reports: 1 urgent')
  })

  it('finds what has no spelling of its own in reports only, by its very type', async () => {
    await reported('username', 'admin', 'safe')
    await reported('hostlabel', 'admin', 'urgent')
    expect(await kit.run('history', { type: 'username', value: 'admin' })).toMatchObject({
      result: { alerts: null, reports: { count: 1, grades: { safe: 1 } } },
    })
    expect(await kit.run('history', { type: 'username', value: "admin' OR '1'='1" })).toMatchObject({
      result: { alerts: null, reports: { count: 0 } },
    })
  })

  it('says when nothing is known', async () => {
    const args = { type: 'domain', value: 'example.com' }
    const outcome = await kit.run('history', args)
    expect(outcome).toMatchObject({ result: { alerts: { count: 0, first_seen: null, verdicts: {} } } })
    const result = outcome.outcome === 'succeeded' ? outcome.result : 'none'
    for (const one of [result, null, { alerts: null, reports: null }])
      expect(kit.actions.inspected('history', args, one).summary).toBe('In no alert or report of this desk')
  })
})

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { actionKit, type ActionKit } from '../../../tests/fakes/action-kit.ts'
import { addAlert, openTestStore, type TestStore } from '../../../tests/fakes/store.ts'
import type { Attribute } from '../../../shared/model/alert.ts'
import type { Verdict } from '../../../shared/model/states.ts'

let store: TestStore
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

  it('says when nothing is known', async () => {
    const outcome = await kit.run('history', { type: 'domain', value: 'example.com' })
    expect(outcome).toMatchObject({ result: { alerts: { count: 0, first_seen: null, verdicts: {} } } })
    expect(kit.actions.inspected('history', { type: 'domain', value: 'example.com' }, null)).toMatchObject({
      summary: 'In no alert of this desk',
    })
  })

  it.each([
    ['ip', 'x'],
    ['colour', 'red'],
  ])('fails where %s %s cannot be compared', async (type, value) => {
    expect(await kit.run('history', { type, value })).toMatchObject({ error: { code: 'not_comparable' } })
  })
})

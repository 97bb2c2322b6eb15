import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../shared/model/json.ts'
import { openChainWorld, type ChainWorld } from '../../../tests/fakes/chain-world.ts'

let world: ChainWorld
beforeEach(async () => void (world = await openChainWorld()))
afterEach(() => world.close())

const act = (id: string, uses: string, more: JsonObject = {}): JsonObject => ({ id, uses, args: {}, ...more })

/** Everything that happened in a chain, in order: `by kind from → to (why)`. */
function timeline(chainId: string): string[] {
  const rows = world.store.db
    .prepare('SELECT by, kind, before, after, reason, round_no, attempt_no FROM act WHERE chain_id = ? ORDER BY seq')
    .all(chainId) as Record<'by' | 'kind' | 'before' | 'after' | 'reason', string>[]
  return rows.map(({ by, kind, before, after, reason }) => {
    const states = kind.endsWith('.state') || kind === 'attempt.outcome' ? ` ${before} → ${after}` : ''
    return `${by} ${kind}${states}${reason && ` (${reason})`}`.replaceAll('"', '')
  })
}

describe('the timeline', () => {
  it('holds transitions, attempts and acts of a chain in one order, with from, to, why and by', async () => {
    world.policy.publish((input) => ({ run: input['seq'] === 0 ? [act('c', 'contain.c')] : [] }))
    const chain = await world.alert()
    await world.approve(world.actionsOf(chain.id)[0]?.id ?? '')
    await world.service.whenIdle()
    expect(timeline(chain.id)).toEqual([
      'system chain.state queued → running',
      'policy action.state null → waiting',
      'system chain.state running → waiting',
      'analyst action.state waiting → approved',
      'analyst approval.approve',
      'system chain.state waiting → running',
      'system action.state approved → running',
      'system attempt.intent',
      'action action.state running → succeeded',
      'action attempt.outcome null → succeeded',
      'system chain.state running → completed',
    ])
    const places = world.store.db
      .prepare("SELECT round_no, attempt_no FROM act WHERE kind = 'attempt.outcome'")
      .raw()
      .all()
    expect(places).toEqual([[0, 1]])
  })

  it('says why something did not happen', async () => {
    world.policy.publish((input) => ({ run: input['seq'] === 0 ? [act('c', 'contain.c')] : [] }))
    const chain = await world.alert()
    await world.reject(world.actionsOf(chain.id)[0]?.id ?? '', 'a test host')
    await world.service.whenIdle()
    expect(timeline(chain.id)).toContain('analyst action.state waiting → rejected (a test host)')
  })

  it('is in the row alone of a chain that ends with its first round', async () => {
    world.policy.publish(() => ({ run: [] }))
    const chain = await world.alert()
    expect(timeline(chain.id)).toEqual([])
    const row = world.store.db.prepare('SELECT started_at IS NOT NULL FROM chain').pluck().get()
    expect([chain.state, row]).toEqual(['completed', 1])
  })

  it('names the analyst who lets a held chain run', async () => {
    world.policy.publish(() => ({ run: [] }))
    world.setMode('off')
    const chain = await world.alert()
    world.setMode('policy')
    await world.service.releaseHeld('run')
    await world.service.whenIdle()
    expect(timeline(chain.id)).toEqual(['analyst chain.run'])
  })
})

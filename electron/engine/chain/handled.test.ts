import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import { openChainWorld, type ChainWorld } from '../../../tests/fakes/chain-world.ts'
import { containmentList } from '../store/queries/containments.ts'
import { chainView } from '../store/queries/chain-view.ts'
import { actsOfChain } from '../store/queries/chain-acts.ts'

let world: ChainWorld
beforeEach(async () => void (world = await openChainWorld()))
afterEach(() => world.close())

/** Has a containing action asked about. */
async function waiting(args: JsonObject = {}): Promise<{ chainId: string; actionId: string }> {
  const run = [{ id: 'c', uses: 'contain.c', args }]
  world.policy.publish((input: JsonObject): JsonValue => ({ run: input['seq'] === 0 ? run : [] }))
  const { id: chainId } = await world.alert()
  return { chainId, actionId: world.actionsOf(chainId)[0]?.id ?? '' }
}

describe('what an analyst handles', () => {
  it('takes the word that a containment was ended elsewhere, runs nothing, and keeps the word in the chain', async () => {
    world.actions.on('contain.c', { inverse: 'contain.undo' })
    const { actionId, chainId } = await waiting({ path: '/a' })
    await world.approve(actionId)
    const id = world.approvals.attempts(actionId)[0]?.id ?? ''
    const active = (): unknown[] => world.store.db.prepare('SELECT id FROM active_containment').all()
    const undo = await world.service.undo(id)
    await expect(world.service.lift(id, 'by hand')).rejects.toMatchObject({ code: 'undo_open' })
    await world.reject(undo.actionId, 'by hand')
    expect(active()).toHaveLength(1)
    const canBeUndone = (): unknown => chainView(world.store.db, { id: chainId }).rounds[0]?.actions[0]?.canBeUndone
    expect(canBeUndone()).toBe(true)
    await world.service.lift(id, 'the host was rebuilt')
    expect(active()).toEqual([])
    expect(canBeUndone()).toBe(false)
    expect(world.actions.calls.map(({ uses }) => uses)).toEqual(['contain.c'])
    expect(actsOfChain(world.store.db, chainId).get(actionId)?.at(-1)).toMatchObject({
      by: 'analyst',
      kind: 'containment.lift',
      reason: 'the host was rebuilt',
    })
    await expect(world.service.lift(id, 'again')).rejects.toMatchObject({ code: 'already_undone' })
    await expect(world.service.undo(id)).rejects.toMatchObject({ code: 'already_undone' })
  })

  /** The attempt of a containment that ran with this result. */
  async function contained(result: JsonValue): Promise<string> {
    world.actions.on('contain.c', { inverse: 'contain.undo', run: () => ({ outcome: 'succeeded', result }) })
    const { actionId } = await waiting()
    await world.approve(actionId)
    return world.approvals.attempts(actionId)[0]?.id ?? ''
  }

  it('cannot undo what was so before: it stays on the list as such, until it is marked as lifted', async () => {
    const id = await contained({ changed: false, before: { status: 'SUSPENDED' } })
    const message = expect.stringMatching(/was so already.*nothing to take back/) as string
    await expect(world.service.undo(id)).rejects.toMatchObject({ code: 'nothing_to_undo', message })
    expect(world.chains.openChains()).toEqual([])
    expect(containmentList(world.store.db).rows).toMatchObject([{ attemptId: id, isUnchanged: true }])
    await world.service.lift(id, 'the other team is told')
    expect(containmentList(world.store.db).rows).toEqual([])
  })

  it('cannot undo what was changed elsewhere since, and is told the difference', async () => {
    const after = { status: 'SUSPENDED', since: 1 }
    const id = await contained({ changed: true, before: { status: 'ACTIVE' }, after })
    const undo = (state: JsonObject) =>
      world.actions.on('contain.undo', { plan: () => ({ rows: [], bound: { state } }) })
    undo({ status: 'ACTIVE', since: 2 })
    await expect(world.service.undo(id)).rejects.toMatchObject({
      code: 'changed_since',
      message: expect.stringContaining('status: was left SUSPENDED, is ACTIVE; since: was left 1, is 2') as string,
    })
    expect(world.chains.openChains()).toEqual([])
    undo(after)
    const { actionId } = await world.service.undo(id)
    undo({ status: 'SUSPENDED', since: 3 })
    // Changed between the proposal and the decision: the card shows it.
    await expect(world.approve(actionId)).rejects.toMatchObject({ code: 'changed_since' })
    expect(world.actions.calls.map(({ uses }) => uses)).toEqual(['contain.c'])
  })

  it.each(['approve', 'reject'] as const)('to %s takes a new alert up, in the same transaction', async (how) => {
    const { actionId, chainId } = await waiting()
    const alertId = world.chain(chainId).subjectId
    expect(world.store.triage.get(alertId).state).toBe('new')
    if (how === 'approve') await world.approve(actionId)
    else await world.reject(actionId, 'no')
    expect(world.store.triage.get(alertId).state).toBe('in_progress')
    const triaged = world.store.db.prepare("SELECT by, reason FROM act WHERE kind = 'alert.triage'").all()
    expect(triaged).toEqual([{ by: 'analyst', reason: 'One of its actions was decided' }])
  })

  it('leaves a closed alert closed', async () => {
    const { actionId, chainId } = await waiting()
    const ids = [world.chain(chainId).subjectId]
    const closed = await world.store.writer.commit('x', (tx) =>
      world.store.triage.set(tx, { ids, scope: 'row', state: 'closed', verdict: 'benign', note: null }, 'analyst'),
    )
    expect(closed.waiting).toBe(1)
    await world.reject(actionId, 'no')
    expect(world.store.triage.get(ids[0] ?? '')).toMatchObject({ state: 'closed', verdict: 'benign' })
  })
})

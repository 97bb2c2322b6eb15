import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import { openChainWorld, type ChainWorld } from '../../../tests/fakes/chain-world.ts'
import type { ActionRecord } from './records/records.ts'

let world: ChainWorld
beforeEach(async () => void (world = await openChainWorld()))
afterEach(() => world.close())

const once =
  (...run: JsonObject[]) =>
  (input: JsonObject): JsonValue => ({ run: input['seq'] === 0 ? run : [] })
const contain = (target: JsonValue, more: JsonObject = {}): JsonObject => ({
  id: 'c',
  uses: 'contain.c',
  args: { target },
  ...more,
})

async function proposed(run: JsonObject): Promise<ActionRecord> {
  world.policy.publish(once(run))
  const chain = await world.alert()
  return world.actionsOf(chain.id)[0]!
}

const now = (action: ActionRecord): ActionRecord => world.chains.action(action.id)

describe('[S44] a protected target', () => {
  it.each([{ approval: false }, { approval: true }, {}])(
    'fails where a policy names it with %j, and says why',
    async (more) => {
      world.set({ 'contain.protected': ['dc1.corp.example'] })
      const action = await proposed(contain('DC1.corp.example.', more))
      expect(action).toMatchObject({ state: 'failed', error: { code: 'target_protected' } })
      expect(action.error?.message).toContain('dc1.corp.example')
      expect(action.error?.message).toContain('your list of protected targets')
      expect(world.actions.calls).toEqual([])
    },
  )

  it.each(['ask', 'dry-run'] as const)('fails under the mode %s as well', async (mode) => {
    world.setMode(mode)
    expect(await proposed(contain('127.0.0.1'))).toMatchObject({ state: 'failed', error: { code: 'target_protected' } })
  })

  it('is found among several, and where a policy raises what only notifies', async () => {
    expect(await proposed(contain(['203.0.113.7', 'localhost']))).toMatchObject({ error: { code: 'target_protected' } })
    const raised = contain('10.0.0.0/8', { uses: 'notify.post', effect: 'contain', approval: false })
    expect(await proposed(raised)).toMatchObject({ state: 'failed', error: { code: 'target_protected' } })
    expect(await proposed({ ...raised, effect: 'notify' })).toMatchObject({ state: 'succeeded' })
  })

  it('is found in what was read of the target', async () => {
    world.set({ 'contain.protected': ['boss@corp.example'] })
    world.actions.on('contain.c', { plan: () => ({ rows: [], bound: null, names: ['00u1', 'Boss@corp.example'] }) })
    expect(await proposed(contain('00u1'))).toMatchObject({ state: 'failed', error: { code: 'target_protected' } })
    expect(await proposed(contain('00u1', { approval: false }))).toMatchObject({ error: { code: 'target_protected' } })
    expect(world.actions.calls).toEqual([])
  })

  it('cannot be put in by an edit', async () => {
    const action = await proposed(contain('web-1'))
    await expect(world.service.planEdited(action.id, { target: 'soc-desk' })).rejects.toMatchObject({
      code: 'target_protected',
    })
    const { boundHash } = await world.service.card(action.id)
    const request = { actionId: action.id, boundHash, isStaleConfirmed: false, editedArgs: { target: '::1' }, why: '' }
    await expect(world.service.approve(request)).rejects.toMatchObject({ code: 'target_protected' })
    expect(now(action).state).toBe('waiting')
  })

  it('cannot be approved once it is listed, and can be rejected', async () => {
    const action = await proposed(contain('web-1'))
    world.set({ 'contain.protected': ['web-1'] })
    const { boundHash, refusal } = await world.service.card(action.id)
    expect(refusal).toMatchObject({ code: 'target_protected' })
    const request = { actionId: action.id, boundHash, isStaleConfirmed: true, editedArgs: null, why: '' }
    await expect(world.service.approve(request)).rejects.toMatchObject({ code: 'target_protected' })
    await world.reject(action.id, 'no')
    expect(now(action).state).toBe('rejected')
  })

  it('is looked for again in the transaction of the intent', async () => {
    const commit = world.store.writer.commit.bind(world.store.writer)
    world.store.writer.commit = (label, work, options) => {
      if (label === 'chain-intent') world.set({ 'contain.protected': ['web-1'] })
      return commit(label, work, options)
    }
    const action = await proposed(contain('web-1', { approval: false }))
    expect(action).toMatchObject({ state: 'failed', error: { code: 'target_protected' } })
    expect(world.actions.calls).toEqual([])
    expect(world.approvals.attempts(action.id)).toEqual([])
  })

  it('does not bar the way back', async () => {
    world.actions.on('contain.c', { inverse: 'contain.back' })
    const action = await proposed(contain('web-1', { approval: false }))
    expect(action.state).toBe('succeeded')
    world.set({ 'contain.protected': ['web-1'] })
    const undo = await world.service.undo(world.approvals.latestAttempt(action.id)?.id ?? '')
    expect(await world.approve(undo.actionId)).toBe('approved')
    expect(world.chains.action(undo.actionId).state).toBe('succeeded')
  })

  it('does not bar what a policy proposes as a way back', async () => {
    world.set({ 'contain.protected': ['web-1'] })
    world.actions.on('contain.c', { isWayBack: true })
    expect(await proposed(contain('web-1', { approval: false }))).toMatchObject({ state: 'succeeded' })
  })
})

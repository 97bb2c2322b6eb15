import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import type { Effect, ResponseMode } from '../../../shared/model/states.ts'
import { openChainWorld, type ChainWorld } from '../../../tests/fakes/chain-world.ts'
import { mustWait } from './rounds/proposals.ts'
import type { ActionRecord } from './records/records.ts'

const TARGET = 'ana.b\u043eb@corp.example'
const SHOWN = 'ana.b\u043eb[looks like bob]@corp.example'

let world: ChainWorld
beforeEach(async () => {
  world = await openChainWorld()
  world.actions.on('contain.revoke', { isIrreversible: true })
})
afterEach(() => world.close())

const once =
  (...run: JsonObject[]) =>
  (input: JsonObject): JsonValue => ({ run: input['seq'] === 0 ? run : [] })
const revoke = (more: JsonObject = {}): JsonObject => ({
  id: 'r',
  uses: 'contain.revoke',
  args: { target: TARGET },
  approval: false,
  ...more,
})

async function proposed(...run: JsonObject[]): Promise<ActionRecord> {
  world.policy.publish(once(...run))
  const chain = await world.alert()
  return world.actionsOf(chain.id)[0]!
}

const stateOf = ({ id }: ActionRecord): string => world.chains.action(id).state

/** The analyst approves what the card shows, having typed that. */
async function approved(action: ActionRecord, typedTarget: string | null): Promise<unknown> {
  const { boundHash } = await world.service.card(action.id)
  const request = { actionId: action.id, boundHash, isStaleConfirmed: false, editedArgs: null, why: '', typedTarget }
  const answer = await world.service.approve(request).catch((error: unknown) => error)
  await world.service.whenIdle()
  return answer
}

describe('[S46] what cannot be taken back', () => {
  it('waits although the policy waives the approval, also what was proposed while nothing was asked', async () => {
    const action = await proposed(revoke())
    expect(action).toMatchObject({ state: 'waiting', isIrreversible: true })
    expect(world.actions.calls).toEqual([])
  })

  it.each<[ResponseMode, boolean]>([
    ['off', false],
    ['dry-run', false],
    ['ask', true],
    ['policy', true],
  ])('under %s waits: %s, whatever its effect', (mode, isAsked) => {
    const request = { required: false, reason: '', expiresInMs: null, isEditable: true, isEndAsked: true }
    const effects: Effect[] = ['observe', 'notify', 'contain']
    expect(effects.map((effect) => mustWait(mode, { effect, isIrreversible: true }, request))).toEqual(
      effects.map(() => isAsked),
    )
  })

  it('is approved by typing its target as the card shows it, and by nothing else', async () => {
    const action = await proposed(revoke())
    expect((await world.service.card(action.id)).confirm).toBe(SHOWN)
    expect(await approved(action, null)).toMatchObject({ code: 'confirmation_required' })
    expect(await approved(action, '')).toMatchObject({ code: 'confirmation_required' })
    for (const wrong of ['ana.bob@corp.example', 'ANA.bob@corp.example', `${SHOWN} `, 'contain.revoke', 'yes']) {
      expect(await approved(action, wrong)).toMatchObject({ code: 'confirmation_differs' })
    }
    expect([stateOf(action), world.actions.calls]).toEqual(['waiting', []])
    expect(await approved(action, SHOWN)).toMatchObject({ isYours: true })
    expect([stateOf(action), world.actions.calls.length]).toEqual(['succeeded', 1])
  })

  it('is approved by the target itself, pasted', async () => {
    const action = await proposed(revoke())
    expect(await approved(action, TARGET)).toMatchObject({ isYours: true })
  })

  it('is confirmed by the edited target where it is edited', async () => {
    const action = await proposed(revoke())
    const editedArgs = { target: 'eve@corp.example' }
    const { boundHash, confirm } = await world.service.planEdited(action.id, editedArgs)
    expect(confirm).toBe('eve@corp.example')
    const request = { actionId: action.id, boundHash, isStaleConfirmed: false, editedArgs, why: '' }
    await expect(world.service.approve({ ...request, typedTarget: SHOWN })).rejects.toMatchObject({
      code: 'confirmation_differs',
    })
    expect(await world.service.approve({ ...request, typedTarget: confirm })).toMatchObject({ isYours: true })
  })

  it('is never approved together with others, and rejected with them', async () => {
    world.policy.publish(once(revoke({ id: 'a' }), revoke({ id: 'b', args: { target: 'eve' } })))
    const chain = await world.alert()
    const items = await Promise.all(
      world
        .actionsOf(chain.id)
        .map(async ({ id }) => ({ actionId: id, boundHash: (await world.service.card(id)).boundHash })),
    )
    const ids = items.map(({ actionId }) => actionId)
    expect(await world.service.together(ids)).toMatchObject([{ isIrreversible: true }, { isIrreversible: true }])
    const decide = (decision: 'approve' | 'reject') => world.service.decideTogether({ decision, items, reason: 'x' })
    expect(await decide('approve')).toMatchObject([{ outcome: 'irreversible' }, { outcome: 'irreversible' }])
    expect(world.actions.calls).toEqual([])
    expect(await decide('reject')).toMatchObject([{ outcome: 'rejected' }, { outcome: 'rejected' }])
  })

  it('asks for nothing where it can be taken back', async () => {
    const action = await proposed({ id: 'c', uses: 'contain.c', args: { target: 'web-1' } })
    expect((await world.service.card(action.id)).confirm).toBe('')
    expect(await approved(action, null)).toMatchObject({ isYours: true })
  })
})

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { JsonObject, JsonValue } from '../../../../shared/model/json.ts'
import { openChainWorld, type ChainWorld } from '../../../../tests/fakes/chain-world.ts'
import { LONG_ABSENCE_MS } from './holding.ts'

/** A chain that met a store that takes nothing looks again after this. */
const STORE_RETRY_MS = 5000

const act = (id: string, uses: string, more: JsonObject = {}): JsonObject => ({ id, uses, args: {}, ...more })
const once =
  (...run: JsonObject[]) =>
  (input: JsonObject): JsonValue => ({ run: input['seq'] === 0 ? run : [] })

let world: ChainWorld
const calls = (): string[] => world.actions.calls.map(({ uses }) => uses)
const open = async (isAttended: boolean): Promise<void> => {
  world = await openChainWorld({ isAttended })
  world.policy.publish(once(act('n', 'notify.n')))
}
afterEach(() => world.close())

/** An alert whose chain was queued when the process died. */
async function leftQueued(): Promise<string> {
  void world.dieAt(1, 'before')
  return world.queue()
}

describe('a start of the desk', () => {
  beforeEach(() => open(true))

  it('holds what was queued long ago, also over a crash, and asks', async () => {
    const id = await leftQueued()
    world.store.clock.advance(LONG_ABSENCE_MS + 1)
    await world.crash()
    await world.crash()
    expect([world.chain(id).state, world.service.heldChains(), calls()]).toEqual(['queued', 1, []])
    await world.service.releaseHeld('run')
    await world.service.whenIdle()
    expect([world.chain(id).state, world.service.heldChains(), calls()]).toEqual(['completed', 0, ['notify.n']])
  })

  it('closes it unrun', async () => {
    const id = await leftQueued()
    world.store.clock.advance(LONG_ABSENCE_MS + 1)
    await world.crash()
    await world.service.releaseHeld('close')
    await world.service.whenIdle()
    expect([world.chain(id).state, world.service.heldChains(), calls()]).toEqual(['cancelled', 0, []])
  })

  it('goes on by itself with what was acknowledged a moment before a crash', async () => {
    const id = await leftQueued()
    world.store.clock.advance(LONG_ABSENCE_MS - 1)
    await world.crash()
    expect([world.chain(id).state, calls()]).toEqual(['completed', ['notify.n']])
  })

  it('holds a chain that was under way: nothing more is evaluated or run', async () => {
    world.policy.publish(once(act('a', 'observe.a'), act('b', 'notify.b')))
    // Round, intent and outcome of the first action; then it dies.
    void world.dieAt(4, 'before')
    const id = await world.queue()
    await expect.poll(() => calls()).toEqual(['observe.a'])
    await expect.poll(() => world.states(id)[0]).toEqual(['a', 'succeeded'])
    world.store.clock.advance(LONG_ABSENCE_MS + 1)
    await world.crash()
    expect(world.service.heldChains()).toBe(1)
    expect(world.states(id)).toEqual([
      ['a', 'succeeded'],
      ['b', 'proposed'],
    ])
    await world.service.releaseHeld('run')
    await world.service.whenIdle()
    expect(calls()).toEqual(['observe.a', 'notify.b'])
  })

  it('runs what was approved: that is an answer already', async () => {
    world.policy.publish(once(act('c', 'contain.c')))
    const chain = await world.alert()
    const [asked] = world.actionsOf(chain.id)
    const card = await world.service.card(asked?.id ?? '')
    const died = world.dieAt(1, 'after')
    const request = { actionId: card.actionId, boundHash: card.boundHash, isStaleConfirmed: false, why: '' }
    void world.service.approve({ ...request, editedArgs: null })
    await died
    world.store.clock.advance(LONG_ABSENCE_MS + 1)
    await world.crash()
    expect([world.states(chain.id), world.service.heldChains()]).toEqual([[['c', 'succeeded']], 0])
  })

  it('asks under the mode that there is now when the last process was Off', async () => {
    world.setMode('off')
    const id = (await world.alert()).id
    world.setMode('policy')
    await world.crash()
    expect([world.chain(id).state, world.service.heldChains(), calls()]).toEqual(['queued', 1, []])
  })
})

describe('a machine that slept', () => {
  beforeEach(() => open(true))

  /** Two chains of one namespace: the first is at its action while the machine sleeps, the second waits for its turn. */
  async function sleepThrough(ms: number, isReadOnly = false): Promise<string[]> {
    const answered = Promise.withResolvers<void>()
    world.actions.on('notify.n', { run: () => answered.promise.then(() => ({ outcome: 'succeeded', result: null })) })
    const ids = [await world.queue({ namespace: 'n' }), await world.queue({ namespace: 'n' })]
    await expect.poll(() => calls()).toEqual(['notify.n'])
    sleep(ms)
    if (isReadOnly) world.store.db.pragma('query_only = ON')
    answered.resolve()
    await world.service.whenIdle()
    return ids
  }

  /** The time goes on and no timer with it. */
  function sleep(ms: number): void {
    world.store.clock.sleep(ms)
  }

  it('holds what had not started before the first step after waking', async () => {
    const [first, second] = await sleepThrough(LONG_ABSENCE_MS)
    // Its action was under way; its next round is held.
    expect(world.states(first ?? '')).toEqual([['n', 'succeeded']])
    expect([first, second].map((id) => world.chain(id ?? '').state)).toEqual(['queued', 'queued'])
    expect([world.service.heldChains(), calls()]).toEqual([2, ['notify.n']])
    await world.service.releaseHeld('run')
    await world.service.whenIdle()
    expect([first, second].map((id) => world.chain(id ?? '').state)).toEqual(['completed', 'completed'])
  })

  it('goes on after a short one, and with what comes afterwards', async () => {
    const ids = await sleepThrough(LONG_ABSENCE_MS - 1)
    expect(ids.map((id) => world.chain(id).state)).toEqual(['completed', 'completed'])
    sleep(LONG_ABSENCE_MS)
    expect((await world.alert()).state).toBe('completed')
  })

  it('is told of a sleep in which its clock stirred now and then', async () => {
    const answered = Promise.withResolvers<void>()
    world.actions.on('notify.n', { run: () => answered.promise.then(() => ({ outcome: 'succeeded', result: null })) })
    const id = await world.queue()
    await expect.poll(() => calls()).toEqual(['notify.n'])
    for (let hours = 0; hours < 4; hours++) world.store.clock.advance(LONG_ABSENCE_MS / 2)
    expect(world.service.heldChains()).toBe(0)
    world.service.wokeUp(2 * LONG_ABSENCE_MS)
    answered.resolve()
    await world.service.whenIdle()
    expect([world.chain(id).state, world.service.heldChains()]).toEqual(['queued', 1])
  })

  it('takes no step while the store does not take the hold, and holds once it does', async () => {
    const [first] = await sleepThrough(LONG_ABSENCE_MS, true)
    expect([world.service.heldChains(), calls()]).toEqual([0, ['notify.n']])
    world.store.db.pragma('query_only = OFF')
    world.store.clock.advance(STORE_RETRY_MS)
    await world.service.whenIdle()
    expect([world.chain(first ?? '').state, world.service.heldChains(), calls()]).toEqual(['queued', 2, ['notify.n']])
  })
})

describe('without an analyst', () => {
  beforeEach(() => open(false))

  it('nothing is held for its age, and what was held goes on', async () => {
    const old = await leftQueued()
    world.store.clock.advance(LONG_ABSENCE_MS + 1)
    await world.crash()
    expect([world.chain(old).state, calls()]).toEqual(['completed', ['notify.n']])
    world.setMode('off')
    const held = (await world.alert()).id
    world.setMode('policy')
    await world.crash()
    expect([world.chain(held).state, world.service.heldChains()]).toEqual(['completed', 0])
  })
})

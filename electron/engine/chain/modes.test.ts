import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import { openChainWorld, type ChainWorld } from '../../../tests/fakes/chain-world.ts'
import type { RunOutcome } from '../actions/action-port.ts'

let world: ChainWorld
beforeEach(async () => void (world = await openChainWorld()))
afterEach(() => world.close())

const act = (id: string, uses: string, more: JsonObject = {}): JsonObject => ({ id, uses, args: {}, ...more })
const once =
  (...run: JsonObject[]) =>
  (input: JsonObject): JsonValue => ({ run: input['seq'] === 0 ? run : [] })
const calls = (): string[] => world.actions.calls.map(({ uses }) => uses)
const stored = (): unknown[] => world.store.attributes.now('n', world.store.clock.now())
const FAILED: RunOutcome = { outcome: 'failed', error: { code: 'http_500', message: 'no' } }

describe('a mode that is switched while the policy is evaluated', () => {
  it('off: nothing that would have waited runs unasked once chains are released [S24]', async () => {
    world.policy.publish((input) => {
      if (world.policy.inputs.length === 1) world.setMode('off')
      return once(act('c', 'contain.c'))(input)
    })
    const chain = await world.alert()
    expect(world.chain(chain.id).state).toBe('queued')
    world.setMode('policy')
    await world.service.releaseHeld('run')
    await world.service.whenIdle()
    expect(world.states(chain.id)).toEqual([['c', 'waiting']])
    expect(calls()).toEqual([])
  })

  it.each([
    ['ask', 'waiting'],
    ['dry-run', 'skipped'],
  ] as const)('%s: its actions are decided by the new mode', async (mode, state) => {
    world.policy.publish((input) => {
      if (world.policy.inputs.length === 1) world.setMode(mode)
      return once(act('n', 'notify.n'))(input)
    })
    const chain = await world.alert()
    expect(world.states(chain.id)).toEqual([['n', state]])
    expect(calls()).toEqual([])
  })
})

describe('a mode that is switched while an action is planned, before its intent', () => {
  it.each([
    ['ask', 'waiting'],
    ['dry-run', 'skipped'],
  ] as const)('[S24] %s: it is decided by the new mode', async (mode, state) => {
    world.policy.publish(once(act('n', 'notify.n')))
    const chainId = await world.queue()
    world.actions.on('notify.n', {
      plan: () => {
        if (world.states(chainId).length > 0) world.setMode(mode)
        return { rows: [], bound: null }
      },
      run: () => ({ outcome: 'succeeded', result: null }),
    })
    await world.service.whenIdle()
    expect(world.states(chainId)).toEqual([['n', state]])
    expect(calls()).toEqual([])
  })
})

describe('a mode that is switched between two actions', () => {
  /** Switches the mode while the first action runs. */
  function switchDuringFirst(mode: 'ask' | 'dry-run' | 'off', ...rest: JsonObject[]): void {
    world.actions.on('observe.first', {
      run: () => {
        world.setMode(mode)
        return { outcome: 'succeeded', result: null }
      },
    })
    world.policy.publish(once(act('a', 'observe.first'), ...rest))
  }

  it('ask: what was proposed under policy is asked about before its intent', async () => {
    switchDuringFirst('ask', act('b', 'notify.b'), act('c', 'contain.c', { approval: false }), act('d', 'observe.d'))
    const chain = await world.alert()
    expect(world.states(chain.id)).toEqual([
      ['a', 'succeeded'],
      ['b', 'waiting'],
      ['c', 'waiting'],
      ['d', 'succeeded'],
    ])
    expect(calls()).toEqual(['observe.first', 'observe.d'])
    const [, asked] = world.actionsOf(chain.id)
    expect(await world.approve(asked?.id ?? '')).toBe('approved')
    expect(calls()).toEqual(['observe.first', 'observe.d', 'notify.b'])
    expect(world.policy.explained.map(({ member }) => (member as JsonObject)['id'])).toEqual(['b', 'c'])
  })

  it('dry-run: the rest is skipped with its plan', async () => {
    world.actions.on('notify.b', { plan: () => ({ rows: [{ key: 'Sends', value: 'x' }], bound: null }) })
    switchDuringFirst('dry-run', act('b', 'notify.b'))
    const chain = await world.alert()
    expect(world.states(chain.id)[1]).toEqual(['b', 'skipped'])
    expect(world.actionsOf(chain.id)[1]?.plan?.rows).toEqual([{ key: 'Sends', value: 'x' }])
  })

  it('off: an attempt that a crash interrupted is not repeated unasked under ask', async () => {
    const hung = Promise.withResolvers<undefined>()
    world.actions.on('notify.n', {
      isIdempotent: true,
      run: () => (hung.resolve(undefined), new Promise<RunOutcome>(() => undefined)),
    })
    world.policy.publish(once(act('n', 'notify.n')))
    const chainId = await world.queue()
    await hung.promise
    world.actions.on('notify.n', { isIdempotent: true })
    world.setMode('ask')
    await world.crash()
    expect(world.states(chainId)).toEqual([['n', 'waiting']])
    expect(calls()).toEqual(['notify.n'])
  })
})

describe('off', () => {
  it('a chain that goes on from off can end in every way', async () => {
    world.actions.on('contain.c', { run: () => FAILED })
    world.policy.publish(once(act('c', 'contain.c')))
    const chain = await world.alert()
    world.setMode('off')
    await world.approve(world.actionsOf(chain.id)[0]?.id ?? '')
    expect(world.chain(chain.id).state).toBe('queued')
    world.setMode('policy')
    await world.service.releaseHeld('run')
    await world.service.whenIdle()
    expect(world.chain(chain.id).state).toBe('failed')
    expect(world.store.db.prepare('SELECT code FROM problem').all()).toEqual([{ code: 'chain_failed' }])
  })

  it('a chain that is closed keeps waiting for the word on an unknown outcome', async () => {
    world.actions.on('notify.u', { run: () => ({ outcome: 'unknown', error: { code: 'net_timeout', message: '?' } }) })
    world.policy.publish(once(act('c', 'contain.c'), act('u', 'notify.u')))
    const chain = await world.alert()
    const [contain, unknown] = world.actionsOf(chain.id)
    world.setMode('off')
    await world.approve(contain?.id ?? '')
    expect(world.chain(chain.id).state).toBe('queued')
    world.setMode('policy')
    await world.service.releaseHeld('close')
    await world.service.whenIdle()
    expect(world.chain(chain.id).state).toBe('waiting')
    await world.service.settleUnknown({ actionId: unknown?.id ?? '', answer: 'done', reason: 'looked' })
    await world.service.whenIdle()
    expect([world.chain(chain.id).state, calls()]).toEqual(['cancelled', ['notify.u']])
  })
})

describe('dry-run', () => {
  it('writes no persistent attribute: not of the alert, not of init, not of an action without uses', async () => {
    world.setMode('dry-run')
    world.policy.publish(
      () => ({ init: [{ attrs: [{ id: 'i', key: 'i', value: 1, persist: true }] }], run: [] }),
      'exit',
    )
    const attrs = [{ id: 'a', key: 'a', value: 1, type: '', persist: true, ttl: 0 }]
    await world.alert({ namespace: 'n', attrs })
    world.policy.publish(once({ id: 'u', uses: '', commit: [{ id: 'c', key: 'c', value: 1, persist: true }] }))
    const chain = await world.alert({ namespace: 'n' })
    expect(stored()).toEqual([])
    expect(chain.attrs).toMatchObject([{ id: 'c', value: 1 }])
  })

  it('does not end a persistent attribute, and the chain goes on with what it committed itself', async () => {
    const commit = (value: number, persist: boolean): JsonObject => ({
      uses: '',
      commit: [{ id: 'r', key: 'r', value, persist }],
    })
    world.policy.publish(once(commit(1, true)))
    await world.alert({ namespace: 'n' })
    world.setMode('dry-run')
    world.policy.publish((input) => {
      const attrs = ((input['alert'] as JsonObject)['attrs'] ?? []) as JsonObject[]
      return { run: attrs.some(({ value }) => value === 1) ? [commit(2, false)] : [] }
    })
    expect((await world.alert({ namespace: 'n' })).state).toBe('completed')
    expect(stored()).toMatchObject([{ id: 'r', value: 1 }])
  })

  it('says of an attempt that may have happened that nobody knows, not that it was skipped', async () => {
    const hung = Promise.withResolvers<undefined>()
    world.actions.on('notify.n', {
      isIdempotent: true,
      run: () => (hung.resolve(undefined), new Promise<RunOutcome>(() => undefined)),
    })
    world.policy.publish(once(act('n', 'notify.n')))
    const chainId = await world.queue()
    await hung.promise
    world.setMode('dry-run')
    await world.crash()
    expect(world.states(chainId)).toEqual([['n', 'unknown']])
  })
})

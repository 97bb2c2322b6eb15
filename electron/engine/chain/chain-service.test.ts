import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { TocsinError } from '../../../shared/errors.ts'
import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import { ChainStore } from './records/chain-store.ts'
import { openChainWorld, type ChainWorld } from '../../../tests/fakes/chain-world.ts'

let world: ChainWorld
beforeEach(async () => void (world = await openChainWorld()))
afterEach(() => world.close())

/** A policy that proposes these actions in round 0 and nothing later. */
const once =
  (...run: JsonObject[]) =>
  (input: JsonObject): JsonValue => ({ run: input['seq'] === 0 ? run : [] })
const act = (id: string, uses: string, more: JsonObject = {}): JsonObject => ({ id, uses, args: {}, ...more })

describe('rounds', () => {
  it('runs the actions of a round in order, then asks the policy again until it proposes nothing', async () => {
    world.policy.publish((input) => ({
      run:
        input['seq'] === 0
          ? [act('a', 'observe.a'), act('b', 'observe.b')]
          : input['seq'] === 1
            ? [act('c', 'observe.c')]
            : [],
    }))
    const chain = await world.alert()
    expect(world.actions.calls.map((call) => call.uses)).toEqual(['observe.a', 'observe.b', 'observe.c'])
    expect(chain.state).toBe('completed')
    expect(world.policy.inputs[0]).toMatchObject({ seq: 0, called: null, env: { GREETING: 'hello' } })
    expect(world.policy.inputs[2]?.['called']).toMatchObject([
      { id: 'a', status: 'succeeded', result: { done: 'observe.a' } },
      { id: 'b', status: 'succeeded' },
      { id: 'c', status: 'succeeded' },
    ])
  })

  it('ends its chain, and expires what waits later, when the next expiry cannot be read', async () => {
    world.policy.publish(once(act('c', 'contain.c')))
    vi.spyOn(world.approvals, 'nextExpiry').mockImplementationOnce(() => {
      throw new TypeError('The database connection is not open')
    })
    const chain = await world.alert()
    expect(chain.state).toBe('waiting')
    await vi.waitFor(() => {
      world.store.clock.advance(86_400_000)
      expect(world.actionsOf(chain.id)[0]?.state).toBe('expired')
    })
  })

  it('ends no chain by its first round that was ended before', async () => {
    world.policy.publish(once(act('c', 'contain.c')))
    const { id } = await world.alert()
    await world.service.stopChain(id, 'no')
    await world.service.whenIdle()
    const chains = new ChainStore(world.store.db)
    const { policyVersionId, ...chain } = chains.chain(id)
    const by = { policyVersionId, policyForm: null, evaluator: 'wasm', evaluatorHash: 'e'.repeat(64) } as const
    const said = { output: '{"run":[]}', nowNs: '1', seed: '0', durationUs: 1, prints: [], inputSha256: '' }
    const ending = world.store.writer.commit('chain-round', (tx) =>
      chains.endWithFirstRound(
        tx,
        { ...chain, policyVersionId, isQueued: true },
        { ...by, ...said, mode: 'ask', env: {} },
      ),
    )
    await expect(ending).rejects.toMatchObject({ code: 'illegal_transition' })
    expect(world.chain(id).state).toBe('cancelled')
  })

  it('says of each round when it ended', async () => {
    world.policy.publish((input) => ({ run: Number(input['seq']) < 2 ? [{ uses: 'observe.a' }] : [] }))
    await world.alert()
    expect(world.store.db.prepare('SELECT count(*) AS n FROM round WHERE finished_at IS NULL').get()).toEqual({ n: 0 })
  })

  it('runs an id once, also within one round', async () => {
    world.policy.publish((input) => ({
      run: Number(input['seq']) < 3 ? [act('x', 'observe.a'), act('x', 'observe.b')] : [],
    }))
    await world.alert()
    expect(world.actions.calls.map((call) => call.uses)).toEqual(['observe.a'])
  })

  it('ends in round_limit after 32 rounds', async () => {
    world.policy.publish(() => ({ run: [{ uses: 'observe.a' }] }))
    const chain = await world.alert()
    expect(chain.state).toBe('round_limit')
    expect(world.actions.calls).toHaveLength(32)
  })

  it('makes commits visible in the next round, and takes value where a path does not match', async () => {
    const commit = [
      { key: 'hit', path: 'done' },
      { key: 'miss', path: '$.nope', value: 'fallback' },
      { key: 'nothing', path: 'nope' },
    ]
    world.policy.publish(once(act('a', 'observe.a', { commit }), act('b', 'observe.b')))
    const chain = await world.alert({ attrs: [{ id: '1', key: 'k', value: 1, type: '', persist: false, ttl: 0 }] })
    expect(chain.attrs.map(({ key, value }) => [key, value])).toEqual([
      ['k', 1],
      ['hit', 'observe.a'],
      ['miss', 'fallback'],
    ])
  })

  it('fails an action with a wrong commit path before it runs', async () => {
    world.policy.publish(once(act('a', 'observe.a', { commit: [{ key: 'k', path: '$[' }] })))
    const chain = await world.alert()
    expect([chain.state, world.actions.calls.length]).toEqual(['failed', 0])
  })

  it('supersedes what comes after a failure, runs no further round and says why', async () => {
    world.actions.on('observe.bad', { run: () => ({ outcome: 'failed', error: { code: 'http_500', message: 'no' } }) })
    world.policy.publish(once(act('a', 'observe.a'), act('b', 'observe.bad'), act('c', 'observe.c')))
    const chain = await world.alert()
    expect(world.states(chain.id)).toEqual([
      ['a', 'succeeded'],
      ['b', 'failed'],
      ['c', 'superseded'],
    ])
    expect(chain.state).toBe('failed')
  })

  it('goes on after a failure with force, and shows the error to the policy', async () => {
    world.actions.on('observe.bad', { run: () => ({ outcome: 'failed', error: { code: 'http_500', message: 'no' } }) })
    world.policy.publish(
      once(
        act('a', 'observe.bad', { force: true, commit: [{ key: 'k', path: 'x', value: 'v' }] }),
        act('b', 'observe.b'),
      ),
    )
    const chain = await world.alert()
    expect(world.states(chain.id)).toEqual([
      ['a', 'failed'],
      ['b', 'succeeded'],
    ])
    expect(chain.attrs).toMatchObject([{ key: 'k', value: 'v' }])
    expect(world.policy.inputs.at(-1)?.['called']).toMatchObject([
      { id: 'a', status: 'failed', error: { code: 'http_500' } },
      { id: 'b' },
    ])
  })

  it('fails an unknown action by name', async () => {
    world.policy.publish(once(act('a', 'nobody.knows')))
    const chain = await world.alert()
    expect(world.actionsOf(chain.id)[0]?.error?.code).toBe('action_not_found')
    expect(chain.state).toBe('failed')
  })

  it('aborts: the rest of the round does not run, the chain ends aborted', async () => {
    world.policy.publish((input) => ({
      run: [act(`a${Number(input['seq'])}`, 'observe.a'), act('stop', '', { abort: true }), act('z', 'observe.z')],
    }))
    const chain = await world.alert()
    expect(world.states(chain.id)).toEqual([
      ['a0', 'succeeded'],
      ['stop', 'succeeded'],
      ['z', 'superseded'],
    ])
    expect(chain.state).toBe('aborted')
  })

  it('stores commits of an action without uses', async () => {
    world.policy.publish(once({ uses: '', commit: [{ key: 'k', value: 'v' }] }))
    expect((await world.alert()).attrs).toMatchObject([{ key: 'k', value: 'v' }])
  })

  it('fails the chain and shows a problem when the policy fails', async () => {
    world.policy.publish(() => {
      throw new Error('conflict')
    })
    const chain = await world.alert()
    expect(chain.state).toBe('failed')
    expect(world.store.db.prepare('SELECT code, chain_id AS chain FROM problem').all()).toEqual([
      { code: 'policy_error', chain: chain.id },
    ])
  })
})

describe('init / run / exit', () => {
  it('commits init, evaluates exit once per executed action, and ends on exit.abort after the round', async () => {
    world.policy.publish((input) => {
      if ('action' in input)
        return {
          exit: [
            {
              attrs: [{ id: 'n', key: 'n', value: (input['called'] as JsonValue[]).length }],
              abort: input['seq'] === 1,
            },
          ],
        }
      return {
        init: input['seq'] === 0 ? [{ attrs: [{ id: 'i', key: 'color', value: 'blue' }] }] : [],
        run: 'called' in input ? [act(`a${Number(input['seq'])}`, 'observe.a')] : [],
      }
    }, 'exit')
    const chain = await world.alert()
    expect(chain.state).toBe('aborted')
    expect(chain.attrs.map(({ key, value }) => [key, value])).toEqual([
      ['color', 'blue'],
      ['n', 2],
    ])
    expect(world.actions.calls).toHaveLength(2)
  })

  it('ends before run on init.abort and keeps its attributes', async () => {
    world.policy.publish(
      () => ({ init: [{ abort: true, attrs: [{ key: 'k', value: 1 }] }], run: [act('a', 'observe.a')] }),
      'exit',
    )
    const chain = await world.alert()
    expect([chain.state, world.actions.calls.length, chain.attrs.length]).toEqual(['aborted', 0, 1])
  })
})

describe('namespaces', () => {
  const countUp = (input: JsonObject): JsonValue => {
    const attrs = ((input['alert'] as JsonObject)['attrs'] ?? []) as JsonObject[]
    const counter = attrs.find((attr) => attr['key'] === 'counter')
    return {
      run: [
        act('job', 'observe.job', {
          commit: [
            { id: counter?.['id'] ?? '', key: 'counter', value: Number(counter?.['value'] ?? 0) + 1, persist: true },
          ],
        }),
      ],
    }
  }

  it('runs 64 chains of one namespace one after the other: the counter ends at 64', async () => {
    world.policy.publish(countUp)
    await Promise.all(Array.from({ length: 64 }, () => world.alert({ namespace: 'default' })))
    expect(
      world.store.attributes.now('default', world.store.clock.now()).map(({ key, value }) => [key, value]),
    ).toEqual([['counter', 64]])
    expect(world.actions.maxAtOnce).toBe(1)
  })

  it('forgets after the time to live, and ends a record that is committed without persist', async () => {
    world.policy.publish(countUp)
    await world.alert({ namespace: 'n' })
    world.store.clock.advance(86_400_001)
    await world.alert({ namespace: 'n' })
    const [record] = world.store.attributes.now('n', world.store.clock.now())
    expect(record?.value).toBe(1)
    world.policy.publish(once(act('x', 'observe.x', { commit: [{ id: record?.id ?? '', key: 'counter', value: 0 }] })))
    await world.alert({ namespace: 'n' })
    expect(world.store.attributes.now('n', world.store.clock.now())).toEqual([])
  })

  it('holds no lock while it waits, and a waiting commit of a record that changed is stale', async () => {
    world.policy.publish((input) => ({
      run:
        input['seq'] !== 0 ? [] : [act('w', 'contain.w', { commit: [{ id: 'r', key: 'r', value: 1, persist: true }] })],
    }))
    const waiting = await world.alert({ namespace: 'n' })
    expect(waiting.state).toBe('waiting')
    world.policy.publish(once(act('o', 'observe.o', { commit: [{ id: 'r', key: 'r', value: 2, persist: true }] })))
    expect((await world.alert({ namespace: 'n' })).state).toBe('completed')
    const [action] = world.actionsOf(waiting.id)
    await expect(world.approve(action?.id ?? '')).rejects.toMatchObject({ code: 'stale' })
  })
})

describe('response modes', () => {
  const all = once(
    act('o', 'observe.o'),
    act('n', 'notify.n'),
    act('c', 'contain.c'),
    act('f', 'contain.f', { approval: false }),
    act('a', 'observe.a', { approval: true }),
    act('r', 'observe.r', { effect: 'contain' }),
  )

  it.each([
    ['policy', ['succeeded', 'succeeded', 'waiting', 'succeeded', 'waiting', 'waiting']],
    ['ask', ['succeeded', 'waiting', 'waiting', 'waiting', 'waiting', 'waiting']],
    ['dry-run', ['skipped', 'skipped', 'skipped', 'skipped', 'skipped', 'skipped']],
  ] as const)('%s', async (mode, states) => {
    world.setMode(mode)
    world.policy.publish(all)
    const chain = await world.alert()
    expect(world.states(chain.id).map(([, state]) => state)).toEqual(states)
    expect(world.actions.calls).toHaveLength(states.filter((state) => state === 'succeeded').length)
  })

  it('off keeps chains queued until the analyst runs or closes them', async () => {
    world.setMode('off')
    world.policy.publish(once(act('o', 'observe.o')))
    const [first, second] = [await world.alert(), await world.alert()]
    expect([first.state, second.state, world.service.heldChains()]).toEqual(['queued', 'queued', 2])
    world.setMode('policy')
    await world.service.releaseHeld('run')
    await world.service.whenIdle()
    expect(world.chain(first.id).state).toBe('completed')
    world.setMode('off')
    const third = await world.alert()
    world.setMode('policy')
    await world.service.releaseHeld('close')
    await world.service.whenIdle()
    expect(world.chain(third.id).state).toBe('cancelled')
  })

  it('checks the mode again before the intent: what was approved under policy does not run under dry-run', async () => {
    world.policy.publish(once(act('c', 'contain.c')))
    const chain = await world.alert()
    world.setMode('dry-run')
    await world.approve(world.actionsOf(chain.id)[0]?.id ?? '')
    expect(world.states(chain.id)).toEqual([['c', 'skipped']])
    expect(world.actions.calls).toEqual([])
  })
})

describe('a store that takes nothing', () => {
  it('leaves the chain as it is and goes on once there is room', async () => {
    world.policy.publish(once(act('o', 'observe.o')))
    const commit = vi.spyOn(world.store.writer, 'commit')
    const chainId = await world.queue()
    commit.mockRejectedValueOnce(new TocsinError('store_full', 'The disk is full'))
    await world.service.whenIdle()
    expect(world.chain(chainId).state).toBe('queued')
    world.store.clock.advance(5000)
    await world.service.whenIdle()
    expect(world.chain(chainId).state).toBe('completed')
  })
})

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { IS_DECISION } from '../../store/act-kinds.ts'
import { TocsinError } from '../../../../shared/errors.ts'
import type { JsonObject, JsonValue } from '../../../../shared/model/json.ts'
import { openChainWorld, type ChainWorld } from '../../../../tests/fakes/chain-world.ts'
import type { RunOutcome } from '../../actions/action-port.ts'

let world: ChainWorld
beforeEach(async () => void (world = await openChainWorld()))
afterEach(() => world.close())

const act = (id: string, uses: string, more: JsonObject = {}): JsonObject => ({ id, uses, args: {}, ...more })
const once =
  (...run: JsonObject[]) =>
  (input: JsonObject): JsonValue => ({ run: input['seq'] === 0 ? run : [] })
const calls = (): string[] => world.actions.calls.map(({ uses }) => uses)
const problems = (): unknown[] => world.store.db.prepare('SELECT code FROM problem').all()
const acts = (): string[] =>
  (
    world.store.db
      .prepare(`SELECT kind FROM act WHERE ${IS_DECISION} AND subject_kind <> 'alert' ORDER BY seq`)
      .all() as { kind: string }[]
  ).map(({ kind }) => kind)
const succeeded = (result: JsonValue): RunOutcome => ({ outcome: 'succeeded', result })
const FAILED: RunOutcome = { outcome: 'failed', error: { code: 'http_500', message: 'no' } }
const UNKNOWN: RunOutcome = { outcome: 'unknown', error: { code: 'net_timeout', message: 'no answer' } }

describe('an outcome is never lost', () => {
  it('a path that cannot be followed in the result takes value', async () => {
    let deep: JsonValue = { x: 1 }
    for (let depth = 0; depth < 600; depth += 1) deep = { deep }
    world.actions.on('notify.n', { run: () => succeeded(deep) })
    world.policy.publish(once(act('n', 'notify.n', { commit: [{ key: 'k', path: '$..x', value: 'v' }] })))
    const chain = await world.alert()
    expect([chain.state, chain.attrs.map(({ value }) => value)]).toEqual(['completed', ['v']])
  })

  it('a result that cannot be stored leaves the action unknown, with the cause', async () => {
    world.actions.on('notify.n', { run: () => succeeded({ huge: Number.POSITIVE_INFINITY }) })
    world.policy.publish(once(act('n', 'notify.n'), act('c', 'contain.c')))
    const chain = await world.alert()
    expect([chain.state, ...world.states(chain.id)]).toEqual(['waiting', ['n', 'unknown'], ['c', 'waiting']])
    expect(problems()).toEqual([{ code: 'outcome_unknown' }])
  })

  it('an exit that cannot be evaluated ends the chain after the round, and the outcome stands', async () => {
    world.policy.publish(once(act('n', 'notify.n')), 'exit')
    world.actions.on('notify.n', {
      run: () => {
        vi.spyOn(world.policy, 'evaluate').mockRejectedValueOnce(new Error('no policy thread'))
        return succeeded(1)
      },
    })
    const chain = await world.alert()
    expect([chain.state, ...world.states(chain.id)]).toEqual(['aborted', ['n', 'succeeded']])
    expect(problems()).toHaveLength(1)
  })

  it('is stored when the disk has room again, without asking the action anew', async () => {
    world.policy.publish(once(act('n', 'notify.n')))
    world.actions.on('notify.n', {
      run: () => {
        vi.spyOn(world.store.writer, 'commit').mockRejectedValueOnce(new TocsinError('store_full', 'The disk is full'))
        return succeeded({ message: 'sent' })
      },
    })
    const chainId = await world.queue()
    await world.service.whenIdle()
    expect(world.states(chainId)).toEqual([['n', 'running']])
    world.store.clock.advance(5000)
    await world.service.whenIdle()
    expect([world.chain(chainId).state, ...world.states(chainId), ...calls()]).toEqual([
      'completed',
      ['n', 'succeeded'],
      'notify.n',
    ])
    const [action] = world.actionsOf(chainId)
    expect(world.approvals.latestAttempt(action?.id ?? '')?.result).toEqual({ message: 'sent' })
  })
})

describe('a defect', () => {
  it('ends the chain with everything in it, and shows a problem', async () => {
    world.policy.publish(once(act('c', 'contain.c'), act('n', 'notify.n')))
    vi.spyOn(world.approvals, 'insertIntent').mockImplementationOnce(() => {
      throw new Error('a defect')
    })
    const chain = await world.alert()
    expect([chain.state, ...world.states(chain.id)]).toEqual(['failed', ['c', 'superseded'], ['n', 'superseded']])
    expect(problems()).toHaveLength(1)
    expect(world.approvals.open()).toEqual([])
  })
})

describe('stop', () => {
  it('while the policy is evaluated writes nothing of the round and announces nothing', async () => {
    const news: string[] = []
    world.bus.on((topic, payload) => topic === 'news' && news.push(JSON.stringify(payload)))
    let stopped: Promise<unknown> | undefined
    world.policy.publish((input) => {
      stopped = world.service.stopChain(world.chains.openChains()[0]?.id ?? '', 'enough')
      return once(act('c', 'contain.c'))(input)
    })
    const chain = await world.alert()
    await stopped
    await world.service.whenIdle()
    expect([world.chain(chain.id).state, world.actionsOf(chain.id)]).toEqual(['cancelled', []])
    expect(news).toEqual([])
  })

  it('while an action is planned ends cancelled, without a problem', async () => {
    let stopped: Promise<unknown> | undefined
    const plan = world.actions.plan.bind(world.actions)
    world.actions.plan = async (...given) => {
      stopped = world.service.stopChain(world.chains.openChains()[0]?.id ?? '', 'enough')
      await stopped
      await plan(...given)
      throw new TocsinError('missing', 'The file is gone')
    }
    world.policy.publish(once(act('n', 'notify.n'), act('m', 'notify.m')))
    const chain = await world.alert()
    await world.service.whenIdle()
    expect([world.chain(chain.id).state, ...world.states(chain.id)]).toEqual([
      'cancelled',
      ['n', 'superseded'],
      ['m', 'superseded'],
    ])
    expect([problems(), calls()]).toEqual([[], []])
  })

  it('does not call withdrawn what may have happened before a crash', async () => {
    const hung = Promise.withResolvers<undefined>()
    world.actions.on('notify.n', {
      isIdempotent: true,
      run: () => (hung.resolve(undefined), new Promise<RunOutcome>(() => undefined)),
    })
    world.policy.publish(once(act('n', 'notify.n')))
    const chainId = await world.queue()
    await hung.promise
    await world.service.stopChain(chainId, 'enough')
    await world.crash()
    expect([world.chain(chainId).state, ...world.states(chainId)]).toEqual(['waiting', ['n', 'unknown']])
    await world.service.settleUnknown({
      actionId: world.actionsOf(chainId)[0]?.id ?? '',
      answer: 'done',
      reason: 'looked',
    })
    await world.service.whenIdle()
    expect([world.chain(chainId).state, calls()]).toEqual(['cancelled', ['notify.n']])
  })
})

describe('a start', () => {
  it('leaves alone what only waits for the analyst, and drives what was decided', async () => {
    world.policy.publish(once(act('c', 'contain.c'), act('d', 'contain.d')))
    const waiting = await world.alert()
    const decided = await world.alert()
    for (const { id } of world.actionsOf(decided.id)) {
      const died = world.dieAt(1, 'after')
      void world.reject(id, 'no')
      await died
      const latestRound = vi.spyOn(world.chains, 'latestRound')
      await world.crash()
      expect(latestRound.mock.calls.map(([chainId]) => chainId)).not.toContain(waiting.id)
    }
    expect([world.chain(waiting.id).state, world.chain(decided.id).state]).toEqual(['waiting', 'completed'])
  })

  it('expires what nobody decided while the app was closed', async () => {
    world.policy.publish(once(act('c', 'contain.c')))
    const chains = [await world.alert(), await world.alert()]
    await world.service.stop()
    world.store.clock.advance(86_400_001)
    await world.crash()
    world.store.clock.advance(0)
    await expect.poll(() => chains.map(({ id }) => world.chain(id).state)).toEqual(['completed', 'completed'])
    expect(world.actions.calls).toEqual([])
  })
})

describe('the word on an unknown outcome', () => {
  async function unknown(more: JsonObject = {}): Promise<{ chainId: string; actionId: string }> {
    world.actions.on('contain.c', { run: () => UNKNOWN })
    world.policy.publish(once(act('c', 'contain.c', more)))
    const chain = await world.alert()
    const actionId = world.actionsOf(chain.id)[0]?.id ?? ''
    if (world.chains.action(actionId).state === 'waiting') await world.approve(actionId)
    return { chainId: chain.id, actionId }
  }

  it('is given once, however many windows answer: the act and the outcome are one transaction', async () => {
    const { actionId } = await unknown()
    const answers = await Promise.all([
      world.service.settleUnknown({ actionId, answer: 'done', reason: 'seen' }),
      world.service.settleUnknown({ actionId, answer: 'not_done', reason: 'not seen' }),
    ])
    await world.service.whenIdle()
    expect(answers).toEqual([
      { state: 'succeeded', isYours: true },
      { state: 'succeeded', isYours: false },
    ])
    expect(acts()).toEqual(['approval.approve', 'attempt.done'])
  })

  it('"try again" runs although the time of the approval is up', async () => {
    const { chainId, actionId } = await unknown({ approval: { required: true, expires_in: '1h' } })
    world.store.clock.advance(3_600_001)
    world.actions.on('contain.c', {})
    await world.service.settleUnknown({ actionId, answer: 'again', reason: 'looked' })
    await world.service.whenIdle()
    expect([world.chain(chainId).state, ...world.states(chainId)]).toEqual(['completed', ['c', 'succeeded']])
  })

  it('"try again" runs under ask although no approval was needed before', async () => {
    const { actionId } = await unknown({ approval: false })
    world.setMode('ask')
    world.actions.on('contain.c', {})
    await world.service.settleUnknown({ actionId, answer: 'again', reason: 'looked' })
    await world.service.whenIdle()
    expect(world.chains.action(actionId).state).toBe('succeeded')
  })
})

describe('what an earlier attempt may have done', () => {
  /** `a` waits, `b` was approved and has an unknown outcome. */
  async function tried(): Promise<{ chainId: string; a: string; b: string }> {
    world.actions.on('contain.b', { run: () => UNKNOWN })
    world.policy.publish(once(act('a', 'contain.a'), act('b', 'contain.b')))
    const chain = await world.alert()
    const [a, b] = world.actionsOf(chain.id).map(({ id }) => id) as [string, string]
    await world.approve(b)
    expect(world.chains.action(b).state).toBe('unknown')
    return { chainId: chain.id, a, b }
  }

  /** *Try again*, and the process dies with the analyst's word on the disk and no new intent. */
  async function againThenDeath(actionId: string): Promise<void> {
    const died = world.dieAt(1, 'after')
    void world.service.settleUnknown({ actionId, answer: 'again', reason: 'looked' })
    await died
    expect(world.chains.action(actionId).state).toBe('approved')
  }

  const openOutcomes = (): unknown[] =>
    world.store.db
      .prepare("SELECT details ->> 'action' FROM problem WHERE code = 'outcome_unknown' AND resolved_at IS NULL")
      .pluck()
      .all()

  it('is not denied by a stop right after "try again": the analyst says whether it happened', async () => {
    const { chainId, a, b } = await tried()
    const again = world.service.settleUnknown({ actionId: b, answer: 'again', reason: 'looked' })
    const stop = world.service.stopChain(chainId, 'enough')
    await Promise.all([again, stop])
    await world.service.whenIdle()
    expect(calls()).toEqual(['contain.b'])
    expect([world.chain(chainId).state, ...world.states(chainId)]).toEqual([
      'waiting',
      ['a', 'superseded'],
      ['b', 'unknown'],
    ])
    expect(openOutcomes()).toEqual([b])
    await expect(
      world.service.rerun({ id: chainId, what: 'everything', policy: 'same', isConfirmed: true }),
    ).rejects.toMatchObject({ code: 'not_finished' })
    await world.service.settleUnknown({ actionId: b, answer: 'done', reason: 'seen' })
    await world.service.whenIdle()
    expect([world.chain(chainId).state, ...world.states(chainId)]).toEqual([
      'cancelled',
      ['a', 'superseded'],
      ['b', 'succeeded'],
    ])
    expect(world.approvals.ofAction(a)?.outcome).toBe('withdrawn')
  })

  it('is not denied by a stop after a restart that found "try again" without an intent', async () => {
    const { chainId, b } = await tried()
    await againThenDeath(b)
    world.store.db.prepare('UPDATE chain SET stopping = 1 WHERE id = ?').run(chainId)
    await world.crash()
    expect(calls()).toEqual(['contain.b'])
    expect(world.chains.action(b)).toMatchObject({ state: 'unknown', error: { code: 'outcome_unknown' } })
  })

  it('is not denied by the failure of an action before it', async () => {
    world.actions.on('contain.a', { run: () => FAILED })
    const { a, b } = await tried()
    world.setMode('off')
    await world.service.settleUnknown({ actionId: b, answer: 'again', reason: 'looked' })
    await world.service.whenIdle()
    expect(world.chains.action(b).state).toBe('approved')
    await world.approve(a)
    world.setMode('policy')
    await world.service.releaseHeld('run')
    await world.service.whenIdle()
    expect(world.states(world.chains.action(b).chainId)).toEqual([
      ['a', 'failed'],
      ['b', 'unknown'],
    ])
    expect(openOutcomes()).toEqual([b])
  })

  it.each(['reject', 'expire'] as const)('is not denied by what asks anew and is answered by: %s', async (answer) => {
    const { chainId, b } = await tried()
    await againThenDeath(b)
    // The host is another one now: what was approved is asked about again.
    world.actions.on('contain.b', { plan: () => ({ rows: [], bound: 'isolated already' }) })
    await world.crash()
    expect(world.chains.action(b).state).toBe('waiting')
    if (answer === 'reject') expect(await world.reject(b, 'not again')).toEqual({ state: 'unknown', isYours: true })
    else await world.service.expire(b)
    await world.service.whenIdle()
    expect(world.chains.action(b).state).toBe('unknown')
    expect(openOutcomes()).toEqual([b])
    const inputs = world.policy.inputs.length
    await world.service.settleUnknown({ actionId: b, answer: 'done', reason: 'seen' })
    await world.service.whenIdle()
    expect(world.states(chainId)).toEqual([
      ['a', 'waiting'],
      ['b', 'succeeded'],
    ])
    expect(world.policy.inputs.slice(inputs)).toEqual([])
  })

  it('is not denied by a plan that cannot be made when it is tried again', async () => {
    world.actions.on('contain.b', { run: () => UNKNOWN })
    world.policy.publish(once(act('b', 'contain.b', { approval: false })))
    const chain = await world.alert()
    const [b] = world.actionsOf(chain.id)
    world.actions.on('contain.b', {
      plan: () => {
        throw new TocsinError('not_found', 'no such host')
      },
    })
    await world.service.settleUnknown({ actionId: b?.id ?? '', answer: 'again', reason: 'looked' })
    await world.service.whenIdle()
    expect([world.chain(chain.id).state, ...world.states(chain.id)]).toEqual(['waiting', ['b', 'unknown']])
    expect(world.chains.action(b?.id ?? '').error?.message).toContain('no such host')
  })
})

describe('an action that waits', () => {
  it('stays when one after it fails; only what comes after that one is not run', async () => {
    world.actions.on('notify.bad', { run: () => FAILED })
    world.policy.publish(
      once(act('a', 'contain.a'), act('b', 'notify.bad'), act('c', 'contain.c'), act('d', 'notify.d')),
    )
    const chain = await world.alert()
    expect(world.states(chain.id)).toEqual([
      ['a', 'waiting'],
      ['b', 'failed'],
      ['c', 'superseded'],
      ['d', 'superseded'],
    ])
    expect(world.chain(chain.id).state).toBe('waiting')
    await world.approve(world.actionsOf(chain.id)[0]?.id ?? '')
    expect([world.chain(chain.id).state, calls()]).toEqual(['failed', ['notify.bad', 'contain.a']])
  })

  it('comes, once approved, after those that ran before it: `called` is in the order of settling', async () => {
    world.policy.publish(once(act('a', 'contain.a'), act('b', 'notify.b'), act('c', 'notify.c')))
    const chain = await world.alert()
    await world.approve(world.actionsOf(chain.id)[0]?.id ?? '')
    const called = world.policy.inputs.at(-1)?.['called'] as JsonObject[]
    expect(called.map(({ id }) => id)).toEqual(['b', 'c', 'a'])
  })

  it('is the last of those that its exit sees', async () => {
    world.policy.publish(once(act('a', 'contain.a'), act('b', 'notify.b'), act('c', 'contain.c')), 'exit')
    const chain = await world.alert()
    const [first, , third] = world.actionsOf(chain.id)
    await world.approve(third?.id ?? '')
    await world.approve(first?.id ?? '')
    const ofExit = world.policy.inputs.filter((input) => 'action' in input)
    const seen = ofExit.map(({ called }) => (called as JsonObject[]).map(({ id }) => id))
    expect(seen).toEqual([['b'], ['b', 'c'], ['b', 'c', 'a']])
  })
})

describe('an exit that fails', () => {
  it('lets nothing after its action run, in this round or another one', async () => {
    world.policy.publish((input) => {
      if ('action' in input) throw new Error('two values')
      return { run: [act('a', 'notify.a'), act('b', 'notify.b'), act('c', 'contain.c')] }
    }, 'exit')
    const chain = await world.alert()
    expect([world.chain(chain.id).state, calls()]).toEqual(['aborted', ['notify.a']])
    expect(world.states(chain.id)).toEqual([
      ['a', 'succeeded'],
      ['b', 'superseded'],
      ['c', 'superseded'],
    ])
  })
})

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { IS_DECISION } from '../../store/act-kinds.ts'
import type { JsonObject, JsonValue } from '../../../../shared/model/json.ts'
import { openChainWorld, type Behaviour, type ChainWorld } from '../../../../tests/fakes/chain-world.ts'
import type { RunOutcome } from '../../actions/action-port.ts'

let world: ChainWorld
beforeEach(async () => void (world = await openChainWorld()))
afterEach(() => world.close())

const act = (id: string, uses: string, more: JsonObject = {}): JsonObject => ({ id, uses, args: {}, ...more })
const once =
  (...run: JsonObject[]) =>
  (input: JsonObject): JsonValue => ({ run: input['seq'] === 0 ? run : [] })
const TIMED_OUT: RunOutcome = { outcome: 'unknown', error: { code: 'net_timeout', message: 'no answer' } }

async function waiting(...run: JsonObject[]): Promise<{ chainId: string; actionId: string }> {
  world.policy.publish(once(...run))
  const chain = await world.alert()
  const action = world.actionsOf(chain.id).find(({ state }) => state === 'waiting')
  if (!action) throw new Error('Nothing waits')
  return { chainId: chain.id, actionId: action.id }
}

const stateOf = (actionId: string): string => world.chains.action(actionId).state
/** What was decided about chains and actions. */
const acts = (): unknown[] =>
  (
    world.store.db
      .prepare(`SELECT kind FROM act WHERE ${IS_DECISION} AND subject_kind <> 'alert' ORDER BY seq`)
      .all() as { kind: string }[]
  ).map(({ kind }) => kind)

describe('approval', () => {
  it('runs nothing before it is approved, and passes over what waits', async () => {
    const { chainId, actionId } = await waiting(act('c', 'contain.c'), act('o', 'observe.o'))
    expect(world.actions.calls.map(({ uses }) => uses)).toEqual(['observe.o'])
    expect(world.chain(chainId).state).toBe('waiting')
    expect(await world.approve(actionId)).toBe('approved')
    expect(world.actions.calls.map(({ uses }) => uses)).toEqual(['observe.o', 'contain.c'])
    expect(world.chain(chainId).state).toBe('completed')
  })

  it('is decided once, however many windows answer', async () => {
    const { actionId } = await waiting(act('c', 'contain.c'))
    const { boundHash } = await world.service.card(actionId)
    const request = { actionId, boundHash, isStaleConfirmed: false, editedArgs: null, why: '' }
    await Promise.all([world.service.approve(request), world.service.approve(request)])
    await world.service.whenIdle()
    expect(world.actions.calls).toHaveLength(1)
    expect(world.approvals.attempts(actionId)).toHaveLength(1)
    expect(acts()).toEqual(['approval.approve'])
    expect(await world.service.approve(request)).toEqual({ state: 'succeeded', isYours: false })
  })

  it('is decided once when one window approves and another rejects: the first commit stands', async () => {
    const { actionId } = await waiting(act('c', 'contain.c'))
    const { boundHash } = await world.service.card(actionId)
    const approve = { actionId, boundHash, isStaleConfirmed: false, editedArgs: null, why: '' }
    const answers = await Promise.all([world.service.approve(approve), world.reject(actionId, 'no')])
    await world.service.whenIdle()
    expect(acts()).toHaveLength(1)
    // Each window is told whether it was the one.
    expect(answers.filter(({ isYours }) => isYours)).toHaveLength(1)
    expect(world.actions.calls).toHaveLength(acts()[0] === 'approval.approve' ? 1 : 0)
  })

  it('refuses a card that is out of date [S23]', async () => {
    const { actionId } = await waiting(act('c', 'contain.c'))
    const request = { actionId, boundHash: 'f'.repeat(64), isStaleConfirmed: false, editedArgs: null, why: '' }
    await expect(world.service.approve(request)).rejects.toMatchObject({ code: 'changed' })
    const { boundHash } = request
    await expect(world.service.reject({ actionId, boundHash, reason: 'no' })).rejects.toMatchObject({ code: 'changed' })
    expect(world.chains.action(actionId).state).toBe('waiting')
    expect(acts()).toEqual([])
    expect(world.actions.calls).toEqual([])
  })

  it('refuses to reject a card that became stale after it was looked at, until it is looked at again [S23]', async () => {
    const { actionId } = await waiting(act('c', 'contain.c'))
    const { boundHash } = await world.service.card(actionId)
    world.policy.publish(() => ({ run: [] }))
    const { boundHash: anew } = await world.service.card(actionId)
    const reject = (seen: string): Promise<unknown> => world.service.reject({ actionId, boundHash: seen, reason: 'no' })
    await expect(reject(boundHash)).rejects.toMatchObject({ code: 'changed' })
    expect(await reject(anew)).toEqual({ state: 'rejected', isYours: true })
  })

  it('after a rejection posts no message, and the policy sees it in declined', async () => {
    world.policy.publish((input) => {
      const called = (input['called'] ?? []) as JsonObject[]
      return {
        run: [act('q', 'contain.q'), ...called.filter(({ id }) => id === 'q').map(() => act('post', 'notify.post'))],
      }
    })
    const chain = await world.alert()
    const [action] = world.actionsOf(chain.id)
    await world.reject(action?.id ?? '', 'known file')
    await world.service.whenIdle()
    expect(world.actions.calls).toEqual([])
    expect(world.chain(chain.id).state).toBe('completed')
    expect(world.policy.inputs.at(-1)).toMatchObject({
      called: null,
      declined: [{ id: 'q', status: 'rejected', reason: 'known file' }],
    })
  })

  it('does not propose the same call again under another id after it was declined', async () => {
    world.policy.publish((input) => ({ run: Number(input['seq']) < 3 ? [{ uses: 'contain.q', args: { a: 1 } }] : [] }))
    const chain = await world.alert()
    await world.reject(world.actionsOf(chain.id)[0]?.id ?? '', 'no')
    await world.service.whenIdle()
    expect(world.actionsOf(chain.id)).toHaveLength(1)
  })

  it.each([
    ['chatgpt.comment_alert', 'chatgpt.query'],
    ['github.create_comment', 'github.add_comment'],
  ])('does not propose %s again as %s after it was declined', async (first, then) => {
    const plain = world.actions.describe.bind(world.actions)
    world.actions.describe = (_uses, args) => plain('contain.either', args)
    world.policy.publish((input) => ({ run: [{ uses: input['seq'] === 0 ? first : then, args: { a: 1 } }] }))
    const chain = await world.alert()
    await world.reject(world.actionsOf(chain.id)[0]?.id ?? '', 'no')
    await world.service.whenIdle()
    expect(world.actionsOf(chain.id).map(({ uses }) => uses)).toEqual([first])
  })

  it('expires, never approves, and tells the policy', async () => {
    const { chainId, actionId } = await waiting(
      act('c', 'contain.c', { approval: { required: true, expires_in: '1h' } }),
    )
    world.store.clock.advance(3_600_001)
    await expect.poll(() => stateOf(actionId)).toBe('expired')
    await world.service.whenIdle()
    expect([world.chain(chainId).state, world.actions.calls.length]).toEqual(['completed', 0])
    expect(acts()).toEqual(['approval.expire'])
  })

  it('does not run what was approved in time but could not run before its time was up', async () => {
    const { chainId, actionId } = await waiting(
      act('c', 'contain.c', { approval: { required: true, expires_in: '1h' } }),
    )
    world.setMode('off')
    await world.approve(actionId)
    world.store.clock.advance(3_600_001)
    world.setMode('policy')
    await world.service.releaseHeld('run')
    await world.service.whenIdle()
    expect([stateOf(actionId), world.chain(chainId).state, world.actions.calls.length]).toEqual([
      'expired',
      'completed',
      0,
    ])
  })

  it('keeps both versions of edited arguments and runs the edited ones', async () => {
    const { actionId } = await waiting(act('c', 'contain.c', { args: { path: '/a' } }))
    await world.approve(actionId, { editedArgs: { path: '/b' } })
    expect(world.actions.calls).toMatchObject([{ args: { path: '/b' } }])
    expect(world.chains.action(actionId).args).toEqual({ path: '/a' })
    expect(world.approvals.ofAction(actionId)?.editedArgs).toEqual({ path: '/b' })
  })

  it('refuses edits of locked arguments, invalid ones, and where the policy forbids them', async () => {
    const { actionId } = await waiting(act('c', 'contain.c', { args: { locked: 1 } }))
    await expect(world.approve(actionId, { editedArgs: { locked: 2 } })).rejects.toMatchObject({ code: 'not_editable' })
    await expect(world.approve(actionId, { editedArgs: { locked: 1, bad: 1 } })).rejects.toMatchObject({
      code: 'invalid_args',
    })
    const fixed = await waiting(act('c', 'contain.c', { approval: { editable: false } }))
    await expect(world.approve(fixed.actionId, { editedArgs: {} })).rejects.toMatchObject({ code: 'not_editable' })
  })
})

describe('stale', () => {
  it('is stale when the live policy no longer proposes it; approve anyway runs it once', async () => {
    const { actionId } = await waiting(act('c', 'contain.c'))
    world.policy.publish(() => ({ run: [] }))
    await expect(world.approve(actionId)).rejects.toMatchObject({
      code: 'stale',
      details: [{ what: 'policy', after: 'no longer proposes it' }],
    })
    expect((await world.service.card(actionId)).stale).toHaveLength(1)
    expect(await world.approve(actionId, { isStaleConfirmed: true })).toBe('approved')
    expect(world.actions.calls).toHaveLength(1)
  })

  it('is not stale when a new version still proposes the same', async () => {
    const { actionId } = await waiting(act('c', 'contain.c'))
    world.policy.publish(once(act('other', 'observe.o'), act('c', 'contain.c')))
    expect(await world.approve(actionId)).toBe('approved')
    expect(stateOf(actionId)).toBe('succeeded')
  })

  it('is stale when the plan differs, and names the difference', async () => {
    let hash = 'old'
    world.actions.on('contain.c', { plan: () => ({ rows: [], bound: { sha256: hash } }) })
    const { actionId } = await waiting(act('c', 'contain.c'))
    hash = 'new'
    await expect(world.approve(actionId)).rejects.toMatchObject({
      code: 'stale',
      details: [{ what: 'plan.sha256', before: 'old', after: 'new' }],
    })
    await world.approve(actionId, { isStaleConfirmed: true })
    expect(stateOf(actionId)).toBe('succeeded')
  })

  it('asks anew when it changed between the approval and its execution', async () => {
    let hash = 'old'
    world.actions.on('contain.c', { plan: () => ({ rows: [], bound: { sha256: hash } }) })
    const { actionId } = await waiting(act('c', 'contain.c'))
    world.setMode('off')
    await world.approve(actionId)
    expect(stateOf(actionId)).toBe('approved')
    hash = 'new'
    world.setMode('policy')
    await world.service.releaseHeld('run')
    await world.service.whenIdle()
    expect([stateOf(actionId), world.actions.calls.length]).toEqual(['waiting', 0])
    expect((await world.service.card(actionId)).stale).toMatchObject([{ what: 'plan.sha256' }])
  })

  it('is not stale because of what its own round committed', async () => {
    world.policy.publish((input) => {
      const attrs = ((input['alert'] as JsonObject)['attrs'] ?? []) as JsonObject[]
      if (input['seq'] !== 0 || attrs.some(({ key }) => key === 'done')) return { run: [] }
      return {
        run: [
          act('a', 'observe.a', { commit: [{ id: 'd', key: 'done', value: true, persist: true }] }),
          act('c', 'contain.c'),
        ],
      }
    })
    const chain = await world.alert({ namespace: 'n' })
    expect(await world.approve(world.actionsOf(chain.id)[1]?.id ?? '')).toBe('approved')
    expect(world.chain(chain.id).state).toBe('completed')
  })
})

describe('unknown outcomes', () => {
  async function unknown(): Promise<string> {
    const { actionId } = await waiting(act('c', 'contain.c', { commit: [{ key: 'k', value: 'v' }] }))
    world.actions.on('contain.c', { run: () => TIMED_OUT })
    await world.approve(actionId)
    expect([stateOf(actionId), world.chain(world.chains.action(actionId).chainId).state]).toEqual([
      'unknown',
      'waiting',
    ])
    return actionId
  }

  it.each([
    ['done', 'succeeded', 'completed', 1],
    ['not_done', 'failed', 'failed', 1],
    ['again', 'succeeded', 'completed', 2],
  ] as const)('%s → %s', async (answer, state, chainState, calls) => {
    const actionId = await unknown()
    world.actions.on('contain.c', {})
    await world.service.settleUnknown({ actionId, answer, reason: 'looked' })
    await world.service.whenIdle()
    const { chainId } = world.chains.action(actionId)
    expect([stateOf(actionId), world.chain(chainId).state, world.actions.calls.length]).toEqual([
      state,
      chainState,
      calls,
    ])
    expect(new Set(world.actions.calls.map(({ key }) => key)).size).toBe(1)
    expect(acts().at(-1)).toBe(`attempt.${answer}`)
  })
})

describe('stop, re-run and undo', () => {
  it('stops: aborts what runs, supersedes the rest, keeps the outcome', async () => {
    const started = Promise.withResolvers<undefined>()
    world.actions.on('observe.slow', {
      run: (_intent, signal) =>
        new Promise((resolve) => {
          started.resolve(undefined)
          signal.addEventListener('abort', () =>
            resolve({ outcome: 'failed', error: { code: 'aborted', message: 'stopped' } }),
          )
        }),
    })
    world.policy.publish(once(act('w', 'contain.w'), act('s', 'observe.slow'), act('z', 'observe.z')))
    const running = world.alert()
    await started.promise
    const [chain] = world.chains.openChains()
    await world.service.stopChain(chain?.id ?? '', 'enough')
    await running
    expect(world.states(chain?.id ?? '')).toEqual([
      ['w', 'superseded'],
      ['s', 'failed'],
      ['z', 'superseded'],
    ])
    expect(world.chain(chain?.id ?? '').state).toBe('cancelled')
  })

  it('re-runs everything as a new run that leaves the first alone, after the effects are confirmed', async () => {
    world.policy.publish(once(act('n', 'notify.n'), act('o', 'observe.o')))
    const chain = await world.alert()
    const request = { id: chain.id, what: 'everything', policy: 'same', isConfirmed: false } as const
    expect(world.service.rerunPreview(request)).toMatchObject({ effects: [{ title: 'Do notify.n' }], refusal: null })
    await expect(world.service.rerun(request)).rejects.toMatchObject({ code: 'confirm_effects' })
    const { chainId } = await world.service.rerun({ ...request, isConfirmed: true })
    await world.service.whenIdle()
    expect([world.chain(chainId).runNo, world.chain(chainId).state, world.actions.calls.length]).toEqual([
      2,
      'completed',
      4,
    ])
    expect(new Set(world.actions.calls.map(({ key }) => key)).size).toBe(4)
    expect(world.chain(chain.id).state).toBe('completed')
  })

  it('re-runs failed only: what succeeded is taken over with its recorded result', async () => {
    world.actions.on('observe.bad', { run: () => ({ outcome: 'failed', error: { code: 'http_500', message: 'no' } }) })
    world.policy.publish(once(act('n', 'notify.n', { commit: [{ key: 'k', path: 'done' }] }), act('b', 'observe.bad')))
    const chain = await world.alert()
    world.actions.on('observe.bad', {})
    const { chainId } = await world.service.rerun({ id: chain.id, what: 'failed', policy: 'same', isConfirmed: false })
    await world.service.whenIdle()
    expect(world.states(chainId)).toEqual([
      ['n', 'succeeded'],
      ['b', 'succeeded'],
    ])
    expect(world.actions.calls.map(({ uses }) => uses)).toEqual(['notify.n', 'observe.bad', 'observe.bad'])
    expect(world.chain(chainId).attrs).toMatchObject([{ key: 'k', value: 'notify.n' }])
  })

  it('re-runs with the current version when asked', async () => {
    world.policy.publish(once(act('o', 'observe.old')))
    const chain = await world.alert()
    const id = world.policy.publish(once(act('o', 'observe.new')))
    await world.store.writer.commit('policy', (tx) =>
      world.store.policies.insert(tx, {
        id,
        sources: [],
        dataFiles: [],
        compiled: null,
        compiledMeta: {},
        compilerHash: '',
        origin: 'workspace',
        testSummary: null,
      }),
    )
    await world.service.rerun({ id: chain.id, what: 'everything', policy: 'current', isConfirmed: false })
    await world.service.whenIdle()
    expect(world.actions.calls.map(({ uses }) => uses)).toEqual(['observe.old', 'observe.new'])
  })

  it('undoes a containment as an approved action of its own', async () => {
    world.actions.on('contain.c', { inverse: 'contain.undo' })
    const { actionId } = await waiting(act('c', 'contain.c', { args: { path: '/a' } }))
    await world.approve(actionId)
    const [attempt] = world.approvals.attempts(actionId)
    const active = (): unknown[] => world.store.db.prepare('SELECT id FROM active_containment').all()
    expect(active()).toHaveLength(1)
    const undo = await world.service.undo(attempt?.id ?? '')
    expect(await world.service.undo(attempt?.id ?? '')).toEqual(undo)
    expect([stateOf(undo.actionId), world.chain(undo.chainId).trigger]).toEqual(['waiting', 'undo'])
    await world.approve(undo.actionId)
    expect(world.actions.calls.map(({ uses, args }) => [uses, args])).toEqual([
      ['contain.c', { path: '/a' }],
      ['contain.undo', { path: '/a' }],
    ])
    expect(active()).toEqual([])
    expect(world.chain(undo.chainId).state).toBe('completed')
    await expect(world.service.undo(attempt?.id ?? '')).rejects.toMatchObject({ code: 'already_undone' })
  })
})

describe('restart', () => {
  /** An attempt whose intent is committed and whose outcome never came, as a crash leaves it. */
  async function crashed(uses: string): Promise<string> {
    const { actionId } = await waiting(act('c', uses, { approval: true }))
    const hung = Promise.withResolvers<undefined>()
    world.actions.on(uses, { run: () => (hung.resolve(undefined), new Promise<RunOutcome>(() => undefined)) })
    void world.approve(actionId)
    await hung.promise
    return actionId
  }

  it.each<[string, Behaviour, string, number]>([
    ['neither', {}, 'unknown', 1],
    ['idempotent', { isIdempotent: true }, 'succeeded', 2],
    ['probed: done', { probe: () => ({ state: 'done', result: 1 }) }, 'succeeded', 1],
    ['probed: not done', { probe: () => ({ state: 'not_done' }) }, 'succeeded', 2],
    ['probed: cannot tell', { probe: () => ({ state: 'unknown', message: '?' }) }, 'unknown', 1],
  ])('an intent without an outcome, %s → %s', async (_name, behaviour, state, calls) => {
    const actionId = await crashed('contain.c')
    world.actions.on('contain.c', behaviour)
    await world.crash()
    expect([stateOf(actionId), world.actions.calls.length]).toEqual([state, calls])
    expect(new Set(world.actions.calls.map(({ key }) => key)).size).toBe(1)
  })
})

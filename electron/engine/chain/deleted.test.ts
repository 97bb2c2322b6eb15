import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { JsonObject } from '../../../shared/model/json.ts'
import { openChainWorld, type ChainWorld } from '../../../tests/fakes/chain-world.ts'
import { justBefore } from '../../../tests/fakes/just-before.ts'
import type { ChainRecord } from './records/records.ts'

const LONG_MS = 100 * 86_400_000
const ROUND_0 = 0

let world: ChainWorld
beforeEach(async () => void (world = await openChainWorld()))
afterEach(() => world.close())

const act = (id: string, uses: string, more: JsonObject = {}): JsonObject => ({ id, uses, args: {}, ...more })
const calls = (): string[] => world.actions.calls.map(({ uses }) => uses)
const chains = (): number => world.chains.chainsOf(subject).length
const request = { policy: 'same', isConfirmed: true } as const
let subject = ''

/** A chain that has ended, and that retention has looked at. */
async function old(): Promise<ChainRecord> {
  const chain = await world.alert()
  subject = chain.subjectId
  world.store.clock.advance(LONG_MS)
  await world.store.upkeep.run()
  return world.chain(chain.id)
}

/** Age takes bodies and results together; a test may want one of them back. */
function putBodyBack(): void {
  world.store.db.exec(`INSERT INTO event_body SELECT seq, 'identity', CAST('{}' AS BLOB) FROM event`)
}

/** Proposes a call for what has no event: an absent one must not pass for one that says nothing. */
function publishTrusting(): void {
  world.policy.publish((input) => {
    const isTrusted = 'data' in (input['alert'] as JsonObject)
    return { run: input['seq'] === ROUND_0 && !isTrusted ? [act('post', 'notify.post')] : [] }
  })
}

describe('an event that age has deleted', () => {
  it('[S22] is not evaluated again, and what could still be done is said', async () => {
    publishTrusting()
    const chain = await old()
    expect([chain.state, calls()]).toEqual(['completed', []])
    for (const what of ['everything', 'failed'] as const) {
      const { refusal, effects } = world.service.rerunPreview({ id: chain.id, what })
      expect(refusal).toMatchObject({ code: 'body_deleted', message: expect.stringContaining('undone') as string })
      expect(effects).toEqual([])
      await expect(world.service.rerun({ id: chain.id, what, ...request })).rejects.toMatchObject({
        code: 'body_deleted',
      })
    }
    expect([calls(), chains(), world.policy.inputs.length]).toEqual([[], 1, 1])
  })

  it('[S22] is looked for again in the transaction of the re-run', async () => {
    publishTrusting()
    const chain = await world.alert()
    subject = chain.subjectId
    justBefore(world.store.writer, 'chain-rerun', () => world.store.db.exec('DELETE FROM event_body'))
    await expect(world.service.rerun({ id: chain.id, what: 'everything', ...request })).rejects.toMatchObject({
      code: 'body_deleted',
    })
    expect([chains(), calls()]).toEqual([1, []])
  })

  it('[S22] ends a chain that was begun on it before anything runs', async () => {
    publishTrusting()
    const chain = await world.alert()
    world.setMode('off')
    const { chainId } = await world.service.rerun({ id: chain.id, what: 'everything', ...request })
    world.store.db.exec('DELETE FROM event_body')
    world.setMode('policy')
    await world.service.releaseHeld('run')
    await world.service.whenIdle()
    expect(world.chain(chainId).state).toBe('failed')
    expect(calls()).toEqual([])
    const problem = world.store.db.prepare('SELECT code FROM problem').pluck().all()
    expect(problem).toEqual(['body_deleted'])
  })

  it('does not let what waits be approved, only rejected', async () => {
    world.policy.publish((input) => ({ run: input['seq'] === ROUND_0 ? [act('c', 'contain.c')] : [] }))
    const chain = await world.alert()
    const [action] = world.actionsOf(chain.id)
    world.store.db.exec('DELETE FROM event_body')
    world.policy.publish(() => ({ run: [] }))
    await expect(world.approve(action?.id ?? '')).rejects.toMatchObject({ code: 'body_deleted' })
    await expect(world.service.explain(action?.id ?? '')).rejects.toMatchObject({ code: 'body_deleted' })
    const { boundHash } = await world.service.card(action?.id ?? '')
    expect(await world.service.reject({ actionId: action?.id ?? '', boundHash, reason: 'gone' })).toMatchObject({
      state: 'rejected',
    })
    expect(calls()).toEqual([])
  })
})

describe('a result that age has deleted', () => {
  it('[S22] is not replaced by a commit’s own value: the failed ones alone are not run', async () => {
    world.actions.on('observe.bad', { run: () => ({ outcome: 'failed', error: { code: 'http_500', message: 'no' } }) })
    world.policy.publish((input) => ({
      run:
        input['seq'] === ROUND_0
          ? [act('a', 'observe.a', { commit: [{ key: 'k', path: 'done', value: 'default' }] }), act('b', 'observe.bad')]
          : [],
    }))
    const chain = await old()
    putBodyBack()
    expect(world.service.rerunPreview({ id: chain.id, what: 'failed' }).refusal).toMatchObject({
      code: 'result_deleted',
      message: expect.stringContaining('everything') as string,
    })
    const [, second] = world.actionsOf(chain.id)
    for (const scope of [{ what: 'failed' }, { what: 'step', fromActionId: second?.id ?? '' }] as const)
      await expect(world.service.rerun({ id: chain.id, ...scope, ...request })).rejects.toMatchObject({
        code: 'result_deleted',
      })
    expect([calls(), chains()]).toEqual([['observe.a', 'observe.bad'], 1])
    const again = await world.service.rerun({ id: chain.id, what: 'everything', ...request })
    await world.service.whenIdle()
    expect(world.chain(again.chainId).attrs).toMatchObject([{ key: 'k', value: 'observe.a' }])
  })

  it('is not what an undo is made of', async () => {
    world.actions.on('contain.c', { inverse: 'contain.undo' })
    world.policy.publish((input) => ({
      run: input['seq'] === ROUND_0 ? [act('c', 'contain.c', { approval: false })] : [],
    }))
    const chain = await world.alert()
    const [attempt] = world.approvals.attempts(world.actionsOf(chain.id)[0]?.id ?? '')
    world.store.db.exec('UPDATE attempt SET result = NULL')
    await expect(world.service.undo(attempt?.id ?? '')).rejects.toMatchObject({ code: 'result_deleted' })
    expect(world.chains.openChains()).toEqual([])
  })

  it('is kept while a later run of its alert is open', async () => {
    world.actions.on('observe.bad', { run: () => ({ outcome: 'failed', error: { code: 'http_500', message: 'no' } }) })
    world.policy.publish((input) => ({
      run: input['seq'] === ROUND_0 ? [act('a', 'observe.a'), act('b', 'observe.bad')] : [],
    }))
    const chain = await world.alert()
    world.setMode('off')
    const again = await world.service.rerun({ id: chain.id, what: 'failed', ...request })
    await world.service.whenIdle()
    world.store.clock.advance(LONG_MS)
    await world.store.upkeep.run()
    world.actions.on('observe.bad', {})
    world.setMode('policy')
    await world.service.releaseHeld('run')
    await world.service.whenIdle()
    expect(world.chain(again.chainId).state).toBe('completed')
    expect(calls()).toEqual(['observe.a', 'observe.bad', 'observe.bad'])
  })
})

describe('no live policy', () => {
  it('[S22] is no agreement: what waits is stale', async () => {
    const id = world.policy.publish((input) => ({ run: input['seq'] === ROUND_0 ? [act('c', 'contain.c')] : [] }))
    const chain = await world.alert()
    const [action] = world.actionsOf(chain.id)
    world.policy.live = () => null
    await expect(world.approve(action?.id ?? '')).rejects.toMatchObject({
      code: 'stale',
      details: [{ what: 'policy', before: 'proposes it', after: 'cannot be asked: no policy is live' }],
    })
    expect(calls()).toEqual([])
    expect(await world.approve(action?.id ?? '', { isStaleConfirmed: true })).toBe('approved')
    await world.service.whenIdle()
    expect([id, calls()]).toEqual(['policy-1', ['contain.c']])
  })
})

describe('from a step', () => {
  it('takes over what ran before it and runs the rest anew', async () => {
    world.policy.publish((input) => ({
      run:
        input['seq'] === ROUND_0
          ? [act('a', 'notify.a'), act('b', 'notify.b')]
          : input['seq'] === 1
            ? [act('c', 'notify.c')]
            : [],
    }))
    const chain = await world.alert()
    const [, second] = world.actionsOf(chain.id)
    const scope = { id: chain.id, what: 'step', fromActionId: second?.id ?? '' } as const
    expect(world.service.rerunPreview(scope).effects.map(({ title }) => title)).toEqual(['Do notify.b', 'Do notify.c'])
    await expect(world.service.rerun({ ...scope, ...request, isConfirmed: false })).rejects.toMatchObject({
      code: 'confirm_effects',
    })
    const { chainId } = await world.service.rerun({ ...scope, ...request })
    await world.service.whenIdle()
    expect(world.chain(chainId)).toMatchObject({ rerunWhat: 'step', rerunFrom: second?.id, state: 'completed' })
    expect(calls()).toEqual(['notify.a', 'notify.b', 'notify.c', 'notify.b', 'notify.c'])
  })

  it('of another run is refused', async () => {
    world.policy.publish((input) => ({ run: input['seq'] === ROUND_0 ? [act('a', 'observe.a')] : [] }))
    const [one, two] = [await world.alert(), await world.alert()]
    const fromActionId = world.actionsOf(two.id)[0]?.id ?? ''
    for (const wrong of [{ fromActionId }, {}])
      await expect(world.service.rerun({ id: one.id, what: 'step', ...wrong, ...request })).rejects.toMatchObject({
        code: 'step_missing',
      })
  })
})

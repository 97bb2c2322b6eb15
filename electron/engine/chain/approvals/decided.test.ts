import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { JsonObject, JsonValue } from '../../../../shared/model/json.ts'
import type { ActionView, ActView } from '../../../../shared/model/views.ts'
import { openChainWorld, type ChainWorld } from '../../../../tests/fakes/chain-world.ts'
import type { RunOutcome } from '../../actions/action-port.ts'

let world: ChainWorld
beforeEach(async () => void (world = await openChainWorld()))
afterEach(() => world.close())

const act = (id: string, uses: string, more: JsonObject = {}): JsonObject => ({ id, uses, args: {}, ...more })
const once =
  (...run: JsonObject[]) =>
  (input: JsonObject): JsonValue => ({ run: input['seq'] === 0 ? run : [] })
const UNKNOWN: RunOutcome = { outcome: 'unknown', error: { code: 'net_reset', message: 'The connection broke' } }
const FAILED: RunOutcome = { outcome: 'failed', error: { code: 'http_status', message: 'HTTP 503' } }

const viewOf = (chainId: string) => world.store.reader.query('chains.get', { id: chainId })
const shownOf = async (chainId: string): Promise<ActionView[]> =>
  (await viewOf(chainId)).rounds.flatMap((r) => r.actions)
const said = (acts: readonly ActView[] = []): unknown[] =>
  acts.map(({ by, kind, reason, at }) => [by, kind, reason, typeof at])
const news = (): string[] => {
  const texts: string[] = []
  world.bus.on((topic, payload) => topic === 'news' && 'text' in payload && texts.push(payload.text))
  return texts
}

async function waiting(...run: JsonObject[]): Promise<{ chainId: string; actionId: string }> {
  world.policy.publish(once(...run))
  const chain = await world.alert()
  const action = world.actionsOf(chain.id).find(({ state }) => state === 'waiting' || state === 'unknown')
  return { chainId: chain.id, actionId: action?.id ?? '' }
}

describe('the name that a policy gives', () => {
  it('stands before what the action itself says, on the card, in the queue and in the news', async () => {
    const texts = news()
    const { chainId, actionId } = await waiting(act('c', 'contain.c', { name: 'Isolate web-3' }))
    const named = { name: 'Isolate web-3', title: 'Do contain.c' }
    expect(await world.service.card(actionId)).toMatchObject({ ...named, target: 'contain.c' })
    expect((await world.store.reader.query('approvals.list', {})).rows).toMatchObject([named])
    expect(await shownOf(chainId)).toMatchObject([named])
    await world.approve(actionId)
    expect((await world.store.reader.query('containments.list', {})).rows).toMatchObject([named])
    expect(texts).toEqual([
      'Waiting for you: Isolate web-3 (Do contain.c)',
      'Approved: Isolate web-3 (Do contain.c)',
      'Succeeded: Isolate web-3 (Do contain.c)',
    ])
  })

  it('is no title of its own: without facts the action is what the policy asks for', async () => {
    world.policy.publish(
      once(
        act('a', '', { name: 'Quarantine everything' }),
        { id: 'b', name: 'Harmless', uses: '', args: {}, abort: true },
        act('c', 'no.such', { name: 'Look something up' }),
      ),
    )
    const chain = await world.alert()
    expect((await shownOf(chain.id)).map(({ title }) => title)).toEqual([
      'Commit attributes',
      'End the chain',
      'no.such',
    ])
  })
})

describe('what people decided', () => {
  it('is on the chain with who, when and why: an approval with old and new arguments', async () => {
    const { chainId, actionId } = await waiting(act('c', 'contain.c', { args: { host: 'web-3', for: '4h' } }))
    const { boundHash } = await world.service.planEdited(actionId, { host: 'web-4' })
    const edit = { actionId, boundHash, isStaleConfirmed: false, editedArgs: { host: 'web-4' }, why: 'the wrong one' }
    await world.service.approve(edit)
    await world.service.whenIdle()
    const [action] = await shownOf(chainId)
    expect(said(action?.acts)).toEqual([['analyst', 'approval.approve', 'the wrong one', 'number']])
    expect(action?.acts[0]?.changes).toEqual([{ key: 'host', before: 'web-3', after: 'web-4' }])
  })

  it('a name that was given to other arguments than those that run is not shown', async () => {
    const { chainId, actionId } = await waiting(
      act('c', 'contain.c', { name: 'Isolate web-3', args: { host: 'web-3' } }),
    )
    await world.approve(actionId, { editedArgs: { host: 'web-4' } })
    expect(await shownOf(chainId)).toMatchObject([{ name: '', title: 'Do contain.c' }])
    expect((await world.store.reader.query('containments.list', {})).rows).toMatchObject([{ name: '' }])
  })

  it('an approval as it was asked for changes nothing', async () => {
    const { chainId, actionId } = await waiting(act('c', 'contain.c', { args: { host: 'web-3' } }))
    await world.approve(actionId)
    expect((await shownOf(chainId))[0]?.acts[0]?.changes).toEqual([])
  })

  it('a rejection has its reason, and the news says so', async () => {
    const texts = news()
    const { chainId, actionId } = await waiting(act('c', 'contain.c'))
    await world.reject(actionId, 'load test')
    expect(said((await shownOf(chainId))[0]?.acts)).toEqual([['analyst', 'approval.reject', 'load test', 'number']])
    expect(texts.at(-1)).toBe('Rejected: Do contain.c')
  })

  it.each(['done', 'not_done', 'again'] as const)(
    'the cause of an unknown outcome stays when it is %s',
    async (answer) => {
      world.actions.on('contain.c', { run: () => UNKNOWN })
      const { chainId, actionId } = await waiting(act('c', 'contain.c'))
      await world.approve(actionId)
      world.actions.on('contain.c', {})
      await world.service.settleUnknown({ actionId, answer, reason: 'I looked' })
      await world.service.whenIdle()
      const acts = (await shownOf(chainId))[0]?.acts ?? []
      expect(said(acts)[1]).toEqual(['analyst', `attempt.${answer}`, 'I looked', 'number'])
      expect(acts[1]?.cause).toEqual({ code: 'net_reset', message: 'The connection broke' })
    },
  )

  it('a stop and a re-run are acts of the chain', async () => {
    const { chainId } = await waiting(act('c', 'contain.c'))
    await world.service.stopChain(chainId, 'handled by phone')
    await world.service.whenIdle()
    await world.service.rerun({ id: chainId, what: 'everything', policy: 'same', isConfirmed: true })
    expect(said((await viewOf(chainId)).acts)).toEqual([
      ['analyst', 'chain.stop', 'handled by phone', 'number'],
      ['analyst', 'chain.rerun', '', 'number'],
    ])
  })
})

describe('what was not run says by what', () => {
  const whyOf = async (chainId: string, id: string): Promise<string | undefined> =>
    (await shownOf(chainId)).find(({ policyId }) => policyId === id)?.error?.message

  it('a failure before it: by its id, else by what it does', async () => {
    world.actions.on('observe.a', { run: () => FAILED })
    world.policy.publish(once(act('a', 'observe.a'), act('b', 'observe.b')))
    const chain = await world.alert()
    expect(await whyOf(chain.id, 'b')).toBe('Not run: a failed before it')
    world.policy.publish(once({ uses: 'observe.a', args: {} }, act('b', 'observe.b')))
    const unnamed = await world.alert()
    expect(await whyOf(unnamed.id, 'b')).toBe('Not run: Do observe.a failed before it')
  })

  it('the analyst who stopped the chain', async () => {
    const { chainId } = await waiting(act('c', 'contain.c'))
    await world.service.stopChain(chainId, 'handled by phone')
    expect(await whyOf(chainId, 'c')).toBe('Not run: the chain was stopped (handled by phone)')
  })

  it('a re-run that took its place', async () => {
    const { chainId } = await waiting(act('c', 'contain.c'))
    await world.service.rerun({ id: chainId, what: 'everything', policy: 'same', isConfirmed: true })
    expect(await whyOf(chainId, 'c')).toBe('Not run: the chain was run again before its turn')
  })

  it('an abort before it', async () => {
    world.policy.publish(once({ id: 'a', uses: '', args: {}, abort: true }, act('b', 'observe.b')))
    const chain = await world.alert()
    expect(await whyOf(chain.id, 'b')).toBe('Not run: a ended the chain before it')
  })

  it('an exit rule that failed', async () => {
    world.policy.publish(once(act('a', 'notify.a'), act('b', 'notify.b')), 'exit')
    world.actions.on('notify.a', {
      run: () => {
        vi.spyOn(world.policy, 'evaluate').mockRejectedValueOnce(new Error('no policy thread'))
        return { outcome: 'succeeded', result: null }
      },
    })
    const chain = await world.alert()
    expect(await whyOf(chain.id, 'b')).toBe('Not run: the exit rule after a failed')
  })
})

describe('earlier acts on the card', () => {
  it('are those on the same target, whatever was done to it; what was never run is none', async () => {
    const plain = world.actions.describe.bind(world.actions)
    vi.spyOn(world.actions, 'describe').mockImplementation((uses, args) => {
      const facts = plain(uses, args)
      return facts && { ...facts, target: 'edr.example.com', targetKey: JSON.stringify(args) }
    })
    const on = (id: string, host: string, uses = 'contain.isolate'): JsonObject => act(id, uses, { args: { host } })
    world.policy.publish(once(on('1', 'web-3', 'notify.release'), on('2', 'web-4', 'notify.isolate')))
    await world.alert()
    world.policy.publish(once(on('3', 'web-3', 'observe.look')))
    await world.alert()
    const stopped = await waiting(on('4', 'web-3'))
    await world.service.stopChain(stopped.chainId, 'not now')
    const rejected = await waiting(on('5', 'web-3'))
    await world.reject(rejected.actionId, 'no')
    const { actionId } = await waiting(on('6', 'web-3'))
    expect((await world.service.card(actionId)).history.map(({ title, state }) => [title, state])).toEqual([
      ['Do contain.isolate', 'rejected'],
      ['Do notify.release', 'succeeded'],
    ])
  })
})

describe('what is listed under Problems', () => {
  const listed = async (): Promise<unknown[]> =>
    (await world.store.reader.query('problems.list', {})).rows.map(({ code, message, chainId }) => [
      code,
      message,
      chainId,
    ])

  it('a chain that failed, until it is run again', async () => {
    world.actions.on('observe.a', { run: () => FAILED })
    world.policy.publish(once(act('a', 'observe.a')))
    const chain = await world.alert()
    expect(await listed()).toEqual([['chain_failed', 'a failed: HTTP 503', chain.id]])
    world.actions.on('observe.a', {})
    await world.service.rerun({ id: chain.id, what: 'everything', policy: 'same', isConfirmed: true })
    await world.service.whenIdle()
    expect(await listed()).toEqual([])
  })

  it('no failure that the policy forced', async () => {
    world.actions.on('observe.a', { run: () => FAILED })
    world.policy.publish(once(act('a', 'observe.a', { force: true })))
    expect((await world.alert()).state).toBe('completed')
    expect(await listed()).toEqual([])
  })

  it('an unknown outcome, until the analyst says what happened; the numbers of the frame say the same', async () => {
    world.actions.on('contain.c', { run: () => UNKNOWN })
    const { chainId, actionId } = await waiting(act('c', 'contain.c', { name: 'Isolate web-3' }), act('d', 'contain.d'))
    await world.approve(actionId)
    const message = 'Isolate web-3 (Do contain.c): The connection broke'
    expect(await listed()).toEqual([['outcome_unknown', message, chainId]])
    expect(await world.store.reader.query('desk.counts', {})).toMatchObject({ waiting: 2, unknown: 1, problems: 1 })
    await world.service.settleUnknown({ actionId, answer: 'done', reason: 'I looked' })
    expect(await listed()).toEqual([])
    expect(await world.store.reader.query('desk.counts', {})).toMatchObject({ waiting: 1, unknown: 0, problems: 0 })
  })

  it('a chain at the round limit, which shows no success in the inbox', async () => {
    world.policy.publish(() => ({ run: [{ uses: 'observe.a', args: {} }] }))
    const chain = await world.alert()
    expect(await listed()).toMatchObject([['round_limit', expect.stringContaining('32 rounds'), chain.id]])
    const filter = { triage: [], severities: [], sources: [], waitingOnly: false, text: '' }
    const { rows } = await world.store.reader.query('alerts.page', { filter, upToSeq: null, offset: 0, limit: 10 })
    expect(rows).toMatchObject([{ chainState: 'round_limit', actions: [{ state: 'succeeded', count: 32 }] }])
  })
})

it('counts every action of a chain, the worst first', async () => {
  const run = Array.from({ length: 60 }, (_none, no) => act(`w${no}`, 'contain.c', { args: { no } }))
  world.actions.on('observe.f', { run: () => FAILED })
  world.policy.publish(once(act('a', 'observe.a'), act('f', 'observe.f', { force: true }), ...run))
  await world.alert()
  const filter = { triage: [], severities: [], sources: [], waitingOnly: false, text: '' }
  const { rows } = await world.store.reader.query('alerts.page', { filter, upToSeq: null, offset: 0, limit: 10 })
  expect(rows[0]?.actions).toEqual([
    { state: 'failed', count: 1 },
    { state: 'waiting', count: 60 },
    { state: 'succeeded', count: 1 },
  ])
})

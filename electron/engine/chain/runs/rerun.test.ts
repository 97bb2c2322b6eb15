import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { JsonObject, JsonValue } from '../../../../shared/model/json.ts'
import { openChainWorld, type ChainWorld } from '../../../../tests/fakes/chain-world.ts'
import { justBefore } from '../../../../tests/fakes/just-before.ts'
import type { RunOutcome } from '../../actions/action-port.ts'

let world: ChainWorld
beforeEach(async () => void (world = await openChainWorld()))
afterEach(() => world.close())

const act = (id: string, uses: string, more: JsonObject = {}): JsonObject => ({ id, uses, args: {}, ...more })
const calls = (): string[] => world.actions.calls.map(({ uses }) => uses)
const attrsOf = (input: JsonObject): JsonObject[] => ((input['alert'] as JsonObject)['attrs'] ?? []) as JsonObject[]
const FAILED: RunOutcome = { outcome: 'failed', error: { code: 'http_500', message: 'no' } }

async function rerunFailed(id: string): Promise<string> {
  const { chainId } = await world.service.rerun({ id, what: 'failed', policy: 'same', isConfirmed: true })
  await world.service.whenIdle()
  return chainId
}

describe('failed only', () => {
  it('keeps the commits of a round in which everything is taken over', async () => {
    world.actions.on('observe.bad', { run: () => FAILED })
    world.policy.publish((input) => {
      if (input['seq'] === 0) return { run: [act('a', 'observe.a', { commit: [{ key: 'k', path: 'done' }] })] }
      if (input['seq'] !== 1) return { run: [] }
      return { run: attrsOf(input).map(({ value }) => act('b', 'observe.bad', { args: { value: value ?? null } })) }
    })
    const chain = await world.alert()
    expect(chain.state).toBe('failed')
    world.actions.on('observe.bad', {})
    const again = await rerunFailed(chain.id)
    expect(world.chain(again)).toMatchObject({ state: 'completed', attrs: [{ key: 'k', value: 'observe.a' }] })
    expect(calls()).toEqual(['observe.a', 'observe.bad', 'observe.bad'])
  })

  it('keeps what exit left behind', async () => {
    world.actions.on('observe.bad', { run: () => FAILED })
    world.policy.publish((input) => {
      if ('action' in input)
        return { exit: [{ attrs: [{ key: 'seen', value: (input['action'] as JsonObject)['id'] ?? null }] }] }
      return { run: input['seq'] === 0 ? [act('a', 'observe.a'), act('b', 'observe.bad')] : [] }
    }, 'exit')
    const chain = await world.alert()
    world.actions.on('observe.bad', {})
    const again = await rerunFailed(chain.id)
    expect(world.chain(again).attrs.map(({ value }) => value)).toEqual(['a', 'b'])
  })

  it('takes each recorded result over once: the same call that failed later runs again', async () => {
    let left = 2
    world.actions.on('observe.flaky', {
      run: () => (left-- > 0 ? { outcome: 'succeeded', result: { left } } : FAILED),
    })
    world.policy.publish((input) => ({ run: Number(input['seq']) < 3 ? [{ uses: 'observe.flaky', args: {} }] : [] }))
    const chain = await world.alert()
    expect([chain.state, calls().length]).toEqual(['failed', 3])
    left = 1
    const again = await rerunFailed(chain.id)
    expect([world.chain(again).state, calls().length]).toEqual(['completed', 4])
    const results = ((world.policy.inputs.at(-1)?.['called'] ?? []) as JsonObject[]).map(({ result }) => result)
    expect(results).toEqual([{ left: 1 }, { left: 0 }, { left: 0 }])
  })
})

describe('before a re-run', () => {
  const effects = (id: string, scope: { what: 'everything' | 'step'; fromActionId?: string }): string[] =>
    world.service.rerunPreview({ id, ...scope }).effects.map(({ title }) => title)

  it('lists every effect that there is or may be: also the one whose outcome nobody knows', async () => {
    world.actions.on('notify.lost', {
      run: () => ({ outcome: 'unknown', error: { code: 'net_timeout', message: 'no answer' } }),
    })
    world.actions.on('notify.bad', { run: () => FAILED })
    const bad = act('bad', 'notify.bad', { force: true })
    world.policy.publish((input) => ({
      run: input['seq'] === 0 ? [act('lost', 'notify.lost'), act('n', 'notify.n'), act('o', 'observe.o'), bad] : [],
    }))
    const chain = await world.alert()
    expect(effects(chain.id, { what: 'everything' })).toEqual(['Do notify.lost', 'Do notify.n'])
  })

  it('asks for a word when only an unknown outcome could be repeated', async () => {
    world.actions.on('notify.lost', {
      run: () => ({ outcome: 'unknown', error: { code: 'net_timeout', message: 'no answer' } }),
    })
    world.policy.publish((input) => ({ run: input['seq'] === 0 ? [act('lost', 'notify.lost')] : [] }))
    const chain = await world.alert()
    const request = { id: chain.id, what: 'everything', policy: 'same', isConfirmed: false } as const
    await expect(world.service.rerun(request)).rejects.toMatchObject({ code: 'confirm_effects' })
    expect(world.chain(chain.id).state).toBe('waiting')
  })

  it('does not list what is taken over', async () => {
    world.policy.publish((input) => ({
      run: input['seq'] === 0 ? [act('a', 'notify.a'), act('b', 'notify.b'), act('c', 'notify.c')] : [],
    }))
    const chain = await world.alert()
    const fromActionId = world.actionsOf(chain.id)[1]?.id ?? ''
    expect(effects(chain.id, { what: 'step', fromActionId })).toEqual(['Do notify.b', 'Do notify.c'])
  })
})

describe('ids that Tocsin gives', () => {
  it('are the same when the same thing happens again, so that arguments with one are taken over', async () => {
    world.actions.on('observe.bad', { run: () => FAILED })
    world.policy.publish((input): JsonValue => {
      const attrs = attrsOf(input)
      if (input['seq'] === 0)
        return {
          run: [
            {
              uses: 'observe.a',
              args: {},
              commit: [
                { key: 'k', value: 1 },
                { key: 'k', value: 2 },
              ],
            },
          ],
        }
      if (input['seq'] !== 1) return { run: [] }
      const ids = attrs.map(({ id }) => id ?? null)
      const [called] = input['called'] as JsonObject[]
      return {
        run: [act('b', 'observe.b', { args: { ids, called: called?.['id'] ?? null } }), act('c', 'observe.bad')],
      }
    })
    const chain = await world.alert()
    expect(chain.state).toBe('failed')
    world.actions.on('observe.bad', {})
    const again = await rerunFailed(chain.id)
    expect(world.chain(again).attrs).toEqual(chain.attrs)
    expect(new Set(chain.attrs.map(({ id }) => id)).size).toBe(2)
    expect(calls()).toEqual(['observe.a', 'observe.b', 'observe.bad', 'observe.bad'])
  })

  it('of another alert are other ones', async () => {
    world.policy.publish((input) => ({
      run: input['seq'] === 0 ? [{ uses: 'observe.a', args: {}, commit: [{ key: 'k', value: 1 }] }] : [],
    }))
    const [one, two] = [await world.alert(), await world.alert()]
    expect(one.attrs[0]?.id).not.toBe(two.attrs[0]?.id)
    expect(world.actionsOf(one.id)[0]?.policyId).not.toBe(world.actionsOf(two.id)[0]?.policyId)
  })
})

describe('committed values', () => {
  it('are found in the normal form of their type, with the action that committed them', async () => {
    world.policy.publish((input) => ({
      run:
        input['seq'] === 0
          ? [act('a', 'observe.a', { commit: [{ key: 'from', value: '::FFFF:10.0.0.1', type: 'ip' }] })]
          : [],
    }))
    const chain = await world.alert()
    const sql = 'SELECT subject_kind, subject_id, action_id, key FROM attribute_normal WHERE normal = ? AND form = ?'
    expect(world.store.db.prepare(sql).all('10.0.0.1', 'ip')).toEqual([
      {
        subject_kind: 'alert',
        subject_id: chain.subjectId,
        action_id: world.actionsOf(chain.id)[0]?.id,
        key: 'from',
      },
    ])
  })
})

describe('two at once', () => {
  it('re-runs once when two windows ask', async () => {
    world.policy.publish((input) => ({ run: input['seq'] === 0 ? [act('n', 'notify.n')] : [] }))
    const chain = await world.alert()
    const request = { id: chain.id, what: 'everything', policy: 'same', isConfirmed: true } as const
    const answers = await Promise.allSettled([world.service.rerun(request), world.service.rerun(request)])
    await world.service.whenIdle()
    expect(answers.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(calls()).toEqual(['notify.n', 'notify.n'])
  })

  it('does not re-run an older run while a later one is open', async () => {
    world.policy.publish((input) => ({ run: input['seq'] === 0 ? [act('c', 'contain.c')] : [] }))
    const first = await world.alert()
    const request = { what: 'everything', policy: 'same', isConfirmed: true } as const
    const second = await world.service.rerun({ id: first.id, ...request })
    await world.service.whenIdle()
    expect([world.chain(first.id).state, world.chain(second.chainId).state]).toEqual(['cancelled', 'waiting'])
    await expect(world.service.rerun({ id: first.id, ...request })).rejects.toMatchObject({ code: 'run_open' })
  })

  it('undoes once when two windows ask', async () => {
    world.actions.on('contain.c', { inverse: 'contain.undo' })
    world.policy.publish((input) => ({ run: input['seq'] === 0 ? [act('c', 'contain.c', { approval: false })] : [] }))
    const chain = await world.alert()
    const [attempt] = world.approvals.attempts(world.actionsOf(chain.id)[0]?.id ?? '')
    const [one, two] = await Promise.all([world.service.undo(attempt?.id ?? ''), world.service.undo(attempt?.id ?? '')])
    expect(one).toEqual(two)
    expect(world.chains.openChains()).toHaveLength(1)
  })
})

describe('the transaction of an undo looks again', () => {
  /** The attempt of a containment that is in force. */
  async function contained(): Promise<string> {
    world.actions.on('contain.c', { inverse: 'contain.undo' })
    world.policy.publish((input) => ({ run: input['seq'] === 0 ? [act('c', 'contain.c', { approval: false })] : [] }))
    const chain = await world.alert()
    return world.approvals.attempts(world.actionsOf(chain.id)[0]?.id ?? '')[0]?.id ?? ''
  }

  it('for one that another window began: that one is the answer', async () => {
    const attemptId = await contained()
    let other: unknown
    justBefore(world.store.writer, 'chain-rerun', async () => void (other = await world.service.undo(attemptId)))
    expect(await world.service.undo(attemptId)).toEqual(other)
    expect(world.chains.openChains()).toHaveLength(1)
  })

  it('for one that is done: nothing is undone twice', async () => {
    const attemptId = await contained()
    justBefore(world.store.writer, 'chain-rerun', async () => {
      const { actionId } = await world.service.undo(attemptId)
      await world.approve(actionId)
    })
    await expect(world.service.undo(attemptId)).rejects.toMatchObject({ code: 'already_undone' })
    expect([world.chains.openChains(), calls()]).toEqual([[], ['contain.c', 'contain.undo']])
  })
})

describe('what later rounds are told', () => {
  it('is the arguments that ran, not those that were proposed', async () => {
    world.policy.publish((input): JsonValue => {
      const called = (input['called'] ?? []) as JsonObject[]
      return {
        run: [
          act('c', 'contain.c', { args: { path: '/a' } }),
          ...called.filter(({ id }) => id === 'c').map(({ args }) => act('o', 'observe.o', { args: args ?? {} })),
        ],
      }
    })
    const chain = await world.alert()
    await world.approve(world.actionsOf(chain.id)[0]?.id ?? '', { editedArgs: { path: '/b' } })
    expect(world.actions.calls.map(({ args }) => args)).toEqual([{ path: '/b' }, { path: '/b' }])
  })
})

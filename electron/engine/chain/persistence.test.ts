import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import { openChainWorld, type ChainWorld } from '../../../tests/fakes/chain-world.ts'

let world: ChainWorld
beforeEach(async () => void (world = await openChainWorld()))
afterEach(() => world.close())

const act = (id: string, uses: string, more: JsonObject = {}): JsonObject => ({ id, uses, args: {}, ...more })
const attr = (id: string, key: string, value: JsonValue, persist: boolean) => ({
  id,
  key,
  value,
  type: '',
  persist,
  ttl: 0,
})
const stored = (): [string, string, JsonValue, number][] =>
  world.store.attributes
    .now('n', world.store.clock.now())
    .map(({ id, key, value, version }) => [id, key, value, version])
const attrsOf = (input: JsonObject): JsonObject[] => ((input['alert'] as JsonObject)['attrs'] ?? []) as JsonObject[]

describe('attributes of the alert policy', () => {
  it('persist only where they say so, also when two share a key', async () => {
    world.policy.publish(() => ({ run: [] }))
    await world.alert({ namespace: 'n', attrs: [attr('1', 'ip', 'a', true), attr('2', 'ip', 'b', false)] })
    expect(stored()).toEqual([['1', 'ip', 'a', 1]])
  })

  it('give way to the stored record of the same id', async () => {
    world.policy.publish(() => ({ run: [] }))
    await world.alert({ namespace: 'n', attrs: [attr('1', 'ip', 'a', true)] })
    const chain = await world.alert({ namespace: 'n', attrs: [attr('1', 'ip', 'b', true)] })
    expect([stored(), chain.attrs]).toMatchObject([[['1', 'ip', 'a', 1]], [{ id: '1', value: 'a' }]])
  })
})

describe('attributes of init', () => {
  const init =
    (attrs: (input: JsonObject) => JsonValue) =>
    (input: JsonObject): JsonValue => ({ init: [{ attrs: attrs(input) }], run: [] })

  it('replace the stored record: a counter counts', async () => {
    world.policy.publish(
      init((input) => {
        const counter = attrsOf(input).find(({ key }) => key === 'counter')
        return [{ id: counter?.['id'] ?? '', key: 'counter', value: Number(counter?.['value'] ?? 0) + 1, global: true }]
      }),
      'exit',
    )
    for (let alert = 0; alert < 3; alert += 1) await world.alert({ namespace: 'n' })
    expect(stored()).toMatchObject([[expect.any(String), 'counter', 3, 3]])
  })

  it('end the stored record when they do not persist', async () => {
    world.policy.publish(
      init(() => [attr('r', 'r', 1, true)]),
      'exit',
    )
    await world.alert({ namespace: 'n' })
    world.policy.publish(
      init(() => [attr('r', 'r', 1, false)]),
      'exit',
    )
    await world.alert({ namespace: 'n' })
    expect(stored()).toEqual([])
  })

  it('make one version a chain, although init is evaluated in every round', async () => {
    world.policy.publish((input) => {
      if ('action' in input) return {}
      return {
        init: [{ attrs: [attr('r', 'r', 1, true)] }],
        run: Number(input['seq']) < 3 ? [act(`a${Number(input['seq'])}`, 'observe.a')] : [],
      }
    }, 'exit')
    await world.alert({ namespace: 'n' })
    expect(stored()).toEqual([['r', 'r', 1, 1]])
  })
})

describe('commits', () => {
  it('of one id twice leave the last, as in the chain', async () => {
    const commit = [attr('r', 'r', 1, true), attr('r', 'r', 2, true)]
    world.policy.publish((input) => ({ run: input['seq'] === 0 ? [act('a', 'observe.a', { commit })] : [] }))
    const chain = await world.alert({ namespace: 'n' })
    expect([stored(), chain.attrs]).toMatchObject([[['r', 'r', 2, 2]], [{ id: 'r', value: 2 }]])
  })

  it('replace the whole record and start its time to live again', async () => {
    const once = (value: number, more: JsonObject) => (input: JsonObject) => ({
      run: input['seq'] === 0 ? [act('a', 'observe.a', { commit: [{ ...attr('r', 'r', value, true), ...more }] })] : [],
    })
    world.policy.publish(once(1, { ttl: 60, type: 'ipaddr' }))
    await world.alert({ namespace: 'n' })
    world.store.clock.advance(59_000)
    world.policy.publish(once(2, { ttl: 60, key: 'q' }))
    await world.alert({ namespace: 'n' })
    world.store.clock.advance(59_000)
    expect(world.store.attributes.now('n', world.store.clock.now())).toMatchObject([{ key: 'q', value: 2, type: '' }])
    world.store.clock.advance(1000)
    expect(stored()).toEqual([])
  })

  it('of another chain are seen by the next round of one that waited, also that a record has ended', async () => {
    world.policy.publish((input) => ({
      run: input['seq'] === 0 ? [act('a', 'observe.a', { commit: [attr('r', 'r', 1, true)] })] : [],
    }))
    await world.alert({ namespace: 'n' })
    world.policy.publish((input) => ({
      run:
        input['seq'] === 0
          ? [act('c', 'contain.c')]
          : attrsOf(input).map(({ id }) => act('saw', 'observe.saw', { args: { id: id ?? null } })),
    }))
    const waiting = await world.alert({ namespace: 'n' })
    await world.store.writer.commit('event', (tx) =>
      world.store.attributes.end(tx, 'n', attr('r', 'r', 1, false), { chainId: 'another', attemptId: null }),
    )
    await world.approve(world.actionsOf(waiting.id)[0]?.id ?? '')
    expect(world.states(waiting.id)).toEqual([['c', 'succeeded']])
  })
})

describe('the word on an unknown outcome', () => {
  it('commits in the turn of its chain: after the one of its namespace that runs', async () => {
    const commit = (value: string): JsonObject => ({ commit: [{ id: 'r', key: 'r', value, persist: true }] })
    world.policy.publish((input) => {
      const second = attrsOf(input).some(({ key }) => key === 'second')
      if (input['seq'] !== 0) return { run: [] }
      return { run: [second ? act('b', 'notify.b', commit('second')) : act('a', 'notify.a', commit('first'))] }
    })
    world.actions.on('notify.a', { run: () => ({ outcome: 'unknown', error: { code: 'net_timeout', message: 'no' } }) })
    const first = await world.alert({ namespace: 'n' })
    const answered = Promise.withResolvers<void>()
    world.actions.on('notify.b', { run: () => answered.promise.then(() => ({ outcome: 'succeeded', result: null })) })
    await world.queue({ namespace: 'n', attrs: [attr('s', 'second', true, false)] })
    await expect.poll(() => world.actions.calls.length).toBe(2)
    const [unknown] = world.actionsOf(first.id)
    const settled = world.service.settleUnknown({ actionId: unknown?.id ?? '', answer: 'done', reason: 'seen' })
    answered.resolve()
    expect(await settled).toMatchObject({ state: 'succeeded' })
    await world.service.whenIdle()
    expect(stored()).toEqual([['r', 'r', 'first', 2]])
    expect(world.chain(first.id).state).toBe('completed')
  })
})

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import { openChainWorld, type ChainWorld } from '../../../tests/fakes/chain-world.ts'
import type { ActionRecord } from './records/records.ts'

const HOUR_MS = 3_600_000

let world: ChainWorld
beforeEach(async () => {
  world = await openChainWorld()
  caps({ rule: 100, hour: 100, chain: 100 })
})
afterEach(() => world.close())

function caps({ rule, hour, chain }: { rule?: number; hour?: number; chain?: number }): void {
  if (rule !== undefined) world.set({ 'contain.maxPerRule': rule })
  if (hour !== undefined) world.set({ 'contain.maxPerHour': hour })
  if (chain !== undefined) world.set({ 'contain.maxPerChain': chain })
}

const contain = (target: JsonValue, more: JsonObject = {}): JsonObject => ({
  id: `c ${JSON.stringify(target)}`,
  uses: 'contain.c',
  args: { target },
  approval: false,
  ...more,
})
const once =
  (...run: JsonObject[]) =>
  (input: JsonObject): JsonValue => ({ run: input['seq'] === 0 ? run : [] })

/** The actions of a new alert, of which a policy contains these. */
async function contained(...run: JsonObject[]): Promise<ActionRecord[]> {
  world.policy.publish(once(...run))
  return world.actionsOf((await world.alert()).id)
}

const statesOf = (actions: readonly ActionRecord[]): string[] => actions.map(({ id }) => world.chains.action(id).state)
const hosts = (count: number, from = 0): JsonObject[] =>
  Array.from({ length: count }, (_, no) => contain(`web-${no + from}`))
const ran = (): unknown[] => world.actions.calls.map(({ args }) => args['target'])

async function beyondOf(action: ActionRecord | undefined): Promise<string> {
  return (await world.service.card(action?.id ?? '')).beyondCap
}

describe('[S45] what one chain may contain', () => {
  it('is five targets unless told, and the sixth waits whatever the policy says, with the reason', async () => {
    world.set({ 'contain.maxPerChain': 5 })
    const actions = await contained(...hosts(6))
    expect(statesOf(actions)).toEqual([...Array<string>(5).fill('succeeded'), 'waiting'])
    expect(await beyondOf(actions[5])).toMatch(
      /a limit holds it: this chain contains 5 of the 5 targets .* and this is 1 more/,
    )
    await world.approve(actions[5]?.id ?? '')
    expect(statesOf(actions)).toEqual(Array<string>(6).fill('succeeded'))
  })

  it('waits at once, while what goes before it still runs', async () => {
    caps({ chain: 1 })
    const { promise, resolve } = Promise.withResolvers<undefined>()
    world.actions.on('contain.c', { run: () => promise.then(() => ({ outcome: 'succeeded', result: null })) })
    world.policy.publish(once(...hosts(2)))
    const chainId = await world.queue()
    await expect.poll(ran).toEqual(['web-0'])
    expect(world.states(chainId).map(([, state]) => state)).toEqual(['running', 'waiting'])
    resolve(undefined)
    await world.service.whenIdle()
  })

  it('counts a target once, in whatever spelling and by whatever act', async () => {
    caps({ chain: 1 })
    const actions = await contained(
      contain('10.1.1.1'),
      contain('::ffff:10.1.1.1'),
      contain('10.1.1.1/32', { uses: 'contain.other' }),
    )
    expect(statesOf(actions)).toEqual(['succeeded', 'succeeded', 'succeeded'])
  })

  it('counts each target of an act with several, and a range as the addresses in it', async () => {
    caps({ chain: 3 })
    const actions = await contained(contain(['a', 'b']), contain(['b', 'c', 'd']), contain('203.0.113.0/24'))
    expect(statesOf(actions)).toEqual(['succeeded', 'waiting', 'waiting'])
    expect(await beyondOf(actions[1])).toContain('this is 2 more')
    expect(await beyondOf(actions[2])).toContain('this is 256 more')
  })

  it('goes on over its rounds, and what tells somebody counts nothing', async () => {
    caps({ chain: 2 })
    world.policy.publish((input) => {
      const seq = Number(input['seq'])
      return {
        run: seq < 4 ? [contain(`web-${seq}`), { id: `n${seq}`, uses: 'notify.n', args: { target: `${seq}` } }] : [],
      }
    })
    const chain = await world.alert()
    expect(world.actionsOf(chain.id).map(({ uses, state }) => `${uses} ${state}`)).toEqual(
      ['contain.c succeeded', 'notify.n succeeded', 'contain.c succeeded', 'notify.n succeeded'].concat(
        'contain.c waiting',
        'notify.n succeeded',
      ),
    )
  })

  it('of 0 lets nothing go unasked', async () => {
    caps({ chain: 0 })
    expect(statesOf(await contained(contain('web-1')))).toEqual(['waiting'])
  })
})

describe('[S45] what one hour may see contained', () => {
  it('is counted over all chains, and after an hour anew', async () => {
    caps({ hour: 2 })
    expect(statesOf(await contained(...hosts(2)))).toEqual(['succeeded', 'succeeded'])
    const [third] = await contained(contain('web-9'))
    expect(third?.state).toBe('waiting')
    expect(await beyondOf(third)).toContain('the last hour saw 2 of the 2 targets contained')
    world.store.clock.advance(HOUR_MS + 1)
    expect(statesOf(await contained(contain('web-10')))).toEqual(['succeeded'])
  })

  it('holds where two chains are under way at once: the intents decide', async () => {
    caps({ hour: 3 })
    world.policy.publish(once(...hosts(2)))
    const first = world.queue()
    world.policy.publish(once(...hosts(2, 10)))
    const chains = await Promise.all([first, world.queue()])
    await world.service.whenIdle()
    const states = chains.flatMap((id) => world.states(id).map(([, state]) => state)).toSorted()
    expect(states).toEqual(['succeeded', 'succeeded', 'succeeded', 'waiting'])
    expect(ran()).toHaveLength(3)
  })

  it('holds across a crash, and what was under way is not counted twice', async () => {
    caps({ hour: 2 })
    world.actions.on('contain.c', { isIdempotent: true })
    world.policy.publish(once(...hosts(3)))
    // Commits of its chain: the event, its round, the first intent and outcome, the second intent.
    const dead = world.dieAt(5, 'after')
    void world.alert()
    await dead
    await world.crash()
    const { id } = world.chains.openChains()[0] ?? { id: '' }
    expect(world.states(id).map(([, state]) => state)).toEqual(['succeeded', 'succeeded', 'waiting'])
  })

  it('is looked at again before the intent, where another chain was faster', async () => {
    caps({ hour: 1 })
    world.policy.publish(once({ id: 'n', uses: 'notify.n', args: {} }, contain('web-1', { id: 'z' })))
    world.actions.on('notify.n', {
      run: async () => {
        world.policy.publish(once(contain('web-2')))
        await world.queue()
        await expect.poll(ran).toContain('web-2')
        return { outcome: 'succeeded', result: null }
      },
    })
    const actions = world.actionsOf((await world.alert()).id)
    expect(statesOf(actions)).toEqual(['waiting', 'succeeded'].toReversed())
    expect(await beyondOf(actions[1])).toContain('the last hour')
  })
})

describe('[S45] what one rule may hold contained', () => {
  it('is counted over chains and hours, by what stands for the rule where none is known', async () => {
    caps({ rule: 2 })
    for (const no of [1, 2]) {
      expect(statesOf(await contained(contain(`web-${no}`, { id: 'block' })))).toEqual(['succeeded'])
      world.store.clock.advance(HOUR_MS + 1)
    }
    const [third] = await contained(contain('web-3', { id: 'block' }))
    expect(third?.state).toBe('waiting')
    expect(await beyondOf(third)).toContain('what the policy calls block of contain.c (its rule is not known)')
    expect(statesOf(await contained(contain('web-3', { id: 'other' })))).toEqual(['succeeded'])
  })

  it('is told by the compiled policy where it knows the rules', async () => {
    caps({ rule: 1 })
    const rule = { file: 'action/main.rego', label: '1', row: 1, endRow: 9, isDefault: false }
    world.policy.rules = [{ entrypoint: 'action', document: 'run', byRule: '', rules: [rule] }]
    expect(statesOf(await contained(contain('web-1', { id: 'a' })))).toEqual(['succeeded'])
    const [second] = await contained(contain('web-2', { id: 'b' }))
    expect(await beyondOf(second)).toContain(
      'its rule action/run@action/main.rego#1 holds 1 of the 1 targets contained',
    )
  })

  it('does not count what was undone', async () => {
    caps({ rule: 1 })
    world.actions.on('contain.c', { inverse: 'contain.back' })
    const [first] = await contained(contain('web-1', { id: 'block' }))
    const undo = await world.service.undo(world.approvals.latestAttempt(first?.id ?? '')?.id ?? '')
    await world.approve(undo.actionId)
    expect(statesOf(await contained(contain('web-2', { id: 'block' })))).toEqual(['succeeded'])
  })

  it('counts what the analyst approved as well, and holds nobody who approves', async () => {
    caps({ rule: 1 })
    const more = { id: 'block', approval: true }
    for (const no of [1, 2, 3]) {
      const [action] = await contained(contain(`web-${no}`, more))
      expect(await world.approve(action?.id ?? '')).toBe('approved')
      expect(await beyondOf(action)).toBe('')
    }
    expect(ran()).toHaveLength(3)
    expect(statesOf(await contained(contain('web-4', { id: 'block' })))).toEqual(['waiting'])
  })

  it('is by the edited target where it was edited', async () => {
    const [action] = await contained(contain('web-1', { approval: true }))
    await world.approve(action?.id ?? '', { editedArgs: { target: 'web-2' } })
    caps({ hour: 1 })
    expect(statesOf(await contained(contain('web-2')))).toEqual(['succeeded'])
    expect(statesOf(await contained(contain('web-1')))).toEqual(['waiting'])
  })
})

it('[S45] the way back counts nothing', async () => {
  caps({ hour: 0, rule: 0, chain: 0 })
  world.actions.on('contain.c', { isWayBack: true })
  expect(statesOf(await contained(contain('web-1')))).toEqual(['succeeded'])
})

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { JsonObject, JsonValue } from '../../../../shared/model/json.ts'
import { openChainWorld, type ChainWorld } from '../../../../tests/fakes/chain-world.ts'
import { justBefore } from '../../../../tests/fakes/just-before.ts'
import type { Tx } from '../../store/writer.ts'

let world: ChainWorld
beforeEach(async () => void (world = await openChainWorld()))
afterEach(() => world.close())

const act = (id: string, uses: string, more: JsonObject = {}): JsonObject => ({ id, uses, args: {}, ...more })
const once =
  (...run: JsonObject[]) =>
  (input: JsonObject): JsonValue => ({ run: input['seq'] === 0 ? run : [] })
const calls = (): string[] => world.actions.calls.map(({ uses }) => uses)
const attempts = (): unknown => world.store.db.prepare('SELECT count(*) FROM attempt').pluck().get()

/** A commit of somebody else about the only chain. */
const decide = (work: (tx: Tx, chainId: string) => void): Promise<void> =>
  world.store.writer.commit('chain-decide', (tx) => work(tx, world.chains.openChains()[0]?.id ?? ''))
const hold = (): Promise<void> => decide((tx, id) => world.chains.hold(tx, id))
const stop = (): Promise<void> => decide((tx, id) => world.chains.setStopping(tx, id))
const takeAway = (): Promise<void> =>
  decide((tx, id) => world.chains.moveAction(tx, world.actionsOf(id)[0]?.id ?? '', 'superseded'))

describe('the transaction of an intent looks again', () => {
  beforeEach(() => void world.policy.publish(once(act('n', 'notify.n'))))

  it('at the response mode: what nobody had to approve under the old one is asked about [S24]', async () => {
    justBefore(world.store.writer, 'chain-intent', () => world.setMode('ask'))
    const chain = await world.alert()
    expect([world.states(chain.id), calls(), attempts()]).toEqual([[['n', 'waiting']], [], 0])
  })

  it('at the response mode: under Off nothing runs [S24]', async () => {
    justBefore(world.store.writer, 'chain-intent', () => world.setMode('off'))
    const chain = await world.alert()
    expect([world.chain(chain.id).isHeld, world.states(chain.id), calls()]).toEqual([true, [['n', 'proposed']], []])
  })

  it('whether the chain is held', async () => {
    justBefore(world.store.writer, 'chain-intent', hold)
    const chain = await world.alert()
    expect([world.chain(chain.id).state, world.states(chain.id), calls()]).toEqual(['queued', [['n', 'proposed']], []])
  })

  it('whether the chain is being stopped', async () => {
    justBefore(world.store.writer, 'chain-intent', stop)
    const chain = await world.alert()
    expect([world.chain(chain.id).state, world.states(chain.id), calls()]).toEqual([
      'cancelled',
      [['n', 'superseded']],
      [],
    ])
  })

  it("at the engine's stop: nothing begins any more, and the next start does it", async () => {
    let stopped: Promise<void> | undefined
    justBefore(world.store.writer, 'chain-intent', () => void (stopped = world.service.stop()))
    const chainId = await world.queue()
    await world.service.whenIdle()
    await stopped
    expect([world.states(chainId), calls(), attempts()]).toEqual([[['n', 'proposed']], [], 0])
    await world.crash()
    expect([world.chain(chainId).state, calls()]).toEqual(['completed', ['notify.n']])
  })

  it('at the action: what was taken away meanwhile does not run', async () => {
    justBefore(world.store.writer, 'chain-intent', takeAway)
    const chain = await world.alert()
    expect([world.states(chain.id), calls(), attempts()]).toEqual([[['n', 'superseded']], [], 0])
  })
})

describe('the transaction of a round looks again', () => {
  beforeEach(() => void world.policy.publish(once(act('c', 'contain.c'))))

  it('whether the chain is held: its actions are not proposed', async () => {
    justBefore(world.store.writer, 'chain-round', hold)
    const chain = await world.alert()
    expect([world.chain(chain.id).state, world.actionsOf(chain.id)]).toEqual(['queued', []])
  })

  it('whether the chain is being stopped: nothing waits', async () => {
    justBefore(world.store.writer, 'chain-round', stop)
    const chain = await world.alert()
    expect([world.chain(chain.id).state, world.actionsOf(chain.id)]).toEqual(['cancelled', []])
  })
})

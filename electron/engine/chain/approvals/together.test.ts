import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { JsonObject, JsonValue } from '../../../../shared/model/json.ts'
import { IS_DECISION } from '../../store/act-kinds.ts'
import { openChainWorld, type ChainWorld } from '../../../../tests/fakes/chain-world.ts'

let world: ChainWorld
beforeEach(async () => {
  world = await openChainWorld()
  world.actions.on('contain.c', { inverse: 'contain.back' })
})
afterEach(() => world.close())

const isolate = (host: number, uses = 'contain.c'): JsonObject => ({
  id: `h${host}`,
  uses,
  args: { host, way: 'full' },
})

/** What waits of these actions, in the order of their ids. */
async function waiting(...run: JsonObject[]): Promise<string[]> {
  world.policy.publish((input: JsonObject): JsonValue => ({ run: input['seq'] === 0 ? run : [] }))
  const chain = await world.alert()
  const actions = world.actionsOf(chain.id).filter(({ state }) => state === 'waiting')
  return actions.toSorted((a, b) => a.policyId.localeCompare(b.policyId)).map(({ id }) => id)
}

async function decide(decision: 'approve' | 'reject', actionIds: string[]): Promise<(string | undefined)[]> {
  const items = await world.service.together(actionIds)
  const results = await world.service.decideTogether({ decision, items: items.map(pair), reason: 'The worm' })
  await world.service.whenIdle()
  return results.map(({ outcome }) => outcome)
}

const pair = ({ actionId, boundHash }: { actionId: string; boundHash: string }) => ({ actionId, boundHash })
const stateOf = (actionId: string): string => world.chains.action(actionId).state
const hosts = (): unknown[] => world.actions.calls.map(({ args }) => args['host'])
const acts = (): unknown[] =>
  world.store.db
    .prepare(`SELECT kind, subject_id, reason FROM act WHERE ${IS_DECISION} AND subject_kind <> 'alert' ORDER BY seq`)
    .all()

describe('decisions together', () => {
  it('lists each with what differs, then approves each as an act of its own', async () => {
    const ids = await waiting(isolate(1), isolate(2), isolate(3))
    const rows = await world.service.together(ids)
    expect(rows.map(({ title, differs }) => [title, differs])).toEqual(
      [1, 2, 3].map((host) => ['Do contain.c', [{ key: 'host', value: host }]]),
    )
    expect(await decide('approve', ids)).toEqual(['approved', 'approved', 'approved'])
    expect(new Set(hosts())).toEqual(new Set([1, 2, 3]))
    expect(acts()).toEqual(ids.map((id) => ({ kind: 'approval.approve', subject_id: id, reason: 'The worm' })))
    expect(ids.map((id) => world.approvals.ofAction(id)?.why)).toEqual(['The worm', 'The worm', 'The worm'])
  })

  it('rejects what was chosen and nothing else', async () => {
    const ids = await waiting(isolate(1), isolate(2), isolate(3))
    expect(await decide('reject', ids.slice(0, 2))).toEqual(['rejected', 'rejected'])
    expect(ids.map(stateOf)).toEqual(['rejected', 'rejected', 'waiting'])
    expect(hosts()).toEqual([])
  })

  it('[S23] approves neither what is stale, nor what was decided, nor what is not as it was listed', async () => {
    const [first, second, third, fourth] = (await waiting(isolate(1), isolate(2), isolate(3), isolate(4))) as [
      string,
      string,
      string,
      string,
    ]
    const items = (await world.service.together([first, second, third, fourth])).map(pair)
    await world.reject(second, 'mine')
    // What the third would do is another thing now.
    world.actions.on('contain.c', {
      inverse: 'contain.back',
      plan: (args) => ({ rows: [], bound: args['host'] === 3 ? 'isolated already' : null }),
    })
    items[3] = { actionId: fourth, boundHash: 'f'.repeat(64) }
    const results = await world.service.decideTogether({ decision: 'approve', items, reason: 'The worm' })
    await world.service.whenIdle()
    expect(results.map(({ outcome }) => outcome)).toEqual(['approved', 'settled', 'stale', 'changed'])
    expect(results.map(({ message }) => message !== '')).toEqual([false, true, true, true])
    expect([first, second, third, fourth].map(stateOf)).toEqual(['succeeded', 'rejected', 'waiting', 'waiting'])
    expect(hosts()).toEqual([1])
    // Listed anew, the stale one says so; together it is not approved even then.
    const [again] = await world.service.together([third])
    expect(again).toMatchObject({ isStale: true })
    expect(await decide('approve', [third])).toEqual(['stale'])
    expect(await decide('reject', [third])).toEqual(['rejected'])
  })

  it('never approves together what cannot be undone, and rejects it', async () => {
    const ids = await waiting(isolate(1, 'contain.wipe'), isolate(2, 'contain.wipe'))
    expect(await world.service.together(ids)).toMatchObject([{ isIrreversible: true }, { isIrreversible: true }])
    expect(await decide('approve', ids)).toEqual(['irreversible', 'irreversible'])
    expect(ids.map(stateOf)).toEqual(['waiting', 'waiting'])
    expect(await decide('reject', ids)).toEqual(['rejected', 'rejected'])
    expect(hosts()).toEqual([])
  })

  it('refuses to mix kinds, and tells of one that does not exist', async () => {
    world.actions.on('contain.d', { inverse: 'contain.back' })
    const ids = await waiting(isolate(1), isolate(2, 'contain.d'))
    await expect(world.service.together(ids)).rejects.toMatchObject({ code: 'not_alike' })
    const items = ids.map((actionId) => ({ actionId, boundHash: 'f'.repeat(64) }))
    await expect(world.service.decideTogether({ decision: 'reject', items, reason: 'x' })).rejects.toMatchObject({
      code: 'not_alike',
    })
    const [row] = await world.service.together([ids[0]!])
    const results = await world.service.decideTogether({
      decision: 'approve',
      items: [pair(row!), { actionId: 'none', boundHash: 'f'.repeat(64) }, pair(row!)],
      reason: 'x',
    })
    await world.service.whenIdle()
    expect(results.map(({ outcome }) => outcome)).toEqual(['approved', 'failed', 'settled'])
    expect(hosts()).toEqual([1])
  })
})

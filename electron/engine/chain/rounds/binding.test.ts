import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openChainWorld, type ChainWorld } from '../../../../tests/fakes/chain-world.ts'
import { boundHash, type Bound } from './binding.ts'

const BOUND: Bound = {
  uses: 'contain.c',
  args: { path: '/a' },
  commit: [],
  plan: { inode: 1 },
  roundInput: 'a'.repeat(64),
  policyVersion: 'policy-1',
}

describe('the hash that an approval is bound to', () => {
  it('is the same for the same, in whatever order', () => {
    expect(boundHash({ ...BOUND, args: { b: 1, a: 2 } })).toBe(boundHash({ ...BOUND, args: { a: 2, b: 1 } }))
  })

  it.each<Partial<Bound>>([
    { uses: 'contain.d' },
    { args: { path: '/b' } },
    { commit: [{ id: 'r', key: 'r', value: 1, type: '', persist: false, ttl: 0, path: '' }] },
    { plan: { inode: 2 } },
    { roundInput: 'b'.repeat(64) },
    { policyVersion: 'policy-2' },
  ])('[S23] is another one with another member: %o', (change) => {
    expect(boundHash({ ...BOUND, ...change })).not.toBe(boundHash(BOUND))
  })
})

describe('what an approval is bound to', () => {
  let world: ChainWorld
  beforeEach(async () => void (world = await openChainWorld()))
  afterEach(() => world.close())

  it('[S23] is the action, its plan, the input of its round and the version that asked', async () => {
    const plan = { rows: [], bound: { inode: 7 } }
    world.actions.on('contain.c', { plan: () => plan })
    const commit = [{ id: 'r', key: 'r', value: 1 }]
    const proposal = { id: 'c', uses: 'contain.c', args: { path: '/a' }, commit }
    world.policy.publish((input) => ({ run: input['seq'] === 0 ? [proposal] : [] }))
    const chain = await world.alert()
    const approval = world.approvals.ofAction(world.actionsOf(chain.id)[0]?.id ?? '')
    const roundInput = world.store.db.prepare("SELECT input_sha256 FROM decision WHERE kind = 'run'").pluck().get()
    expect(roundInput).toMatch(/^[0-9a-f]{64}$/)
    const bound = {
      uses: 'contain.c',
      args: { path: '/a' },
      commit: [{ ...commit[0], type: '', persist: false, ttl: 0, path: '' }],
      plan: plan.bound,
      roundInput,
      policyVersion: chain.policyVersionId,
    } as Bound
    expect(approval?.bound).toEqual({ ...bound, versions: [] })
    expect(approval?.boundHash).toBe(boundHash(bound))
  })
})

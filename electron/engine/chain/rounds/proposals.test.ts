import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Effect, ResponseMode } from '../../../../shared/model/states.ts'
import { openChainWorld, type ChainWorld } from '../../../../tests/fakes/chain-world.ts'
import { effectiveEffect, mustWait } from './proposals.ts'

const EFFECTS: readonly Effect[] = ['observe', 'notify', 'contain']

let world: ChainWorld
beforeEach(async () => void (world = await openChainWorld()))
afterEach(() => world.close())

describe('the effect of an action', () => {
  it('is raised by the policy, never lowered', () => {
    const table = EFFECTS.map((declared) => [null, ...EFFECTS].map((raised) => effectiveEffect(declared, raised)))
    expect(table).toEqual([
      ['observe', 'observe', 'notify', 'contain'],
      ['notify', 'notify', 'notify', 'contain'],
      ['contain', 'contain', 'contain', 'contain'],
    ])
  })

  it.each(['observe', 'notify'])(
    'a containment that a policy calls %s waits, and is one in the record',
    async (effect) => {
      world.policy.publish((input) => ({
        run: input['seq'] === 0 ? [{ id: 'c', uses: 'contain.c', args: {}, effect }] : [],
      }))
      const chain = await world.alert()
      expect(world.states(chain.id)).toEqual([['c', 'waiting']])
      await world.approve(world.actionsOf(chain.id)[0]?.id ?? '')
      expect(world.store.db.prepare('SELECT effect FROM attempt').pluck().all()).toEqual(['contain'])
    },
  )

  it('a look that a policy calls a containment waits', async () => {
    world.policy.publish((input) => ({
      run: input['seq'] === 0 ? [{ id: 'o', uses: 'observe.o', args: {}, effect: 'contain' }] : [],
    }))
    expect(world.states((await world.alert()).id)).toEqual([['o', 'waiting']])
  })
})

it.each<[ResponseMode, boolean | null, readonly Effect[]]>([
  ['off', null, []],
  ['dry-run', null, []],
  ['ask', null, ['notify', 'contain']],
  ['ask', false, ['notify', 'contain']],
  ['policy', null, ['contain']],
  ['policy', false, []],
  ['policy', true, EFFECTS],
  ['ask', true, EFFECTS],
])('[S24] under %s with `required` %s waits: %s', (mode, required, waiting) => {
  const request = { required, reason: '', expiresInMs: null, isEditable: true, isEndAsked: true }
  expect(EFFECTS.filter((effect) => mustWait(mode, { effect, isIrreversible: false }, request))).toEqual(waiting)
})

import { afterEach, beforeEach, expect, it } from 'vitest'
import type { JsonValue } from '../../../../shared/model/json.ts'
import type { Asked } from '../../../../shared/model/views.ts'
import { openChainWorld, type ChainWorld } from '../../../../tests/fakes/chain-world.ts'
import { EXPLAIN_BUDGET_MS } from '../rounds/proposer.ts'

const ASKED: Asked = { rule: 'run', file: 'action/main.rego', row: 3, endRow: 5, sentence: 'It is so', lines: [] }

let world: ChainWorld
beforeEach(async () => void (world = await openChainWorld()))
afterEach(() => world.close())

/** A round whose actions all wait. @returns their ids */
async function manyWaiting(count: number): Promise<string[]> {
  const run: JsonValue[] = Array.from({ length: count }, (_, no) => ({ id: `c${no}`, uses: 'contain.c', args: { no } }))
  world.policy.publish((input) => ({ run: input['seq'] === 0 ? run : [] }))
  const chain = await world.alert()
  return world.actionsOf(chain.id).map(({ id }) => id)
}

it('explains what waits within the time of its round, and the rest when somebody asks', async () => {
  world.policy.explain = (_request, _rule, _member) => {
    explained += 1
    world.store.clock.advance(EXPLAIN_BUDGET_MS / 2)
    return Promise.resolve(ASKED)
  }
  let explained = 0
  const ids = await manyWaiting(20)
  expect(explained).toBe(2)
  const cards = await Promise.all(ids.map((id) => world.service.card(id)))
  expect(cards.map(({ state }) => state)).toEqual(ids.map(() => 'waiting'))
  expect(cards.map(({ asked, canExplain }) => [asked !== null, canExplain])).toEqual(
    ids.map((_, no) => [no < 2, no >= 2]),
  )
  expect(await world.service.explain(ids[19] ?? '')).toEqual(ASKED)
  expect(await world.service.explain(ids[19] ?? '')).toEqual(ASKED)
  expect(explained).toBe(3)
  expect(await world.service.card(ids[19] ?? '')).toMatchObject({ asked: ASKED, canExplain: false })
})

it('does not wait for an explanation that does not come', async () => {
  const asked = Promise.withResolvers<void>()
  world.policy.explain = () => {
    asked.resolve()
    return new Promise(() => undefined)
  }
  const waiting = manyWaiting(3)
  await asked.promise
  world.store.clock.advance(EXPLAIN_BUDGET_MS)
  const ids = await waiting
  expect((await Promise.all(ids.map((id) => world.service.card(id)))).map(({ asked: known }) => known)).toEqual([
    null,
    null,
    null,
  ])
})

it('has no rule to tell of an undo', async () => {
  world.actions.on('contain.c', { inverse: 'contain.back' })
  const [id = ''] = await manyWaiting(1)
  await world.approve(id)
  const { actionId } = await world.service.undo(world.approvals.latestAttempt(id)?.id ?? '')
  expect((await world.service.card(actionId)).canExplain).toBe(false)
  await expect(world.service.explain(actionId)).rejects.toMatchObject({ code: 'not_explainable' })
})

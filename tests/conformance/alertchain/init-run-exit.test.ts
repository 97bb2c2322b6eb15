// The same tests in AlertChain 0.0.20's form, in Rego v0 (`behaviour/alertchain.md` §10.10). Its `serve` and `play` are among
// the tests of these commands.
import { afterEach, expect, it } from 'vitest'
import { AlertChainWorld, attrsOf } from '../../fakes/alert-chain.ts'
import type { JsonValue } from '../../../shared/model/json.ts'

let world: AlertChainWorld
afterEach(() => world.close())

it('TestChainControl: exit changes attributes', async () => {
  world = await AlertChainWorld.open('control-exit', { mock: () => null, 'mock.after': () => null })
  const [alert] = await world.handle('my_test', null)
  expect(alert!.chain.generation).toBe('exit')
  expect(world.calls.map(({ uses, alert: seen }) => [uses, attrsOf(seen)])).toEqual([
    [
      'mock',
      [
        ['k1', 'v1'],
        ['k2', 'v2'],
      ],
    ],
    [
      'mock.after',
      [
        ['k1', 'v1'],
        ['k2', 'v2a'],
        ['k3', 'v3'],
      ],
    ],
  ])
})

it('TestChainLoop: exit increments', async () => {
  world = await AlertChainWorld.open('loop-exit', { mock: () => null })
  await world.handle('my_test', null)
  expect(world.calls.map(({ alert }) => attrsOf(alert))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9].map((c) => [['c', c]]))
})

it('TestGlobalAttr: init aborts when the work is done', async () => {
  world = await AlertChainWorld.open('global-attr-init', { mock: () => null })
  await world.handle('my_alert', null)
  const [second] = await world.handle('my_alert', null)
  expect(world.calls).toHaveLength(1)
  expect(second!.actions).toEqual([])
  expect(world.persistent('default')).toEqual([['status', 'done']])
})

it('TestGlobalAttrRaceCondition: exit with global', { timeout: 30_000 }, async () => {
  world = await AlertChainWorld.open('countup-exit', { mock: () => null })
  const { receive } = world
  await Promise.all(Array.from({ length: 64 }, () => receive.call(world, 'my_alert', null)))
  await world.idle()
  expect(world.calls).toHaveLength(64)
  expect(world.persistent('default')).toEqual([['counter', 64]])
})

it('TestWorkflow: init and exit', async () => {
  const results = [{ index: 'first' }, { index: 'second' }]
  world = await AlertChainWorld.open('play-workflow-exit', { mock: () => results.shift() ?? null })
  const [alert] = await world.handle('my_test', null)
  expect(alert!.actions.map(({ roundNo, policyId, args }) => [roundNo, policyId, args])).toEqual([
    [0, '1st', { tick: 1 }],
    [1, '2nd', { tick: 2 }],
  ])
  expect(world.calls.map(({ alert: seen }) => attrsOf(seen))).toEqual([
    [['color', 'blue']],
    [
      ['color', 'blue'],
      ['index1', 'first'],
    ],
  ])
  expect(alert!.attrs).toEqual([
    ['color', 'blue'],
    ['index1', 'first'],
    ['index2', 'second'],
  ])
  expect(recorded(alert!.chain.id)).toEqual([
    [0, 'init', [{ attrs: [{ key: 'color', value: 'blue' }] }]],
    [0, 'exit', [{ attrs: [{ key: 'index1', value: 'first' }] }]],
    [1, 'exit', [{ attrs: [{ key: 'index2', value: 'second' }] }]],
  ])
})

/** Round, kind and elements of each `init` and `exit` evaluation that gave something. */
function recorded(chainId: string): [number, string, JsonValue][] {
  const rows = world.store.db
    .prepare("SELECT round_no AS no, kind, output FROM decision WHERE chain_id = ? AND kind <> 'run' ORDER BY seq")
    .all(chainId) as { no: number; kind: string; output: string }[]
  return rows.flatMap(({ no, kind, output }) => {
    const elements = (JSON.parse(output) as Record<string, JsonValue[]>)[kind] ?? []
    return elements.length === 0 ? [] : [[no, kind, elements] as [number, string, JsonValue]]
  })
}

it('TestDisableAction: a dry run looks actions up and runs none', async () => {
  world = await AlertChainWorld.open('basic', { mock: () => null })
  world.setMode('dry-run')
  const [alert] = await world.handle('scc', {
    finding: { category: 'c', database: { displayName: 'd', userName: 'u', query: 'q' } },
  })
  expect(world.calls).toEqual([])
  expect(alert!.actions.map(({ policyId, state }) => [policyId, state])).toEqual([['test', 'skipped']])
  expect(alert!.chain.state).toBe('completed')
})

// AlertChain's `pkg/chain/chain_test.go` (`behaviour/alertchain.md` §10.2); TestPlaybook is among the tests of `play`.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, expect, it } from 'vitest'
import { AlertChainWorld, attrsOf } from '../../fakes/alert-chain.ts'
import { CommandWorld } from '../../fakes/command.ts'
import type { JsonValue } from '../../../shared/model/json.ts'

const BASIC = fileURLToPath(new URL('../../fixtures/alertchain/basic', import.meta.url))
const commands = new CommandWorld()
afterAll(() => commands.remove())
let world: AlertChainWorld | undefined
afterEach(async () => {
  await world?.close()
  world = undefined
})

it('TestBasic', async () => {
  world = await AlertChainWorld.open('basic', { mock: () => null })
  const scc = JSON.parse(readFileSync(join(BASIC, 'input/scc.json'), 'utf8')) as JsonValue
  const [alert, ...more] = await world.handle('scc', scc)
  expect(more).toEqual([])
  expect(world.calls).toHaveLength(1)
  expect(world.calls[0]!.args).toEqual({ s: 'blue', n: 5 })
  expect(world.calls[0]!.alert['title']).toBe('Exfiltration: CloudSQL Over-Privileged Grant')
  expect(alert!.attrs).toEqual([
    ['db_name', 'orders'],
    ['db_user', 'reporting'],
    ['db_query', 'GRANT ALL ON ALL TABLES IN SCHEMA public TO reporting'],
  ])
})

it('TestBasic: basic/alert_test.rego passes', async () => {
  const { code, err } = await commands.runHere(['test', '-d', BASIC])
  expect([code, err]).toEqual([0, '1 passed, 0 failed, 0 in error, 0 skipped\n'])
})

it('TestChainControl', async () => {
  world = await AlertChainWorld.open('control', { mock: () => null, 'mock.after': () => null })
  await world.handle('my_test', null)
  expect(world.calls.map(({ uses, alert }) => [uses, attrsOf(alert)])).toEqual([
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

it('TestChainLoop', async () => {
  world = await AlertChainWorld.open('loop', { mock: () => null })
  const [alert] = await world.handle('my_test', null)
  expect(world.calls.map(({ alert: seen }) => attrsOf(seen))).toEqual(
    [1, 2, 3, 4, 5, 6, 7, 8, 9].map((c) => [['c', c]]),
  )
  expect(alert).toMatchObject({ attrs: [['c', 10]], chain: { state: 'completed' } })
})

it('TestGlobalAttr', async () => {
  world = await AlertChainWorld.open('global-attr', { mock: () => null })
  await world.handle('my_alert', null)
  await world.handle('my_alert', null)
  expect(world.calls).toHaveLength(1)
  expect(world.persistent('default')).toEqual([['status', 'done']])
})

it('TestGlobalAttrRaceCondition', { timeout: 30_000 }, async () => {
  world = await AlertChainWorld.open('countup', { mock: () => null })
  const { receive } = world
  const answers = await Promise.all(Array.from({ length: 64 }, () => receive.call(world, 'my_alert', null)))
  expect(answers.filter(({ kind }) => kind !== 'stored')).toEqual([])
  await world.idle()
  expect(world.calls).toHaveLength(64)
  expect(world.persistent('default')).toEqual([['counter', 64]])
})

it('TestForceAction', async () => {
  world = await AlertChainWorld.open('force-action', {
    mock: () => {
      throw new Error('always fails')
    },
  })
  const [alert] = await world.handle('my_alert', null)
  expect(world.calls.map(({ args }) => args)).toEqual([{ step: 1 }, { step: 2 }])
  expect(alert!.chain.state).toBe('failed')
  expect(alert!.actions.map(({ policyId, state }) => [policyId, state])).toEqual([
    ['force_continue', 'failed'],
    ['stop_by_error', 'failed'],
    ['not_run', 'superseded'],
  ])
})

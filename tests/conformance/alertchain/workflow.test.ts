// AlertChain's `pkg/chain/workflow_test.go` (`behaviour/alertchain.md` §10.3), as the chain records it; its log as `play`
// writes it is among the tests of `play`.
import { afterEach, expect, it } from 'vitest'
import { AlertChainWorld } from '../../fakes/alert-chain.ts'

let world: AlertChainWorld
afterEach(() => world.close())

it('TestWorkflow', async () => {
  const results = [{ index: 'first' }, { index: 'second' }]
  world = await AlertChainWorld.open('play-workflow', { mock: () => results.shift() ?? null })
  const [alert, ...more] = await world.handle('my_test', null)
  expect(more).toEqual([])
  expect(world.calls[0]!.alert['title']).toBe('test-alert')
  expect(alert!.chain.state).toBe('completed')
  expect(
    alert!.actions.map(({ roundNo, uses, policyId, args, state }) => ({
      seq: roundNo,
      uses,
      id: policyId,
      args,
      state,
    })),
  ).toEqual([
    { seq: 0, uses: 'mock', id: '1st', args: { tick: 1 }, state: 'succeeded' },
    { seq: 1, uses: 'mock', id: '2nd', args: { tick: 2 }, state: 'succeeded' },
  ])
})

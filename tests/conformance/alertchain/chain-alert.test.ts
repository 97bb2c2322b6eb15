// AlertChain's `pkg/chain/alert_test.go` (`behaviour/alertchain.md` §10.1).
import { afterEach, expect, it } from 'vitest'
import { AlertChainWorld } from '../../fakes/alert-chain.ts'

let world: AlertChainWorld
afterEach(() => world.close())

it('TestAlertRaw', async () => {
  world = await AlertChainWorld.open('alert-raw', { 'test.output_raw': () => null })
  await world.handle('amber', '{"color": "blue"}')
  expect(world.calls).toHaveLength(1)
  expect(world.calls[0]).toMatchObject({
    uses: 'test.output_raw',
    args: { raw: '"{\\"color\\": \\"blue\\"}"\n' },
    alert: { title: 'Amber Alert', schema: 'amber' },
  })
})

import { afterEach, expect, it } from 'vitest'
import { delivery } from '../../../tests/fakes/delivery.ts'
import { openEngineWorld, type EngineWorld } from '../../../tests/fakes/engine.ts'

let world: EngineWorld
afterEach(() => world.close({ isTampered: true }))

const isOfRecords = (code: string): boolean => code === 'records_changed' || code === 'replay_differs'
const codes = async (): Promise<string[]> =>
  (await world.ask('problems.list', {})).rows.map(({ code }) => code).filter(isOfRecords)

it('[S26] finds in the idle time what was changed, and says each thing once', async () => {
  world = await openEngineWorld(() => ({ hasReceiver: false, mode: 'dry-run' }))
  const { intake, selfCheck, store } = world.engine.services()
  await intake.receive(delivery({ schema: 'clamav', body: '{"virus":"Eicar","path":"/tmp/a"}' }))
  await world.idle()
  await selfCheck?.run()
  expect(await codes()).toEqual([])
  await intake.receive(delivery({ schema: 'clamav', body: '{"virus":"Eicar","path":"/tmp/b"}' }))
  await world.idle()
  store.db.exec(`DROP TRIGGER decision_row_no_update; UPDATE decision_row SET output = 'null' WHERE kind = 'run'`)
  await selfCheck?.run()
  await selfCheck?.run()
  expect(await codes()).toEqual(['replay_differs'])
})

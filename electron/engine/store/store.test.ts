import { afterEach, expect, test } from 'vitest'
import { openTestStore, newEvent, type TestStore } from '../../../tests/fakes/store.ts'

let store: TestStore
afterEach(() => store.close())

test('an event is there with its bytes after the commit, and after opening again', async () => {
  store = await openTestStore()
  const body = new TextEncoder().encode('{"v": 1}')
  const { id, sha256 } = await store.writer.commit('event', (tx) => store.events.insert(tx, newEvent({ body })))
  expect(sha256).toHaveLength(64)
  await store.reopen()
  expect(store.events.get(id)).toMatchObject({ id, outcome: 'no_alert', bodySize: 8, hasBody: true })
  expect(Buffer.from(store.events.body(id)!).toString()).toBe('{"v": 1}')
})

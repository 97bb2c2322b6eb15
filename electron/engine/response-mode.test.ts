import { afterEach, beforeEach, expect, it } from 'vitest'
import { openTestStore, type TestStore } from '../../tests/fakes/store.ts'
import { ModeSwitch } from './response-mode.ts'

let store: TestStore
beforeEach(async () => void (store = await openTestStore({ isInMemory: true })))
afterEach(() => store.close())

it('is the command line’s until it is switched, then what is stored', async () => {
  expect(new ModeSwitch(store, { mode: null, defaultMode: 'policy' }).current()).toBe('policy')
  const mode = new ModeSwitch(store, { mode: 'off', defaultMode: 'policy' })
  expect(mode.current()).toBe('off')
  await mode.set('dry-run', 'analyst')
  expect(mode.current()).toBe('dry-run')
  expect(new ModeSwitch(store, { mode: null, defaultMode: 'policy' }).current()).toBe('dry-run')
})

it('is in force for what is committed after it in the same transaction, and not when it was not stored', async () => {
  const mode = new ModeSwitch(store, { mode: 'policy', defaultMode: 'policy' })
  const switching = mode.set('off', 'analyst')
  expect(await store.writer.commit('chain-intent', () => mode.current())).toBe('off')
  await switching
  store.db.pragma('query_only = ON')
  await expect(mode.set('policy', 'analyst')).rejects.toMatchObject({ code: 'store_failed' })
  expect(mode.current()).toBe('off')
  store.db.pragma('query_only = OFF')
})

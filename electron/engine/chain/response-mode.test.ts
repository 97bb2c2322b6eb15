import { afterEach, beforeEach, expect, it } from 'vitest'
import { openTestStore, type TestStore } from '../../../tests/fakes/store.ts'
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

it('is an act when the command line gives it, which stores nothing', async () => {
  await new ModeSwitch(store, { mode: null, defaultMode: 'ask' }).recordGiven(null)
  await new ModeSwitch(store, { mode: 'policy', defaultMode: 'ask' }).recordGiven('policy')
  const acts = store.db.prepare('SELECT by, kind, before, after FROM act').all()
  expect(acts).toEqual([{ by: 'command', kind: 'mode.start', before: '"ask"', after: '"policy"' }])
  expect(store.settings.isSet('response.mode')).toBe(false)
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

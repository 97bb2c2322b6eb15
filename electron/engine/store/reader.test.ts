import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { addAlert, openTestStore, type TestStore } from '../../../tests/fakes/store.ts'
import { openReader } from './database.ts'

let store: TestStore
beforeEach(async () => {
  store = await openTestStore()
})
afterEach(() => store.close())

test('the thread sees what was committed before the question', async () => {
  for (let open = 1; open <= 20; open += 1) {
    await addAlert(store)
    expect(await store.reader.query('desk.counts', {})).toMatchObject({ open })
  }
})

test('many questions at once are answered each with its own answer; errors keep their code', async () => {
  const alerts = await Promise.all(Array.from({ length: 20 }, (_, index) => addAlert(store, { title: `t${index}` })))
  const answers = await Promise.all(alerts.map(({ id }) => store.reader.query('alerts.get', { id })))
  expect(answers.map(({ alert }) => alert.title)).toEqual(alerts.map(({ title }) => title))
  await expect(store.reader.query('chains.get', { id: 'x' })).rejects.toMatchObject({ code: 'chain_missing' })
})

test('its connection cannot write', async () => {
  await addAlert(store)
  const db = openReader(store.paths!.database)
  expect(() => db.exec('DELETE FROM alert_list')).toThrow('readonly')
  expect(db.pragma('trusted_schema', { simple: true })).toBe(0)
  db.close()
})

test('after closing, questions are refused', async () => {
  const { reader } = store
  await reader.query('desk.counts', {})
  await reader.close()
  await expect(reader.query('desk.counts', {})).rejects.toMatchObject({ code: 'reader_closed' })
})

test('[S10] the token of a source is in no file of the data folder', async () => {
  const { token } = await store.writer.commit('x', (tx) => store.sources.create(tx, 'web', 'analyst'))
  await store.upkeep.run()
  const files = readdirSync(store.dataDir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  expect(files.length).toBeGreaterThan(4)
  const holders = files.filter((entry) => readFileSync(join(entry.parentPath, entry.name)).includes(token))
  expect(holders.map(({ name }) => name)).toEqual([])
})

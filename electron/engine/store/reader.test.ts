import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { addAlert, openTestStore, type TestStore } from '../../../tests/fakes/store.ts'
import { alertFilter } from '../../../shared/model/views.ts'
import { openReader } from './database.ts'

let store: TestStore
beforeEach(async () => {
  store = await openTestStore()
})
afterEach(() => store.close())

const search = (text: string) =>
  store.reader.query('alerts.page', { filter: { ...alertFilter.parse({}), text }, upToSeq: null, offset: 0, limit: 10 })

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

test('a damaged search index is made anew by the first search that meets it', async () => {
  await addAlert(store, { title: 'needle' })
  await store.search.catchUp()
  const other = new Database(store.paths!.database)
  other.unsafeMode()
  other.exec(`UPDATE alert_search_data SET block = x'00000000ff' WHERE id > 1`)
  other.close()
  await store.reopen()
  await expect(search('needle')).rejects.toMatchObject({ code: 'search_damaged' })
  await expect
    .poll(() =>
      search('needle')
        .then(({ total }) => total)
        .catch(() => 0),
    )
    .toBe(1)
  expect(store.health()).toEqual({ state: 'ok', message: '' })
})

test('[S10] the token of a source is in no file of the data folder', async () => {
  const { token } = await store.writer.commit('x', (tx) => store.sources.create(tx, 'web', 'analyst'))
  await store.upkeep.run()
  const files = readdirSync(store.dataDir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  expect(files.length).toBeGreaterThan(4)
  const holders = files.filter((entry) => readFileSync(join(entry.parentPath, entry.name)).includes(token))
  expect(holders.map(({ name }) => name)).toEqual([])
})

import * as fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { searchLag } from '../../../../tests/fakes/search-lag.ts'
import { addAlert, openTestStore, type TestStore } from '../../../../tests/fakes/store.ts'
import { alertFilter } from '../../../../shared/model/views.ts'
import { openReader } from '../database.ts'
import { runQuery } from '../queries/index.ts'
import { searchQuery } from './search-terms.ts'

/** What a thread does takes as long as the machine is busy. */
const PATIENT = { timeout: 20_000 }

let store: TestStore
beforeEach(async () => {
  store = await openTestStore()
})
afterEach(() => store.close())

const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))

async function found(text: string): Promise<string[]> {
  const filter = { ...alertFilter.parse({}), text }
  const { rows } = await store.reader.query('alerts.page', { filter, upToSeq: null, offset: 0, limit: 50 })
  return rows.map(({ title }) => title)
}

test('finds facts, attributes and words of the event; the last word also while it is being typed', async () => {
  const attrs = [{ id: 'a', key: 'ip', value: '10.0.0.7', type: 'ipaddr', persist: false, ttl: 0 }]
  await addAlert(
    store,
    { title: 'Backdoor on web-3', attrs },
    { body: bytes({ cmd: ['powershell.exe', { deep: 'C:\\x\\mimikatz.exe' }], id: 4711 }) },
  )
  await addAlert(store, { title: 'Other' }, { body: bytes('powerful') })
  await store.search.catchUp()
  for (const text of [
    'backdoor',
    'BACKD',
    '10.0.0.7',
    'mimikatz.exe',
    'web-3',
    'eicar power',
    '"powershell" 4711',
    '-x mimikatz',
  ]) {
    expect({ text, titles: await found(text) }).toMatchObject({
      text,
      titles: expect.arrayContaining(['Backdoor on web-3']) as unknown,
    })
  }
  expect(await found('10.0.0.8')).toEqual([])
  expect(await found('"power"')).toEqual([])
  expect(await found('power')).toHaveLength(2)
  expect(await found('7.0.0.10')).toEqual([])
  expect(await found(' -"* ')).toHaveLength(2)
})

test('[S21] whatever is typed is a search, never a syntax error or SQL', async () => {
  await addAlert(store, { title: 'x' })
  await store.search.catchUp()
  const hostile = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc.string({
      unit: fc.constantFrom(
        '"',
        "'",
        '*',
        '(',
        ')',
        ':',
        '^',
        '-',
        '+',
        'a',
        ' ',
        '\0',
        'NEAR',
        ' AND ',
        ' OR ',
        ';',
        '--',
        '{',
        '}',
      ),
      maxLength: 30,
    }),
  )
  const db = openReader(store.paths!.database)
  fc.assert(
    fc.property(hostile, hostile, (text, source) => {
      const filter = { ...alertFilter.parse({}), text, sources: [source] }
      runQuery(db, 'alerts.page', { filter, upToSeq: null, offset: 0, limit: 5 })
      runQuery(db, 'alerts.facets', { filter })
    }),
    { numRuns: 500 },
  )
  db.close()
  expect(await found('x')).toEqual(['x'])
  expect(searchQuery('a"b NEAR(c')).toBe('"a""b" AND "NEAR(c"*')
})

test('follows by itself, told of new alerts, and goes on where it stopped after opening again', async () => {
  await addAlert(store, { title: 'first' })
  expect(searchLag(store.dataDir)).toBe(1)
  store.clock.advance(200)
  await expect.poll(() => searchLag(store.dataDir), PATIENT).toBe(0)
  expect(await found('first')).toEqual(['first'])
  await addAlert(store, { title: 'second' })
  await store.reopen()
  expect(searchLag(store.dataDir)).toBe(1)
  store.clock.advance(1000)
  await expect.poll(() => searchLag(store.dataDir), PATIENT).toBe(0)
  expect(await found('second')).toEqual(['second'])
  expect(await found('first')).toEqual(['first'])
  expect(made()).toEqual(['there was none'])
})

test('takes in more than one slice holds, of many alerts and of large ones', async () => {
  const large = { body: new Uint8Array(700_000).fill(0x20) }
  await Promise.all(Array.from({ length: 600 }, (_, index) => addAlert(store, { title: `needle ${index}` })))
  await Promise.all(Array.from({ length: 4 }, (_, index) => addAlert(store, { title: `large ${index}` }, large)))
  await store.search.catchUp()
  expect(searchLag(store.dataDir)).toBe(0)
  expect(await found('needle 599')).toEqual(['needle 599'])
  expect(await found('large')).toHaveLength(4)
})

test('a value that an event repeats is indexed once', async () => {
  const filler = Array.from({ length: 1000 }, () => 'filler of an event that says the same again and again')
  await addAlert(store, { title: 'repeats' }, { body: bytes([...filler, 'needle', 4711, 'needle', 4711, 'needle']) })
  await store.search.catchUp()
  expect(await found('needle')).toEqual(['repeats'])
  const index = openReader(store.paths!.search)
  index.exec(`CREATE VIRTUAL TABLE temp.terms USING fts5vocab(main, alert_text, row)`)
  const counts = index.prepare(`SELECT term, cnt FROM temp.terms WHERE term IN ('filler', 'needle', '4711') ORDER BY 1`)
  expect(counts.all()).toEqual([
    { term: '4711', cnt: 1 },
    { term: 'filler', cnt: 1 },
    { term: 'needle', cnt: 1 },
  ])
  index.close()
})

test('a body that is no JSON, or is gone, keeps nothing from being indexed', async () => {
  await addAlert(store, { title: 'broken' }, { body: new Uint8Array([0xff, 0x7b]) })
  const { eventId } = await addAlert(store, { title: 'gone' }, { body: bytes('needle') })
  store.db.prepare('DELETE FROM event_body WHERE event_seq = ?').run(store.events.get(eventId)!.seq)
  await store.search.catchUp()
  expect(await found('broken')).toEqual(['broken'])
  expect(await found('gone')).toEqual(['gone'])
})

test('a database in memory has none', async () => {
  const inMemory = await openTestStore({ isInMemory: true })
  await addAlert(inMemory)
  await inMemory.search.catchUp()
  inMemory.clock.advance(10_000)
  const filter = { ...alertFilter.parse({}), text: 'x' }
  const query = inMemory.reader.query('alerts.page', { filter, upToSeq: null, offset: 0, limit: 1 })
  await expect(query).rejects.toMatchObject({ code: 'search_unready' })
  await inMemory.close()
})

/** Why the index was made, each time. */
function made(): unknown[] {
  return store.log.lines
    .filter(({ message }) => message === 'The search index is made from the alerts')
    .map(({ fields }) => (fields as { why: string }).why)
}

import * as fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { addAlert, newEvent, openTestStore, type TestStore } from '../../../tests/fakes/store.ts'
import { alertFilter } from '../../../shared/model/views.ts'
import { runQuery } from './queries/index.ts'
import { searchQuery } from './search-terms.ts'

let store: TestStore
afterEach(() => store.close())

const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))

function found(text: string): string[] {
  const filter = { ...alertFilter.parse({}), text }
  return runQuery(store.db, 'alerts.page', { filter, upToSeq: null, offset: 0, limit: 50 }).rows.map(
    ({ title }) => title,
  )
}

test('finds facts, attributes and words of the event; the last word also while it is being typed', async () => {
  store = await openTestStore({ isInMemory: true })
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
    expect({ text, titles: found(text) }).toMatchObject({
      text,
      titles: expect.arrayContaining(['Backdoor on web-3']) as unknown,
    })
  }
  expect(found('10.0.0.8')).toEqual([])
  expect(found('"power"')).toEqual([])
  expect(found('power')).toHaveLength(2)
  expect(found('7.0.0.10')).toEqual([])
  expect(found(' -"* ')).toHaveLength(2)
})

test('[S21] whatever is typed is a search, never a syntax error or SQL', async () => {
  store = await openTestStore({ isInMemory: true })
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
  fc.assert(
    fc.property(hostile, hostile, (text, source) => {
      const filter = { ...alertFilter.parse({}), text, sources: [source] }
      runQuery(store.db, 'alerts.page', { filter, upToSeq: null, offset: 0, limit: 5 })
      runQuery(store.db, 'alerts.facets', { filter })
    }),
    { numRuns: 500 },
  )
  expect(found('x')).toEqual(['x'])
  expect(searchQuery('a"b NEAR(c')).toBe('"a""b" AND "NEAR(c"*')
})

test('follows new alerts within a second, and goes on where it stopped after opening again', async () => {
  store = await openTestStore()
  await addAlert(store, { title: 'first' })
  expect(store.search.lag()).toBe(1)
  store.clock.advance(1000)
  await store.search.catchUp()
  expect(found('first')).toEqual(['first'])
  await addAlert(store, { title: 'second' })
  await store.reopen()
  expect(store.search.lag()).toBe(1)
  store.clock.advance(1000)
  await store.search.catchUp()
  expect(found('second')).toEqual(['second'])
  expect(found('first')).toEqual(['first'])
})

test('the index has transactions of its own and advances under load', async () => {
  store = await openTestStore({ isInMemory: true })
  const long = { body: bytes('long '.repeat(2000)) }
  for (let index = 0; index < 130; index += 1) await addAlert(store, {}, long)
  const order: string[] = []
  const load = Array.from({ length: 5 * 64 }, async () => {
    await store.writer.commit('event', (tx) => store.events.insert(tx, newEvent()))
    order.push('event')
  })
  const done = store.search.catchUp().then(() => order.push('index'))
  await Promise.all(load)
  await done
  // Three slices, each after at most one group of 64 answers.
  expect(order.indexOf('index')).toBeLessThan(4 * 64)
})

test('a value that an event repeats is indexed once', async () => {
  store = await openTestStore({ isInMemory: true })
  const filler = Array.from({ length: 1000 }, () => 'filler of an event that says the same again and again')
  await addAlert(store, { title: 'repeats' }, { body: bytes([...filler, 'needle', 4711, 'needle', 4711, 'needle']) })
  await store.search.catchUp()
  expect(found('needle')).toEqual(['repeats'])
  store.db.exec(`CREATE VIRTUAL TABLE temp.terms USING fts5vocab(main, alert_search, row)`)
  const counts = store.db.prepare(
    `SELECT term, cnt FROM temp.terms WHERE term IN ('filler', 'needle', '4711') ORDER BY 1`,
  )
  expect(counts.all()).toEqual([
    { term: '4711', cnt: 1 },
    { term: 'filler', cnt: 1 },
    { term: 'needle', cnt: 1 },
  ])
})

test('a body that is no JSON, or is gone, keeps nothing from being indexed', async () => {
  store = await openTestStore({ isInMemory: true })
  await addAlert(store, { title: 'broken' }, { body: new Uint8Array([0xff, 0x7b]) })
  const { eventId } = await addAlert(store, { title: 'whole' }, { body: bytes('needle') })
  await store.search.catchUp()
  expect(found('broken')).toEqual(['broken'])
  expect(found('needle')).toEqual(['whole'])
  const { seq } = store.events.get(eventId)!
  await store.writer.commitAlone('retention', (tx) => store.search.forgetBody(tx, seq))
  expect(found('needle')).toEqual([])
  expect(found('whole')).toEqual(['whole'])
})

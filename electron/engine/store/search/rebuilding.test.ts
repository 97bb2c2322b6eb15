import { cpSync, mkdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import type { Worker } from 'node:worker_threads'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { searchLag } from '../../../../tests/fakes/search-lag.ts'
import { addAlert, openTestStore, type TestStore } from '../../../../tests/fakes/store.ts'
import { alertFilter } from '../../../../shared/model/views.ts'
import { listBackups, prepareRestore, replaceDatabase } from '../backup.ts'

const DAY_MS = 86_400_000
/** What a thread does takes as long as the machine is busy. */
const PATIENT = { timeout: 20_000 }

let store: TestStore
beforeEach(async () => {
  store = await openTestStore()
})
afterEach(() => store.close())

const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))
const file = (): string => store.paths!.search

async function found(text: string): Promise<string[]> {
  const filter = { ...alertFilter.parse({}), text }
  const { rows } = await store.reader.query('alerts.page', { filter, upToSeq: null, offset: 0, limit: 50 })
  return rows.map(({ title }) => title)
}

/** Why the index was made, each time since the last question. */
function made(): string[] {
  const lines = store.log.lines.splice(0)
  return lines.flatMap(({ message, fields }) =>
    message === 'The search index is made from the alerts' ? [(fields as { why: string }).why] : [],
  )
}

/** Two alerts that are in the index. */
async function indexed(): Promise<void> {
  await addAlert(store, { title: 'one' }, { body: bytes('needle') })
  await addAlert(store, { title: 'two' })
  await store.search.catchUp()
  expect(made()).toEqual(['there was none'])
}

test.each([
  ['removed', (path: string) => rmSync(path), /there was none/],
  ['emptied', (path: string) => truncateSync(path), /format is 0/],
  [
    'cut off in its middle',
    (path: string) => truncateSync(path, Math.floor(statSync(path).size / 2)),
    /damaged|malformed/,
  ],
  ['overwritten', (path: string) => writeFileSync(path, 'my shopping list'.repeat(4096)), /not a database/],
  ['garbled', (path: string) => writeFileSync(path, garbled(readFileSync(path))), /damaged|malformed/],
  ['of another format', (path: string) => inFile(path, 'PRAGMA user_version = 99'), /format is 99/],
  ['robbed of a table', (path: string) => inFile(path, 'DROP TABLE mark'), /no such table/],
])('an index that was %s is made anew at the next start', async (_name, spoil, why) => {
  await indexed()
  await store.reopen(() => spoil(file()))
  await addAlert(store, { title: 'three' })
  await store.search.catchUp()
  expect(made()).toEqual([expect.stringMatching(why)])
  expect(await found('needle')).toEqual(['one'])
  expect(await found('three')).toEqual(['three'])
  expect(statSync(file()).mode & 0o777).toBe(0o600)
  expect(store.health().state).toBe('ok')
})

/** The same file with its later half overwritten. */
function garbled(content: Buffer): Buffer {
  return content.fill(0xa5, Math.floor(content.length / 2 / 4096) * 4096)
}

function inFile(path: string, sql: string): void {
  const db = new Database(path)
  db.unsafeMode()
  db.exec(sql)
  db.close()
}

function overwrite(path: string): void {
  inFile(path, 'PRAGMA wal_checkpoint(TRUNCATE)')
  writeFileSync(path, 'my shopping list'.repeat(4096))
}

test('an index of another database is made anew, also where that has as many alerts', async () => {
  await indexed()
  const other = await openTestStore()
  const kept = `${file()}.kept`
  for (const title of ['foreign', 'alien', 'strange']) await addAlert(other, { title })
  await other.search.catchUp()
  await other.reopen(() => cpSync(other.paths!.search, kept))
  await store.reopen(() => cpSync(kept, file()))
  await addAlert(store, { title: 'three' })
  await addAlert(store, { title: 'four' })
  await store.search.catchUp()
  expect(made()).toEqual(['it is of another database'])
  expect(await found('foreign')).toEqual([])
  expect(await found('one')).toEqual(['one'])
  await other.close()
})

test('after a restore the index has what the restored database has', async () => {
  await addAlert(store, { title: 'before' })
  await store.upkeep.run()
  await addAlert(store, { title: 'taken back' })
  await store.search.catchUp()
  const { paths, clock } = store
  const [backup] = listBackups(paths!.backups)
  const replacement = await prepareRestore(paths!, backup!.name, clock.now())
  made()
  await store.reopen(() => replaceDatabase(paths!, replacement))
  // The number that the index has already is given to another alert.
  await addAlert(store, { title: 'after' })
  await store.search.catchUp()
  expect(made()).toEqual(['it is of another database'])
  expect(await found('taken')).toEqual([])
  expect(await found('after')).toEqual(['after'])
  expect(await found('before')).toEqual(['before'])
})

test('an older index of the same database goes on where it stands', async () => {
  await indexed()
  const kept = `${file()}.kept`
  await store.reopen(() => cpSync(file(), kept))
  await addAlert(store, { title: 'three' })
  await store.search.catchUp()
  await store.reopen(() => cpSync(kept, file()))
  expect(searchLag(store.dataDir)).toBe(1)
  await store.search.catchUp()
  expect(made()).toEqual([])
  expect(await found('needle')).toEqual(['one'])
  expect(await found('three')).toEqual(['three'])
})

test.each([
  ['removed', () => rmSync(file())],
  ['damaged', () => inFile(file(), `UPDATE alert_text_data SET block = x'00000000ff' WHERE id > 1`)],
  ['overwritten', () => overwrite(file())],
])('an index that is %s while the app runs is made anew by the first search that meets it', async (_name, spoil) => {
  await indexed()
  spoil()
  await expect(found('needle')).rejects.toMatchObject({ code: 'search_unready' })
  await expect.poll(() => found('needle').catch(() => []), PATIENT).toEqual(['one'])
  // Once for each search that came while there was no file.
  const why = new Set<string>()
  const told = (): Set<string> => {
    for (const reason of made()) why.add(reason)
    return why
  }
  // The thread's word may come after its work.
  await expect.poll(told, PATIENT).toEqual(new Set(['a search could not read it']))
  expect(await found('')).toHaveLength(2)
  expect(store.health()).toEqual({ state: 'ok', message: '' })
})

test('it is made anew once for all that ask for it meanwhile', async () => {
  await indexed()
  await Promise.all(Array.from({ length: 5 }, () => store.search.rebuild()))
  expect(made()).toHaveLength(1)
  expect(await found('needle')).toEqual(['one'])
})

test('one that cannot be written is said and tried again', async () => {
  await indexed()
  rmSync(file())
  mkdirSync(file())
  await expect(store.search.rebuild()).rejects.toMatchObject({ code: 'search_unwritable' })
  expect(store.log.lines).toContainEqual(expect.objectContaining({ level: 'warn' }))
  rmSync(file(), { recursive: true })
  store.clock.advance(5000)
  await expect.poll(() => found('needle').catch(() => []), PATIENT).toEqual(['one'])
  expect(store.health().state).toBe('ok')
})

test('a thread that dies in the middle of a slice is started again, and takes every alert in once', async () => {
  const body = bytes(['needle', ...Array.from({ length: 2000 }, (_, index) => `word${index}`)])
  await Promise.all(Array.from({ length: 3000 }, () => addAlert(store, {}, { body })))
  const first = nextWorker()
  store.clock.advance(200)
  const worker = await first
  await expect.poll(() => searchLag(store.dataDir), { ...PATIENT, interval: 1 }).toBeLessThan(3000)
  await worker.terminate()
  expect(searchLag(store.dataDir)).toBeGreaterThan(0)
  expect(store.log.lines).toContainEqual(expect.objectContaining({ level: 'warn' }))
  const second = nextWorker()
  store.clock.advance(5000)
  await second
  await store.search.catchUp()
  expect(searchLag(store.dataDir)).toBe(0)
  const index = new Database(file(), { readonly: true })
  const all = index.prepare(`SELECT count(*), min(rowid), max(rowid) FROM alert_text WHERE alert_text MATCH 'needle'`)
  expect(all.raw().get()).toEqual([3000, 1, 3000])
  index.close()
  expect(made()).toEqual(['there was none'])
})

/** The thread that is started next. */
function nextWorker(): Promise<Worker> {
  return new Promise((resolve) => process.once('worker', resolve))
}

/** An event whose body goes with the next run of the upkeep. */
const old = () => ({ body: bytes('needle'), receivedAt: store.clock.now() - 91 * DAY_MS })

test('the words of a deleted body go, of an event that is in the index and of one that is not yet', async () => {
  await addAlert(store, { title: 'one' }, old())
  await store.search.catchUp()
  await addAlert(store, { title: 'two' }, old())
  await addAlert(store, { title: 'fresh' }, { body: bytes('needle') })
  expect(await found('needle')).toEqual(['one'])
  await store.upkeep.run()
  await store.search.catchUp()
  expect(await found('needle')).toEqual(['fresh'])
  expect(await found('one')).toEqual(['one'])
  expect(await found('two')).toEqual(['two'])
})

test('the index is told of deleted bodies', async () => {
  await addAlert(store, { title: 'one' }, old())
  await store.search.catchUp()
  store.clock.advance(1000)
  await store.search.catchUp()
  await store.upkeep.run()
  expect(await found('needle')).toEqual(['one'])
  store.clock.advance(200)
  await expect.poll(() => found('needle'), PATIENT).toEqual([])
})

test('bodies that were deleted just before the end are forgotten after the next start', async () => {
  await addAlert(store, { title: 'one' }, old())
  await store.search.catchUp()
  await store.upkeep.run()
  await store.reopen()
  expect(await found('needle')).toEqual(['one'])
  store.clock.advance(1000)
  await expect.poll(() => found('needle'), PATIENT).toEqual([])
  expect(await found('one')).toEqual(['one'])
  expect(made()).toEqual(['there was none'])
})

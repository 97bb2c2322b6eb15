import {
  closeSync,
  cpSync,
  existsSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { FakeClock, FakeLog } from '../../../tests/fakes/ports.ts'
import { addAlert, newEvent } from '../../../tests/fakes/store.ts'
import { readAuditHead } from '../audit/audit-log.ts'
import { sha256 } from '../forms/canonical.ts'
import { systemIds } from '../ports/system-ports.ts'
import { dataPaths } from './data-folder.ts'
import { openReader, openWriter } from './database.ts'
import { findDamage } from './soundness.ts'
import { openStore, type Store } from './store.ts'

let folder: string
let dataDir: string
let clock: FakeClock
let stores: Store[]
let damageTold: number

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tocsin-damage-'))
  dataDir = join(folder, 'data')
  clock = new FakeClock()
  stores = []
  damageTold = 0
})
afterEach(async () => {
  for (const store of stores) await store.close()
  rmSync(folder, { recursive: true, force: true })
})

async function open(): Promise<Store> {
  const onDamage = (): void => void (damageTold += 1)
  const store = await openStore({ dataDir, onDamage, clock, ids: systemIds, log: new FakeLog() })
  stores.push(store)
  return store
}

async function close(store: Store): Promise<void> {
  stores = stores.filter((other) => other !== store)
  await store.close()
}

/** A folder with some hundred events, closed. */
async function filled(): Promise<void> {
  const store = await open()
  await addAlert(store)
  const body = new TextEncoder().encode(JSON.stringify({ text: 'evidence '.repeat(300) }))
  await Promise.all(
    Array.from({ length: 300 }, () =>
      store.writer.commit('event', (tx) => store.events.insert(tx, newEvent({ body }))),
    ),
  )
  await close(store)
}

const digest = (path: string): string => sha256(readFileSync(path))

function write(path: string, page: number, bytes: Buffer): void {
  const handle = openSync(path, 'r+')
  writeSync(handle, bytes, 0, bytes.length, (page - 1) * 4096)
  closeSync(handle)
}

function truncate(path: string, bytes: number): void {
  const handle = openSync(path, 'r+')
  ftruncateSync(handle, bytes)
  closeSync(handle)
}

/** Overwrites pages in the middle of the file. */
function damage(path: string): void {
  write(path, Math.floor(Math.floor(statSync(path).size / 4096) / 2), Buffer.alloc(3 * 4096, 0xa5))
}

const last = (path: string): number => Math.floor(statSync(path).size / 4096)

test.each([
  ['three garbled pages', (path: string) => damage(path)],
  ['a zeroed page in the middle', (path: string) => write(path, 20, Buffer.alloc(4096))],
  ['a zeroed root page', (path: string) => write(path, 2, Buffer.alloc(4096))],
  ['a missing end', (path: string) => truncate(path, (last(path) - 3) * 4096)],
])('[S42] %s after a clean end is found at the next start, and nothing is written', async (_name, spoil) => {
  await filled()
  const { database } = dataPaths(dataDir)
  spoil(database)
  const before = digest(database)
  await expect(open()).rejects.toMatchObject({ code: 'store_corrupt' })
  expect(digest(database)).toBe(before)
})

/** What is found in a database that is too large to be checked whole. */
function findDamagedEnds(path: string): string | null {
  const db = openReader(path)
  try {
    return findDamage(db, path, false, { small: 0, checked: 0 })
  } finally {
    db.close()
  }
}

test('[S42] of a large database the pages that are written next are looked at, however it ended', async () => {
  await filled()
  const { database } = dataPaths(dataDir)
  const db = openWriter(database)
  const root = db.prepare<[], { rootpage: number }>("SELECT rootpage FROM sqlite_schema WHERE name = 'event'").get()
  db.close()
  expect(findDamagedEnds(database)).toBeNull()
  write(database, root?.rootpage ?? 0, Buffer.alloc(4096, 0xa5))
  expect(findDamagedEnds(database)).toContain('event')
})

/** Ends as a killed process does: the log is whole, nothing is folded in. */
async function killed(): Promise<{ head: number }> {
  const store = await open()
  beginFirst(store)
  await addAlert(store)
  const kept = join(folder, 'killed')
  cpSync(dataDir, kept, { recursive: true })
  const head = readAuditHead(store.db).seq
  await close(store)
  rmSync(dataDir, { recursive: true })
  cpSync(kept, dataDir, { recursive: true })
  return { head }
}

/** As every start does. */
function beginFirst(store: Store): void {
  const place = { machine: '', file: '', born: '' }
  store.generations.begin({ id: 'one', number: 1, follows: [], place })
}

test('[S42] after a kill nothing is missing', async () => {
  await killed()
  expect((await open()).lost).toBeNull()
})

test.each([
  ['removed', (log: string) => rmSync(log)],
  ['halved', (log: string) => truncate(log, statSync(log).size / 2)],
  ['garbled', (log: string) => write(log, 2, Buffer.alloc(8192, 0xa5))],
])('[S42] a log that was %s after a kill is said, by number, and what is left of it is kept', async (name, spoil) => {
  const { head } = await killed()
  const { database, damaged } = dataPaths(dataDir)
  const log = `${database}-wal`
  spoil(log)
  const left = name === 'removed' ? null : digest(log)
  const store = await open()
  expect(store.lost).toMatch(new RegExp(`records? (\\d+ to )?${head} (is|are) missing`))
  if (left !== null) expect(digest(join(damaged, String(clock.now()), 'tocsin.db-wal'))).toBe(left)
})

test('[S42] a database that is gone is not begun anew, and an audit head that is gone is said', async () => {
  const store = await open()
  beginFirst(store)
  await addAlert(store)
  await close(store)
  const { database, auditHead } = dataPaths(dataDir)
  rmSync(auditHead)
  const again = await open()
  expect(again.lost).toContain('audit-head')
  await addAlert(again)
  await close(again)
  rmSync(database)
  await expect(open()).rejects.toMatchObject({ code: 'store_corrupt' })
  expect(existsSync(database)).toBe(false)
})

/** Lets the check of the idle time go through all its steps. */
async function checked(until: () => boolean): Promise<void> {
  await vi.waitFor(
    () => {
      clock.advance(10_000)
      expect(until()).toBe(true)
    },
    { timeout: 20_000, interval: 20 },
  )
}

test('[S42] damage that a start did not see is found in the idle time: nothing more is written', async () => {
  await filled()
  const store = await open()
  const { rootpage } = store.db.prepare("SELECT rootpage FROM sqlite_schema WHERE name = 'event_outcome'").get() as {
    rootpage: number
  }
  store.db.pragma('wal_checkpoint(TRUNCATE)')
  write(dataPaths(dataDir).database, rootpage, Buffer.alloc(4096, 0xa5))
  await checked(() => store.health().state === 'corrupt')
  expect(damageTold).toBe(1)
  await expect(store.writer.commit('event', (tx) => store.events.insert(tx, newEvent()))).rejects.toMatchObject({
    code: 'store_corrupt',
  })
})

test('[S42] a body that is not what came in is named by its event’s number', async () => {
  await filled()
  const store = await open()
  store.db.exec('UPDATE event_body SET body = zeroblob(length(body)) WHERE event_seq = 7')
  await checked(() => store.problems.countOpen('event_damaged') === 1)
  const problem = store.db.prepare("SELECT message FROM problem WHERE code = 'event_damaged'").get()
  expect(problem).toMatchObject({ message: expect.stringContaining('number 7 ') as string })
  expect(store.health().state).toBe('ok')
})

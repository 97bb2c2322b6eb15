import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import DatabaseConnection from 'better-sqlite3'
import { afterEach, expect, test, vi } from 'vitest'
import { sendAs } from '../../../tests/fakes/sender.ts'
import { openEngineWorld, type EngineWorld } from '../../../tests/fakes/engine.ts'
import { openTestStore, type TestStore } from '../../../tests/fakes/store.ts'
import type { Database, Statement } from './database.ts'
import { AlertTexts } from './search/alert-texts.ts'

let world: EngineWorld | undefined
let store: TestStore | undefined
afterEach(async () => {
  await world?.close()
  await store?.close()
  world = store = undefined
})

test('no statement on the way of an event, a round or an attempt is prepared again each time', async () => {
  world = await openEngineWorld()
  const { ask, idle, folder, engine, started } = world
  await ask('settings.set', { changes: { 'quarantine.roots': [join(folder, 'home')] } })
  const texts = await watched(async () => {
    const { path } = await ask('sample.send', {})
    await idle()
    const { actionId } = (await ask('approvals.list', {})).rows[0]!
    const { boundHash } = await ask('approvals.get', { actionId })
    await ask('approvals.approve', { actionId, boundHash, isStaleConfirmed: false, editedArgs: null, why: '' })
    await idle()
    expect(() => readFileSync(path)).toThrow('ENOENT')
    // The same delivery twice: the second is answered from the rows of the first.
    const headers = { 'Idempotency-Key': 'once', 'Content-Type': 'application/json' }
    const body = JSON.stringify({ path: join(folder, 'home', 'absent'), virus: 'Eicar-Signature' })
    const send = async (): Promise<string> =>
      (await sendAs('POST', `${started.receiver?.url}/alert/raw/clamav`, body, headers)).text
    expect(await send()).toBe(await send())
    await idle()
    // What the search index's thread executes.
    const alertTexts = new AlertTexts(engine.services().store.db)
    const start = alertTexts.start()
    expect(alertTexts.knows(start)).toBe(true)
    expect([...(alertTexts.after({ ...start, alertSeq: 0 })?.added ?? [])].length).toBeGreaterThan(1)
  })
  expect(texts.length).toBeGreaterThan(40)
  const { db } = engine.services().store
  expect(texts.filter((text) => isPreparedAgain(db, text))).toEqual([])
})

test('a bare parameter is seen where SQLite looks at its value to plan', async () => {
  const { db } = (store = await openTestStore({ isInMemory: true }))
  const again = (text: string): boolean => isPreparedAgain(db, text)
  expect(again('SELECT * FROM round_row WHERE chain_id = ? ORDER BY no')).toBe(true)
  expect(again('SELECT * FROM round_row WHERE chain_id = +? ORDER BY no')).toBe(false)
  expect(again('SELECT * FROM round_row WHERE chain_id = @id AND no = @no')).toBe(false)
  expect(again('SELECT id FROM alert WHERE seq > +? ORDER BY seq LIMIT ?')).toBe(true)
  expect(again('SELECT a.title FROM event AS e JOIN alert AS a ON a.event_id = e.id WHERE e.id = ?')).toBe(true)
  expect(again('UPDATE chain SET state = ? WHERE id = ?')).toBe(false)
  const withSource = 'SELECT seq, EXISTS (SELECT 1 FROM source WHERE id = source_id) FROM event WHERE id = ?'
  expect(again(withSource)).toBe(false)
  expect(again('UPDATE problem SET count = 1 WHERE chain_id = ?')).toBe(true)
})

/** @returns the text of every statement that this thread executed while `work` ran */
async function watched(work: () => Promise<void>): Promise<string[]> {
  const memory = new DatabaseConnection(':memory:')
  const prototype = Object.getPrototypeOf(memory.prepare('SELECT 1')) as Statement
  memory.close()
  const texts = new Set<string>()
  for (const method of ['get', 'all', 'run', 'iterate'] as const) {
    const execute = prototype[method] as (...values: unknown[]) => never
    vi.spyOn(prototype, method).mockImplementation(function (this: Statement, ...values: unknown[]) {
      texts.add(this.source)
      return execute.apply(this, values)
    })
  }
  await work()
  vi.restoreAllMocks()
  return [...texts]
}

const BARE = /(?:[=<>]|LIMIT|OFFSET|BETWEEN|AND|IN \() ?[?@:]/

/**
 * Whether SQLite, built with STAT4, prepares the statement anew whenever its parameters are bound: the planner has looked at
 * the value of one. It does not where `+` stands before it, nor where one row is found by its unique key, which needs no plan.
 */
function isPreparedAgain(db: Database, text: string): boolean {
  if (/\b(?:LIMIT|OFFSET) [?@:]/.test(text)) return true
  const where = /\bWHERE\b[^]*/.exec(text)?.[0] ?? ''
  return !text.startsWith('INSERT') && BARE.test(where) && !isByUniqueKey(db, text)
}

/** Whether each SELECT of the statement reads one table by a whole unique key. */
function isByUniqueKey(db: Database, text: string): boolean {
  const named = [...text.matchAll(/[@:](\w+)/g)].map(([, name]) => [name!, null])
  const values = [...text.matchAll(/\?/g)].map(() => null)
  const explain = db.prepare<unknown[], { parent: number; detail: string }>(['EXPLAIN QUERY PLAN', text].join(' '))
  const plan = named.length > 0 ? explain.all(Object.fromEntries(named)) : explain.all(...values)
  const steps = plan.filter(({ detail }) => !/^(?:CORRELATED )?SCALAR SUBQUERY/.test(detail))
  return (
    steps.length === new Set(steps.map(({ parent }) => parent)).size &&
    steps.every(({ detail }) => isUniqueSearch(db, detail))
  )
}

function isUniqueSearch(db: Database, detail: string): boolean {
  const search =
    /^SEARCH \w+ USING (?:COVERING )?(?:INTEGER (PRIMARY KEY)|INDEX (sqlite_autoindex_\w+)) \((.*)\)$/.exec(detail)
  if (search === null) return false
  const [, rowid, index, terms = ''] = search
  if (/[<>]/.test(terms)) return false
  const columns = db
    .prepare('SELECT count(*) FROM pragma_index_info(?)')
    .pluck()
    .get(index ?? '')
  return rowid !== undefined || columns === terms.split(' AND ').length
}

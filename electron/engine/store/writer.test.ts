import { afterEach, expect, test } from 'vitest'
import { newEvent, openTestStore, type TestStore } from '../../../tests/fakes/store.ts'
import { errorCode } from '../../../shared/errors.ts'
import type { Tx } from './writer.ts'

let store: TestStore
afterEach(() => store.close())

const count = (table: 'event' | 'act' | 'audit'): number =>
  (
    store.db
      .prepare(`SELECT (SELECT count(*) FROM event) AS event, (SELECT count(*) FROM act) AS act,
    (SELECT count(*) FROM audit) AS audit`)
      .get() as Record<string, number>
  )[table]!

const addEvent = (tx: Tx): string => store.events.insert(tx, newEvent()).id

test('units of one turn share a transaction, at most 64', async () => {
  store = await openTestStore()
  const signed = (): number =>
    (store.db.prepare('SELECT count(*) AS n FROM audit WHERE signature IS NOT NULL').get() as { n: number }).n
  const before = signed()
  await Promise.all(Array.from({ length: 130 }, () => store.writer.commit('event', addEvent)))
  expect(count('event')).toBe(130)
  // One signature per commit: 64 + 64 + 2.
  expect(signed() - before).toBe(3)
})

const KINDS = [{ isRepeatable: false }, { isRepeatable: true }]

test.each(KINDS)('a unit that throws takes only its own rows and audit entries with it: %o', async (kind) => {
  store = await openTestStore({ isInMemory: true })
  const rows = count('audit')
  const answers = await Promise.allSettled([
    store.writer.commit('event', addEvent, kind),
    store.writer.commit(
      'event',
      (tx) => {
        addEvent(tx)
        tx.act({ by: 'analyst', kind: 'x', subjectKind: 'alert', subjectId: 'a' })
        throw new Error('mine')
      },
      kind,
    ),
    store.writer.commit(
      'event',
      (tx) => {
        store.events.insert(tx, newEvent({ outcome: 'wrong' as 'pending' }))
      },
      kind,
    ),
    store.writer.commit('event', addEvent, kind),
  ])
  expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled'])
  expect(answers[1]).toMatchObject({ reason: { message: 'mine' } })
  expect(answers[2]).toMatchObject({ reason: { code: 'SQLITE_CONSTRAINT_CHECK' } })
  expect(count('event')).toBe(2)
  expect(count('act')).toBe(0)
  expect(count('audit') - rows).toBe(1)
  const last = store.db.prepare('SELECT records FROM audit ORDER BY seq DESC LIMIT 1').pluck().get() as string
  expect((JSON.parse(last) as [string][]).map(([table]) => table)).toEqual(['event', 'event'])
})

test('what can be run again runs once where nothing throws, and what cannot never does', async () => {
  store = await openTestStore({ isInMemory: true })
  const runs = { again: 0, once: 0, thrower: 0 }
  const run = (name: keyof typeof runs, isRepeatable: boolean, error?: Error): Promise<unknown> => {
    const work = (tx: Tx): void => {
      addEvent(tx)
      runs[name] += 1
      if (error) throw error
    }
    return store.writer.commit('event', work, { isRepeatable })
  }
  await Promise.all([run('again', true), run('again', true)])
  expect(runs).toEqual({ again: 2, once: 0, thrower: 0 })
  await Promise.allSettled([run('once', false), run('again', true), run('thrower', true, new Error('mine'))])
  expect(runs).toEqual({ again: 3, once: 1, thrower: 1 })
  expect(count('event')).toBe(4)
})

test('asynchronous work is refused and leaves nothing', async () => {
  store = await openTestStore({ isInMemory: true })
  const answer = store.writer.commit('event', async (tx) => addEvent(tx))
  await expect(answer).rejects.toThrow('must not be asynchronous')
  expect(count('event')).toBe(0)
})

test('a full database rejects the whole group, and heals with the next commit that fits', async () => {
  store = await openTestStore()
  const pages = Number(store.db.pragma('page_count', { simple: true }))
  store.db.pragma(`max_page_count = ${pages + 2}`)
  const body = crypto.getRandomValues(new Uint8Array(4000))
  const answers = await Promise.allSettled(
    Array.from({ length: 20 }, () =>
      store.writer.commit('event', (tx) => store.events.insert(tx, newEvent({ body })).id),
    ),
  )
  expect(answers.every((answer) => answer.status === 'rejected' && errorCode(answer.reason) === 'store_full')).toBe(
    true,
  )
  expect(store.writer.state()).toBe('full')
  expect(count('event')).toBe(0)
  store.db.pragma('max_page_count = 1000000')
  await store.writer.commit('event', addEvent)
  expect(store.writer.state()).toBe('ok')
  expect(count('event')).toBe(1)
})

test('what fails at COMMIT fails every unit, and the chain goes on from what is stored', async () => {
  store = await openTestStore({ isInMemory: true })
  store.db.exec(`CREATE TABLE parent (id INTEGER PRIMARY KEY) STRICT;
    CREATE TABLE child (id INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED) STRICT`)
  const answers = await Promise.allSettled([
    store.writer.commit('event', addEvent),
    store.writer.commit('x', (tx) => tx.db.prepare('INSERT INTO child VALUES (7)').run()),
  ])
  expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(answers[0]).toMatchObject({ reason: { code: 'store_failed' } })
  const id = await store.writer.commit('event', addEvent)
  expect(store.events.get(id)).not.toBeNull()
  const seqs = store.db.prepare('SELECT seq FROM audit ORDER BY seq').all() as { seq: number }[]
  expect(seqs.map(({ seq }) => seq)).toEqual(seqs.map((_, index) => index + 1))
})

test('closing commits what waits and takes nothing more', async () => {
  store = await openTestStore()
  const { writer } = store
  const waiting = Array.from({ length: 100 }, () => writer.commit('event', addEvent))
  await store.reopen()
  await Promise.all(waiting)
  expect(count('event')).toBe(100)
  await expect(writer.commit('event', addEvent)).rejects.toMatchObject({ code: 'store_closed' })
})

test('what a commit writes is one row of the trail, each row of it with its own hash', async () => {
  store = await openTestStore()
  const before = store.db.prepare('SELECT count(*) FROM audit').pluck().get() as number
  const failing = store.writer.commit('event', (tx) => {
    addEvent(tx)
    throw new Error('no')
  })
  const adding = store.writer.commit('event', addEvent)
  await expect(failing).rejects.toThrow('no')
  await adding
  await store.writer.commit('event', (tx) => void tx.act({ by: 'system', kind: 'k', subjectKind: 's', subjectId: 'x' }))
  const rows = store.db.prepare('SELECT records FROM audit WHERE seq > ? ORDER BY seq').pluck().all(before) as string[]
  const tables = rows.map((row) => (JSON.parse(row) as [string][]).map(([table]) => table))
  expect(tables).toEqual([['event'], ['act']])
})

test('what nobody waits for shares the next commit, or makes its own after a moment', async () => {
  store = await openTestStore()
  const commits = (): number => store.db.prepare('SELECT count(*) FROM audit').pluck().get() as number
  const before = commits()
  const patient = store.writer.commit('chain-round', addEvent, { isPatient: true })
  await store.writer.commit('event', addEvent)
  await patient
  expect(commits() - before).toBe(1)
  // The timer of the first has not run out: the next patient one must not rely on it for ever.
  for (let round = 0; round < 3; round += 1) await store.writer.commit('chain-round', addEvent, { isPatient: true })
  expect(commits() - before).toBe(4)
})

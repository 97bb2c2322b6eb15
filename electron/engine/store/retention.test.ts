import { afterEach, beforeEach, expect, test } from 'vitest'
import { addChain, type MadeChain } from '../../../tests/fakes/chain-rows.ts'
import { addAlert, newEvent, openTestStore, type TestStore } from '../../../tests/fakes/store.ts'
import { listBackups } from './backup.ts'

const DAY_MS = 86_400_000

let store: TestStore
beforeEach(async () => {
  store = await openTestStore()
})
afterEach(() => store.close())

const succeeded = { state: 'succeeded', effect: 'notify', attempt: { outcome: 'succeeded', result: { secret: 1 } } }
const result = (attemptId: string | null): unknown =>
  store.db.prepare('SELECT result, result_sha256 FROM attempt WHERE id = ?').get(attemptId)
const hasBody = (id: string): boolean => store.events.get(id)!.hasBody

test('old bodies and results go; open chains, containments in force and everything else stay', async () => {
  const closed = await addAlert(store, { title: 'closed' })
  const closedChain = await addChain(store, { alertId: closed.id, state: 'completed', actions: [succeeded] })
  const open = await addAlert(store)
  const openChain = await addChain(store, { alertId: open.id, state: 'waiting', actions: [succeeded] })
  const contained = await addAlert(store)
  const active = await addChain(store, {
    alertId: contained.id,
    state: 'completed',
    actions: [{ ...succeeded, effect: 'contain' }],
  })
  const pending = await store.writer.commit('event', (tx) => store.events.insert(tx, newEvent({ outcome: 'pending' })))
  await store.search.catchUp()
  store.clock.advance(91 * DAY_MS)
  const fresh = await addAlert(store, {}, { receivedAt: store.clock.now() })
  await store.upkeep.run()
  expect([closed, open, contained, fresh].map(({ eventId }) => hasBody(eventId))).toEqual([false, true, true, true])
  expect(hasBody(pending.id)).toBe(true)
  const gone = store.db.prepare('SELECT count(*) FROM event WHERE body_deleted_at IS NOT NULL').pluck().get()
  expect(gone).toBe(1)
  const deletedAt = store.db.prepare('SELECT result_deleted_at FROM attempt WHERE id = ?').pluck()
  expect(deletedAt.get(closedChain.attemptIds[0]!)).toBe(store.clock.now())
  expect(deletedAt.get(openChain.attemptIds[0]!)).toBeNull()
  expect(result(closedChain.attemptIds[0]!)).toMatchObject({ result: null })
  expect(result(openChain.attemptIds[0]!)).toMatchObject({ result: '{"secret":1}' })
  expect(result(active.attemptIds[0]!)).toMatchObject({ result: '{"secret":1}' })
  expect(store.alerts.get(closed.id)).toMatchObject({ title: 'closed' })
  expect(store.alerts.publicForms(closed.eventId)).toMatchObject([{ id: closed.id, data: null }])
  expect(store.events.get(closed.eventId)).toMatchObject({
    bodySize: 2,
    bodySha256: expect.stringMatching(/^\w{64}$/) as string,
  })
  expect(store.db.prepare(`SELECT after FROM act WHERE kind = 'retention'`).all()).toEqual([
    { after: '{"bodies":1,"results":1}' },
  ])
  expect((await store.audit.verify()).isIntact).toBe(true)
})

test('a result that came late stays for its time, and holds back none of those behind it', async () => {
  const { id: alertId } = await addAlert(store)
  const add = (): Promise<MadeChain> => addChain(store, { alertId, state: 'completed', actions: [succeeded] })
  const settledLate = (await add()).attemptIds[0]!
  const old = (await add()).attemptIds[0]!
  store.clock.advance(91 * DAY_MS)
  store.db.prepare('UPDATE attempt SET outcome_at = ? WHERE id = ?').run(store.clock.now(), settledLate)
  await store.upkeep.run()
  expect(result(settledLate)).toMatchObject({ result: '{"secret":1}' })
  expect(result(old)).toMatchObject({ result: null })
})

test('above the size cap the oldest bodies go, but none of the last day', async () => {
  const body = crypto.getRandomValues(new Uint8Array(3000))
  const add = (): Promise<string> =>
    store.writer.commit('event', (tx) => store.events.insert(tx, newEvent({ body, receivedAt: tx.at })).id)
  const old = await Promise.all(Array.from({ length: 500 }, add))
  store.clock.advance(2 * DAY_MS)
  const recent = await Promise.all(Array.from({ length: 100 }, add))
  await store.upkeep.run()
  expect(old.every(hasBody)).toBe(true)
  const used = Number(store.db.pragma('page_count', { simple: true })) * 4096
  await store.writer.commit('x', (tx) => store.settings.set(tx, { 'retention.maxBytes': used - 400_000 }, 'analyst'))
  await store.upkeep.run()
  const kept = old.filter(hasBody)
  expect(kept.length).toBeGreaterThan(200)
  expect(kept.length).toBeLessThan(450)
  expect(kept).toEqual(old.slice(-kept.length))
  await store.writer.commit('x', (tx) => store.settings.set(tx, { 'retention.maxBytes': 1 }, 'analyst'))
  await store.upkeep.run()
  expect(old.some(hasBody)).toBe(false)
  expect(recent.every(hasBody)).toBe(true)
})

test('a backup is made once a day, and seven are kept', async () => {
  for (let day = 0; day < 10; day += 1) {
    await store.upkeep.run()
    await store.upkeep.run()
    store.clock.advance(DAY_MS)
  }
  const backups = listBackups(store.paths!.backups)
  expect(backups).toHaveLength(7)
  expect(backups[0]!.at - backups[6]!.at).toBe(6 * DAY_MS)
})

test('it runs by itself', async () => {
  store.clock.advance(60_000)
  await expect.poll(() => listBackups(store.paths!.backups).length).toBe(1)
})

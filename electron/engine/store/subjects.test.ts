import { afterEach, beforeEach, expect, test } from 'vitest'
import { addChain, type ChainRows } from '../../../tests/fakes/chain-rows.ts'
import { addAlert, openTestStore, type TestStore } from '../../../tests/fakes/store.ts'

const DAY_MS = 86_400_000
const REPORT = 'report-1'

let store: TestStore
beforeEach(async () => {
  store = await openTestStore()
  // A subject that is no alert and is about several, as a report will be.
  store.db.exec(`CREATE TABLE member (subject_id TEXT, alert_id TEXT);
    DROP VIEW subject_alert;
    CREATE VIEW subject_alert AS
      SELECT 'alert' AS subject_kind, id AS subject_id, seq AS alert_seq, event_id FROM alert
      UNION ALL SELECT 'report', m.subject_id, a.seq, a.event_id FROM member AS m JOIN alert AS a ON a.id = m.alert_id`)
})
afterEach(() => store.close())

async function members(count: number): Promise<{ id: string; eventId: string }[]> {
  const alerts = await Promise.all(Array.from({ length: count }, () => addAlert(store)))
  const add = store.db.prepare('INSERT INTO member VALUES (?, ?)')
  for (const { id } of alerts) add.run(REPORT, id)
  return alerts
}

const addReportChain = (chain: Omit<ChainRows, 'alertId'>): ReturnType<typeof addChain> =>
  addChain(store, { ...chain, alertId: REPORT, subjectKind: 'report' })
const hasBody = ({ eventId }: { eventId: string }): boolean => store.events.get(eventId)?.hasBody === true
const finish = (id: string): unknown =>
  store.db.prepare("UPDATE chain SET state = 'completed', finished_at = 1 WHERE id = ?").run(id)

test('the events of all alerts that an open chain is about are kept, whatever its subject', async () => {
  const own = await members(2)
  const other = await addAlert(store)
  const chain = await addReportChain({ state: 'waiting' })
  store.clock.advance(91 * DAY_MS)
  await store.upkeep.run()
  expect([...own, other].map(hasBody)).toEqual([true, true, false])
  finish(chain.id)
  await store.upkeep.run()
  expect(own.map(hasBody)).toEqual([false, false])
})

test('so are those of what it contained, while that is in force', async () => {
  const own = await members(2)
  const succeeded = { state: 'succeeded', attempt: { outcome: 'succeeded', result: {} } }
  const { attemptIds } = await addReportChain({ state: 'completed', actions: [succeeded] })
  store.clock.advance(91 * DAY_MS)
  await store.upkeep.run()
  expect(own.map(hasBody)).toEqual([true, true])
  const { rows } = await store.reader.query('containments.list', {})
  expect(rows).toMatchObject([{ attemptId: attemptIds[0], alertTitle: '' }])
  await addReportChain({
    state: 'completed',
    trigger: 'undo',
    actions: [{ ...succeeded, attempt: { ...succeeded.attempt, undoes: attemptIds[0]!, effect: 'contain' } }],
  })
  store.clock.advance(91 * DAY_MS)
  await store.upkeep.run()
  expect(own.map(hasBody)).toEqual([false, false])
})

test('what waits about it is in the waiting list and marks its alerts, until it is settled', async () => {
  await members(2)
  await addAlert(store)
  const waiting = (): unknown[] => store.db.prepare('SELECT waiting FROM alert_list ORDER BY seq').pluck().all()
  const { actionIds } = await addReportChain({
    state: 'waiting',
    actions: [{ state: 'waiting', approval: { expiresAt: 1 } }],
  })
  expect(waiting()).toEqual([1, 1, 0])
  const { rows, total } = await store.reader.query('approvals.list', {})
  expect([total, rows[0]?.actionId]).toEqual([1, actionIds[0]])
  store.db.prepare("UPDATE action SET state = 'rejected' WHERE id = ?").run(actionIds[0])
  expect(waiting()).toEqual([0, 0, 0])
})

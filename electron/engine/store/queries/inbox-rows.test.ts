import { afterEach, beforeEach, expect, test } from 'vitest'
import { addChain } from '../../../../tests/fakes/chain-rows.ts'
import { addAlert, openTestStore, type TestStore } from '../../../../tests/fakes/store.ts'
import { contract } from '../../../../shared/contract.ts'
import { alertFilter, type AlertFilter, type AlertRow } from '../../../../shared/model/views.ts'
import type { AlertRecord } from '../alert-store.ts'
import type { QueryArg } from './index.ts'

let store: TestStore
beforeEach(async () => {
  store = await openTestStore()
})
afterEach(() => store.close())

const filtered = (changes: Partial<AlertFilter> = {}): AlertFilter => ({ ...alertFilter.parse({}), ...changes })

async function page(changes: Partial<AlertFilter> = {}, more: Partial<QueryArg<'alerts.page'>> = {}) {
  const arg = { filter: filtered(changes), upToSeq: null, offset: 0, limit: 50, ...more }
  return contract['alerts.page'].result.parse(await store.reader.query('alerts.page', arg))
}
const titles = (rows: AlertRow[]): string[] => rows.map(({ title }) => title)

test('alerts of one key are one row, where the newest stands and as grave as the worst of them', async () => {
  const add = (title: string, dedupKey: string, changes: Partial<AlertRecord> = {}) =>
    addAlert(store, { title, dedupKey, source: 's', severity: 'low', ...changes })
  const close = (id: string) =>
    store.writer.commit('x', (tx) =>
      store.triage.set(tx, { ids: [id], scope: 'row', state: 'closed', verdict: 'benign', note: null }, 'analyst'),
    )
  const first = await add('first', 'k', { severity: 'critical' })
  await add('other', 'x')
  await addChain(store, { alertId: first.id, actions: [{ state: 'waiting' }] })
  const newest = await add('newest', 'k', { source: 't' })

  const { rows, total } = await page()
  expect([total, titles(rows)]).toEqual([2, ['newest', 'other']])
  expect(rows[0]).toMatchObject({
    rowId: first.seq,
    id: newest.id,
    occurrences: 2,
    severity: 'critical',
    source: 't',
    waiting: true,
  })
  expect(await page({ severities: ['critical'], waitingOnly: true })).toMatchObject({ total: 1 })
  expect(await page({ sources: ['s'] })).toMatchObject({ total: 1, rows: [{ title: 'other' }] })
  const inside = await store.reader.query('alerts.occurrences', { id: first.id, offset: 0, limit: 10 })
  expect(contract['alerts.occurrences'].result.parse(inside)).toMatchObject({
    total: 2,
    rows: [
      { id: newest.id, waiting: false },
      { id: first.id, waiting: true },
    ],
  })

  // A list that was read before a further alert came does not have its row; closed together, it comes back as a mild one.
  const { newestSeq } = await page()
  await close(newest.id)
  expect(await page({ triage: ['closed'] })).toMatchObject({ total: 1, rows: [{ verdict: 'benign', occurrences: 2 }] })
  await add('again', 'k')
  expect(await page({}, { upToSeq: newestSeq })).toMatchObject({ total: 1, rows: [{ title: 'other' }] })
  expect(await page({ triage: ['new'] })).toMatchObject({
    total: 2,
    rows: [{ title: 'again', occurrences: 3, severity: 'low', verdict: null }, { title: 'other' }],
  })
})

test('a further alert leaves a row in progress that is in progress', async () => {
  const { id } = await addAlert(store, { dedupKey: 'k' })
  await store.writer.commit('x', (tx) =>
    store.triage.set(tx, { ids: [id], scope: 'row', state: 'in_progress', verdict: null, note: null }, 'analyst'),
  )
  await addAlert(store, { dedupKey: 'k' })
  expect(await page({ triage: ['in_progress'] })).toMatchObject({ total: 1, rows: [{ occurrences: 2 }] })
  expect(await page({ triage: ['new'] })).toMatchObject({ total: 0 })
})

test('a search finds the row of whichever alert of it matches, once', async () => {
  for (const title of ['needle one', 'needle two', 'hay']) await addAlert(store, { title, dedupKey: 'k' })
  await addAlert(store, { title: 'needle elsewhere', severity: 'info' })
  await store.search.catchUp()
  expect(await page({ text: 'needle' })).toMatchObject({
    total: 2,
    rows: [{ title: 'needle elsewhere' }, { title: 'hay', occurrences: 3 }],
  })
  expect(await store.reader.query('alerts.facets', { filter: filtered({ text: 'needle' }) })).toMatchObject({
    triage: [{ value: 'new', count: 2 }],
  })
})

test('the derived tables say what the rows say', async () => {
  for (let index = 0; index < 6; index += 1) {
    const alert = await addAlert(store, { dedupKey: `k${index % 2}`, severity: index % 2 ? 'low' : 'high' })
    await addChain(store, { alertId: alert.id, actions: [{ state: index % 3 ? 'waiting' : 'failed' }] })
    if (index < 3) {
      await store.writer.commit('x', (tx) =>
        store.triage.set(
          tx,
          { ids: [alert.id], scope: 'alert', state: 'in_progress', verdict: null, note: '' },
          'analyst',
        ),
      )
    }
  }
  const all = (sql: string): unknown[] => store.db.prepare(sql).all()
  expect(
    all('SELECT dedup_key, last_seq, occurrences, new_count, in_progress_count, waiting FROM inbox_row ORDER BY id'),
  ).toEqual(
    all(
      `SELECT dedup_key, max(seq) AS last_seq, count(*) AS occurrences, sum(state = 'new') AS new_count,
         sum(state = 'in_progress') AS in_progress_count, sum(waiting) AS waiting
       FROM (SELECT a.seq, a.dedup_key, coalesce(t.triage ->> '$.state', 'new') AS state, (
           SELECT count(*) FROM chain AS c JOIN action AS x ON x.chain_id = c.id
           WHERE c.subject_id = a.id AND x.state IN ('waiting', 'unknown')) AS waiting
         FROM alert AS a JOIN alert_triage AS t ON t.alert_seq = a.seq)
       GROUP BY dedup_key ORDER BY min(seq)`,
    ),
  )
  expect(all('SELECT * FROM alert_count WHERE count > 0 ORDER BY 1, 2, 3, 4')).toEqual(
    all(
      `SELECT triage, severity, source, waiting > 0 AS is_waiting, count(*) AS count FROM inbox_row
       GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4`,
    ),
  )
})

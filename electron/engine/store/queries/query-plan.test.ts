import { afterEach, beforeEach, expect, test } from 'vitest'
import { addChain } from '../../../../tests/fakes/chain-rows.ts'
import { addAlert, addReport, openTestStore, type TestStore } from '../../../../tests/fakes/store.ts'
import { alertFilter, type AlertFilter } from '../../../../shared/model/views.ts'
import { openReader, type Database } from '../database.ts'
import { runQuery, type QueryArg, type QueryName } from './index.ts'
import { preparedTexts } from './prepared.ts'
import {
  alertAttributes,
  attemptResultText,
  eventText,
  workflowActions,
  workflowAlert,
  workflowAttrs,
  workflowById,
  workflowPage,
} from './workflows.ts'

let store: TestStore
let db: Database
beforeEach(async () => {
  store = await openTestStore()
  await store.search.catchUp()
  db = openReader(store.paths!.database)
})
afterEach(async () => {
  db.close()
  await store.close()
})

const filtered = (changes: Partial<AlertFilter> = {}): AlertFilter => ({ ...alertFilter.parse({}), ...changes })

test('no query of the screen walks through a table that grows', async () => {
  const run = <Name extends QueryName>(name: Name, arg: QueryArg<Name>): void => {
    try {
      runQuery(db, name, arg)
    } catch (error) {
      expect(error).toMatchObject({ code: expect.stringContaining('_missing') as string })
    }
  }
  for (const waitingOnly of [true, false]) {
    for (const text of ['', 'word']) {
      run('alerts.page', { filter: filtered({ waitingOnly, text, sources: ['a'] }), upToSeq: 1, offset: 0, limit: 1 })
      run('alerts.facets', { filter: filtered({ waitingOnly, text }) })
    }
  }
  const alert = await addAlert(store, {}, { outcome: 'no_policy' })
  const { id } = await addChain(store, { alertId: alert.id, actions: [{ attempt: {} }] })
  run('alerts.page', { filter: filtered(), upToSeq: 0, offset: 0, limit: 1 })
  run('alerts.get', { id: alert.id })
  run('alerts.occurrences', { id: alert.id, offset: 0, limit: 1 })
  run('chains.get', { id })
  run('attempts.result', { id })
  run('approvals.list', {})
  run('events.page', { outcomes: [], upToSeq: 0, offset: 0, limit: 1 })
  run('events.get', { id: alert.eventId })
  run('problems.list', {})
  run('containments.list', {})
  const reportFilter = { severities: [], text: 'a' }
  for (const value of ['', 'x'])
    run('reports.page', { filter: { ...reportFilter, value }, upToSeq: null, offset: 0, limit: 1 })
  const report = await addReport(store, alert)
  run('reports.get', { id: report.id })
  run('policies.version', { id })
  run('sources.list', {})
  run('values.known', { type: 'ip', value: '10.0.0.1' })
  run('desk.counts', {})
  for (const key of [{ id }, { cause: id }]) run('api.report', { key, parts: ['alerts', 'attributes', 'findings'] })
  run('api.reportOfAlert', { alertId: alert.id })
  workflowPage(db, { offset: 0, limit: 1 })
  workflowById(db, id)
  workflowAttrs(db, id)
  workflowAlert(db, alert.id)
  alertAttributes(db, alert.seq)
  eventText(db, alert.eventId)
  workflowActions(db, id)
  attemptResultText(db, id)
  const texts = preparedTexts(db)
  expect(texts.length).toBeGreaterThan(25)
  expect(texts.flatMap((text) => scans(text))).toEqual([])
})

/** The steps of a plan that read a growing table from end to end. */
function scans(text: string): string[] {
  const names = new Set([...text.matchAll(/:(\w+)/g)].map(([, name]) => name!))
  const explain = db.prepare<[object], { detail: string }>(['EXPLAIN QUERY PLAN', text].join(' '))
  const steps = explain.all(Object.fromEntries([...names].map((name) => [name, null]))).map(({ detail }) => detail)
  const grows = new Map(
    [
      ...[text, ...viewsIn(text)]
        .join('\n')
        .matchAll(
          /(?:FROM|JOIN) (event|alert|alert_list|inbox_row|chain|round_row|action|attempt|approval|act|decision_row|audit|active_containment)(?: AS (\w+))?\b/g,
        ),
    ].map(([, table, alias]) => [alias ?? table!, table!]),
  )
  // One step back from the newest row is no walk.
  if (text.endsWith('ORDER BY seq DESC LIMIT 1')) return []
  return steps
    .filter((step) => grows.has(/^SCAN (\w+)/.exec(step)?.[1] ?? '') && !isPartial(/ INDEX (\w+)/.exec(step)?.[1]))
    .map((step) => `${step}: ${text}`)
}

/** The definitions of the views that a query reads, and of those that they read. */
function viewsIn(text: string): string[] {
  const views = db
    .prepare<[], { name: string; sql: string }>(`SELECT name, sql FROM sqlite_schema WHERE type = 'view'`)
    .all()
  const read = views.filter(({ name }) => new RegExp(`(?:FROM|JOIN) ${name}\\b`).test(text))
  return read.flatMap(({ sql }) => [sql, ...viewsIn(sql)])
}

/** An index of the few rows that are open holds nothing else to walk through. */
function isPartial(index: string | undefined): boolean {
  const row = db.prepare<[string], { sql: string }>('SELECT sql FROM sqlite_schema WHERE name = ?').get(index ?? '')
  return row?.sql.includes(' WHERE ') ?? false
}

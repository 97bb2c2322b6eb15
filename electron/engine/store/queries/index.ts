import { auditSlice } from './audit-slice.ts'
import type { Database } from '../database.ts'
import { alertDetail, alertOccurrences } from './alert-detail.ts'
import { alertsFacets, alertsPage } from './alert-list.ts'
import { attemptResult, chainView } from './chain-view.ts'
import { eventDetail, eventsPage } from './events.ts'
import { deskCounts, policyVersion, problemList, sourceList } from './lists.ts'
import { knownValue } from './known-value.ts'
import { reportDetail, reportsPage } from './reports.ts'
import { apiReport, reportOfAlert } from './report-api.ts'
import { checkBodies, checkedTables, checkTable } from './soundness.ts'
import { containmentList } from './containments.ts'
import { waitingList } from './waiting.ts'

/**
 * What the reader answers. Every one has a row bound; the query-plan test goes through all of them. Names are those of the
 * contract where the result is a view of it.
 */
export const queries = {
  'alerts.page': alertsPage,
  'alerts.facets': alertsFacets,
  'alerts.get': alertDetail,
  'alerts.occurrences': alertOccurrences,
  'chains.get': chainView,
  'attempts.result': attemptResult,
  'approvals.list': (db: Database, _arg: object) => waitingList(db),
  'events.page': eventsPage,
  'events.get': eventDetail,
  'problems.list': (db: Database, _arg: object) => problemList(db),
  'containments.list': (db: Database, _arg: object) => containmentList(db),
  'reports.page': reportsPage,
  'reports.get': reportDetail,
  'policies.version': policyVersion,
  'sources.list': (db: Database, _arg: object) => sourceList(db),
  'values.known': knownValue,
  'api.report': apiReport,
  'api.reportOfAlert': reportOfAlert,
  'desk.counts': (db: Database, _arg: object) => deskCounts(db),
  'audit.slice': auditSlice,
  'store.tables': (db: Database, _arg: object) => checkedTables(db),
  'store.table': checkTable,
  'store.bodies': checkBodies,
} satisfies Record<string, (db: Database, arg: never) => unknown>

type Queries = typeof queries
export type QueryName = keyof Queries
export type QueryArg<Name extends QueryName> = Parameters<Queries[Name]>[1]
export type QueryResult<Name extends QueryName> = ReturnType<Queries[Name]>

/** Runs one query in a read transaction of its own, so that all its statements see the same state. */
export function runQuery<Name extends QueryName>(db: Database, name: Name, arg: QueryArg<Name>): QueryResult<Name> {
  // The table pairs each name with its argument; a call through a union of names loses that pairing.
  const query = queries[name] as (connection: Database, argument: QueryArg<Name>) => QueryResult<Name>
  return db.transaction(() => query(db, arg))()
}

import type { ChainState, Severity, TriageState, Verdict } from '../../../../shared/model/states.ts'
import { worstFirst } from '../../../../shared/model/state-counts.ts'
import type { JsonValue } from '../../../../shared/model/json.ts'
import type { AlertFilter, AlertRow, StateCount } from '../../../../shared/model/views.ts'
import type { Database } from '../database.ts'
import { searchHits } from '../search/hits.ts'
import { searchQuery } from '../search/search-terms.ts'
import { prepared } from './prepared.ts'

/** Combinations of triage, severity, source and waiting that are counted. */
const MAX_COUNT_ROWS = 20_000
/** Sources shown as facets, the most frequent ones. */
const MAX_SOURCES = 50

/** The filter as parameters: an empty list takes everything. */
interface FilterParameters {
  triage: string | null
  severities: string | null
  sources: string | null
  waitingOnly: 0 | 1
}

interface ListedRow {
  rowId: number
  seq: number
  id: string
  createdAt: number
  title: string
  source: string
  schema: string
  severity: Severity
  observable: string | null
  occurrences: number
  triage: TriageState
  verdict: Verdict | null
  waiting: number
  actions: string
  chainState: ChainState | null
}

interface CountRow {
  triage: string
  severity: string
  source: string
  isWaiting: number
  count: number
}

const FILTER = `(:triage IS NULL OR r.triage IN (SELECT value FROM json_each(:triage)))
  AND (:severities IS NULL OR r.severity IN (SELECT value FROM json_each(:severities)))
  AND (:sources IS NULL OR r.source IN (SELECT value FROM json_each(:sources)))
  AND (:waitingOnly = 0 OR r.waiting > 0)`

/** Rows of which an alert matches. */
const HITS = `SELECT DISTINCT l.row_id FROM json_each(:hits) AS h CROSS JOIN alert_list AS l ON l.seq = h.value`

const PAGE = `SELECT r.id FROM inbox_row AS r WHERE r.last_seq <= :upToSeq AND ${FILTER}
  ORDER BY r.last_seq DESC LIMIT :limit OFFSET :offset`

const WAITING_PAGE = `SELECT r.id FROM inbox_row AS r WHERE r.waiting > 0 AND r.last_seq <= :upToSeq AND ${FILTER}
  ORDER BY r.last_seq DESC LIMIT :limit OFFSET :offset`

const SEARCH_PAGE = `WITH hits AS (${HITS})
  SELECT r.id FROM hits AS h CROSS JOIN inbox_row AS r ON r.id = h.row_id
  WHERE r.last_seq <= :upToSeq AND ${FILTER} ORDER BY r.last_seq DESC`

const NEWER = `SELECT count(*) AS count FROM inbox_row AS r WHERE r.last_seq > :upToSeq AND ${FILTER}`

const COUNTS = `SELECT triage, severity, source, is_waiting AS isWaiting, count FROM alert_count
  WHERE count > 0 LIMIT ${MAX_COUNT_ROWS}`

const SEARCH_COUNTS = `WITH hits AS (${HITS})
  SELECT r.triage, r.severity, r.source, r.waiting > 0 AS isWaiting, count(*) AS count
  FROM hits AS h CROSS JOIN inbox_row AS r ON r.id = h.row_id
  GROUP BY r.triage, r.severity, r.source, isWaiting LIMIT ${MAX_COUNT_ROWS}`

/** The first attribute that names a machine, an account or a file; else the first one. */
const OBSERVABLE = `SELECT t.value FROM attribute AS t WHERE t.alert_seq = a.seq
  ORDER BY t.type IN ('ipaddr', 'domain', 'host', 'hostname', 'user', 'email', 'url', 'file.path', 'file.sha256', 'file.sha512') DESC,
    t.position LIMIT 1`

/** The latest run that answers the alert itself, not one that undoes something. */
const RUN = (column: string): string => `SELECT c.${column} FROM chain AS c
  WHERE c.subject_kind = 'alert' AND c.subject_id = a.id ORDER BY c.trigger = 'undo', c.run_no DESC LIMIT 1`

/** Counted in the index: a chain may have thousands of actions. */
const ACTIONS = `SELECT json_group_array(json_object('state', x.state, 'count', x.count)) FROM (
    SELECT state, count(*) AS count FROM action WHERE chain_id = (${RUN('id')}) GROUP BY state) AS x`

const ROWS = `SELECT r.id AS rowId, a.seq, a.id, a.created_at AS createdAt, a.title, a.source, a.schema, r.severity,
    (${OBSERVABLE}) AS observable, r.occurrences, r.triage, iif(r.triage = 'closed', r.verdict, NULL) AS verdict,
    r.waiting, (${ACTIONS}) AS actions, (${RUN('state')}) AS chainState
  FROM json_each(:ids) AS s
  CROSS JOIN inbox_row AS r ON r.id = s.value
  CROSS JOIN alert AS a ON a.seq = r.last_seq
  ORDER BY a.seq DESC`

const NEWEST = 'SELECT coalesce(max(seq), 0) AS seq FROM alert_list'

export interface AlertPageArg {
  filter: AlertFilter
  upToSeq: number | null
  offset: number
  limit: number
}

/**
 * One window of the inbox, newest first: one row for the alerts of one key, where the newest of them stands. Rows with an
 * alert later than `upToSeq` stay out, so that nothing moves under the pointer.
 */
export function alertsPage(db: Database, arg: AlertPageArg): { rows: AlertRow[]; total: number; newestSeq: number } {
  const newestSeq = newest(db)
  const upToSeq = Math.min(arg.upToSeq ?? newestSeq, newestSeq)
  const filter = parameters(arg.filter)
  const match = searchQuery(arg.filter.text)
  if (match !== null) {
    const hits = searchHits(db, match, upToSeq)
    const found = prepared<object, { id: number }>(db, SEARCH_PAGE).all({ ...filter, upToSeq, hits })
    const window = found.slice(arg.offset, arg.offset + arg.limit)
    return { rows: listed(db, window), total: found.length, newestSeq }
  }
  const { limit, offset } = arg
  const page = prepared<object, { id: number }>(db, arg.filter.waitingOnly ? WAITING_PAGE : PAGE)
  const window = page.all({ ...filter, upToSeq, limit, offset })
  const newer =
    upToSeq === newestSeq ? 0 : count(prepared<object, { count: number }>(db, NEWER).get({ ...filter, upToSeq }))
  const all = sum(
    prepared<object, CountRow>(db, COUNTS)
      .all({})
      .filter((row) => isTaken(row, arg.filter)),
  )
  return { rows: listed(db, window), total: all - newer, newestSeq }
}

/** How many rows each choice has, with the other choices as they are. */
export function alertsFacets(
  db: Database,
  { filter }: { filter: AlertFilter },
): Record<'triage' | 'severity' | 'source', { value: string; count: number }[]> {
  const match = searchQuery(filter.text)
  const upToSeq = newest(db)
  const rows =
    match === null
      ? prepared<object, CountRow>(db, COUNTS).all({})
      : prepared<object, CountRow>(db, SEARCH_COUNTS).all({ hits: searchHits(db, match, upToSeq) })
  const facetsOf = (dimension: 'triage' | 'severity' | 'source', without: Partial<AlertFilter>) =>
    totals(
      rows.filter((row) => isTaken(row, { ...filter, ...without })),
      dimension,
    )
  return {
    triage: facetsOf('triage', { triage: [] }),
    severity: facetsOf('severity', { severities: [] }),
    source: facetsOf('source', { sources: [] }).slice(0, MAX_SOURCES),
  }
}

/** Rows of the inbox that are not closed. */
export function openRows(db: Database): number {
  return sum(
    prepared<object, CountRow>(db, COUNTS)
      .all({})
      .filter((row) => row.triage !== 'closed'),
  )
}

/** What an observable's value reads like in a row. */
export function shownValue(json: string | null): string {
  if (json === null) return ''
  const value = JSON.parse(json) as JsonValue
  return typeof value === 'string' ? value : json
}

function newest(db: Database): number {
  return prepared<object, { seq: number }>(db, NEWEST).get({})?.seq ?? 0
}

function listed(db: Database, found: { id: number }[]): AlertRow[] {
  const rows = prepared<object, ListedRow>(db, ROWS).all({ ids: JSON.stringify(found.map(({ id }) => id)) })
  return rows.map((row) => ({
    ...row,
    observable: shownValue(row.observable),
    waiting: row.waiting > 0,
    actions: worstFirst(JSON.parse(row.actions) as StateCount[]),
  }))
}

function parameters(filter: AlertFilter): FilterParameters {
  const list = (values: string[]): string | null => (values.length === 0 ? null : JSON.stringify(values))
  return {
    triage: list(filter.triage),
    severities: list(filter.severities),
    sources: list(filter.sources),
    waitingOnly: filter.waitingOnly ? 1 : 0,
  }
}

/** The same filter as in SQL, on counted rows. */
function isTaken(row: CountRow, filter: AlertFilter): boolean {
  const has = (values: string[], value: string): boolean => values.length === 0 || values.includes(value)
  return (
    has(filter.triage, row.triage) &&
    has(filter.severities, row.severity) &&
    has(filter.sources, row.source) &&
    (!filter.waitingOnly || row.isWaiting === 1)
  )
}

function totals(rows: CountRow[], dimension: 'triage' | 'severity' | 'source'): { value: string; count: number }[] {
  const counts = new Map<string, number>()
  for (const row of rows) counts.set(row[dimension], (counts.get(row[dimension]) ?? 0) + row.count)
  return [...counts].map(([value, n]) => ({ value, count: n })).sort((a, b) => b.count - a.count)
}

function sum(rows: { count: number }[]): number {
  return rows.reduce((total, row) => total + row.count, 0)
}

function count(row: { count: number } | undefined): number {
  return row?.count ?? 0
}

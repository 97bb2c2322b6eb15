import { TocsinError } from '../../../../shared/errors.ts'
import type { EventOutcome } from '../../../../shared/model/states.ts'
import type { EventDetail, EventRow } from '../../../../shared/model/views.ts'
import type { Database } from '../database.ts'
import { decodeBody } from '../stored-body.ts'
import { prepared } from './prepared.ts'

/** What the page shows of a body; the rest is downloaded, not drawn. */
const BODY_CUT_BYTES = 262_144
const MAX_ALERTS_PER_EVENT = 200

interface Row {
  seq: number
  id: string
  receivedAt: number
  schema: string
  source: string
  size: number
  outcome: EventOutcome
  alertIds: string
}

interface DetailRow extends Row {
  sha256: string
  isTextReplaced: number
  route: string
  remote: string
  deliveryId: string | null
  headers: string
  query: string
  body: Buffer | null
  encoding: 'identity' | 'deflate' | null
}

const ALERT_IDS = `SELECT json_group_array(id) FROM (
  SELECT a.id FROM alert AS a WHERE a.event_id = e.id ORDER BY a.position LIMIT ${MAX_ALERTS_PER_EVENT})`

const COLUMNS = `e.seq, e.id, e.received_at AS receivedAt, e.schema, coalesce(s.name, '') AS source, e.body_size AS size,
  e.outcome, (${ALERT_IDS}) AS alertIds`

/** One index range per outcome, merged by seq: no walk over events that are not asked for. */
const PAGE = `WITH page AS (
    SELECT seq FROM event WHERE outcome = 'alerts' AND seq <= :upToSeq AND :alerts
    UNION ALL SELECT seq FROM event WHERE outcome = 'no_alert' AND seq <= :upToSeq AND :no_alert
    UNION ALL SELECT seq FROM event WHERE outcome = 'no_policy' AND seq <= :upToSeq AND :no_policy
    UNION ALL SELECT seq FROM event WHERE outcome = 'problem' AND seq <= :upToSeq AND :problem
    UNION ALL SELECT seq FROM event WHERE outcome = 'pending' AND seq <= :upToSeq AND :pending
    ORDER BY seq DESC LIMIT :limit OFFSET :offset)
  SELECT ${COLUMNS} FROM page AS p CROSS JOIN event AS e ON e.seq = p.seq LEFT JOIN source AS s ON s.id = e.source_id
  ORDER BY e.seq DESC`

const NEWER = `SELECT count(*) AS count FROM event WHERE outcome = :outcome AND seq > :upToSeq`

const COUNTS = `SELECT outcome, sum(count) AS count FROM event_count GROUP BY outcome`

const NEWEST = `SELECT seq, received_at AS receivedAt FROM event ORDER BY seq DESC LIMIT 1`

const DETAIL = `SELECT ${COLUMNS}, e.body_sha256 AS sha256,
    e.is_text_replaced AS isTextReplaced, e.route, e.remote, e.delivery_id AS deliveryId, e.headers,
    e.query, b.body, b.encoding
  FROM event AS e
  LEFT JOIN event_body AS b ON b.event_seq = e.seq
  LEFT JOIN source AS s ON s.id = e.source_id
  WHERE e.id = :id`

const PROBLEM = `SELECT id FROM problem WHERE event_id = :id AND resolved_at IS NULL ORDER BY seq DESC LIMIT 1`

const NO_POLICY_PROBLEM = `SELECT id FROM problem WHERE code = 'no_policy' AND schema = :schema AND resolved_at IS NULL`

export interface EventPageArg {
  /** Empty: all. */
  outcomes: EventOutcome[]
  upToSeq: number | null
  offset: number
  limit: number
}

/** One window of what was received, newest first; see `alertsPage` for `upToSeq`. */
export function eventsPage(db: Database, arg: EventPageArg): { rows: EventRow[]; total: number; newestSeq: number } {
  const newestSeq = newestEvent(db)?.seq ?? 0
  const upToSeq = Math.min(arg.upToSeq ?? newestSeq, newestSeq)
  const { limit, offset } = arg
  const counts = prepared<object, { outcome: EventOutcome; count: number }>(db, COUNTS).all({})
  const asked = counts.filter(({ outcome }) => arg.outcomes.length === 0 || arg.outcomes.includes(outcome))
  const flags = { alerts: 0, no_alert: 0, no_policy: 0, problem: 0, pending: 0 }
  let total = 0
  for (const { outcome, count } of asked) {
    flags[outcome] = 1
    const newer = prepared<object, { count: number }>(db, NEWER)
    total += count - (upToSeq === newestSeq ? 0 : (newer.get({ outcome, upToSeq })?.count ?? 0))
  }
  const rows = prepared<object, Row>(db, PAGE).all({ ...flags, upToSeq, limit, offset })
  return { rows: rows.map(eventRow), total, newestSeq }
}

/**
 * One event with what is left of its body, as text.
 * @throws TocsinError `event_missing`
 */
export function eventDetail(db: Database, { id }: { id: string }): EventDetail {
  const row = prepared<object, DetailRow>(db, DETAIL).get({ id })
  if (row === undefined) throw new TocsinError('event_missing', 'This event does not exist: reload the list.')
  const { sha256, route, remote, deliveryId } = row
  const body = row.body === null || row.encoding === null ? null : decodeBody(row.body, row.encoding)
  return {
    ...eventRow(row),
    sha256,
    isTextReplaced: row.isTextReplaced === 1,
    route,
    remote,
    deliveryId,
    headers: JSON.parse(row.headers) as Record<string, string>,
    query: JSON.parse(row.query) as Record<string, string>,
    body: body === null ? null : new TextDecoder().decode(body.subarray(0, BODY_CUT_BYTES)),
    isBodyTruncated: body !== null && body.byteLength > BODY_CUT_BYTES,
    problemId: problemOf(db, row),
  }
}

/** The event that came last. */
export function newestEvent(db: Database): { seq: number; receivedAt: number } | null {
  return prepared<object, { seq: number; receivedAt: number }>(db, NEWEST).get({}) ?? null
}

function problemOf(db: Database, row: DetailRow): string | null {
  const own = prepared<object, { id: string }>(db, PROBLEM).get({ id: row.id })
  if (own !== undefined || row.outcome !== 'no_policy') return own?.id ?? null
  return prepared<object, { id: string }>(db, NO_POLICY_PROBLEM).get({ schema: row.schema })?.id ?? null
}

function eventRow(row: Row): EventRow {
  const { seq, id, receivedAt, schema, source, size, outcome } = row
  return { seq, id, receivedAt, schema, source, size, outcome, alertIds: JSON.parse(row.alertIds) as string[] }
}

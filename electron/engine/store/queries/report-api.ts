import type { Attribute } from '../../../../shared/model/alert.ts'
import type { JsonValue } from '../../../../shared/model/json.ts'
import type { Content, ReportAttribute, ReportSeverity, ReportStatus } from '../../../../shared/model/report.ts'
import { readableText } from '../../forms/readable-text.ts'
import type { Database } from '../database.ts'
import { decodeBody } from '../stored-body.ts'
import { prepared } from './prepared.ts'

/** The newest alerts of a report; a storm has ten thousand of them. */
const MAX_ALERTS = 100
/** Bytes of the events that are read for them, the newest first, and of one of them. */
const MAX_EVENTS_BYTES = 4 * 1024 * 1024
const MAX_EVENT_BYTES = 512 * 1024
const MAX_ATTRIBUTES = 1000
const MAX_FINDINGS = 1000
/** Characters of all findings that are read. */
const MAX_FINDING_CHARACTERS = 4 * 1024 * 1024

/** What a report says of itself, as of now. Times are epoch ms. */
export interface ApiReport {
  id: string
  title: string
  detector: string
  ruleId: string
  alertKey: string
  status: ReportStatus
  severity: ReportSeverity | null
  reason: string
  createdAt: number
  alertCount: number
}

export interface ApiAlert {
  schema: string
  title: string
  description: string
  createdAt: number
  attrs: Attribute[]
  /** The event as JSON text; null where it was deleted by age, or is left out for its size. */
  event: string | null
}

export interface ApiAttribute extends ReportAttribute {
  hash: string
  at: number
}

export type ApiFinding = Content & { hash: string; author: string }

/** A report with those of its parts that were asked for; `cut` names those of which more is stored than is read at once. */
export interface ApiReportRows {
  report: ApiReport
  alerts: ApiAlert[] | null
  attributes: ApiAttribute[] | null
  findings: ApiFinding[] | null
  cut: ApiPart[]
}

export type ApiPart = 'alerts' | 'attributes' | 'findings'

/** Which report: by its id, or the last one of a cause. */
export type ApiReportKey = { id: string } | { cause: string }

interface AlertRow extends Omit<ApiAlert, 'attrs' | 'event'> {
  seq: number
  attrs: string
  size: number
  eventSeq: number
}

interface BodyRow {
  body: Buffer
  encoding: 'identity' | 'deflate'
}

interface AttributeRow extends Omit<ApiAttribute, 'context' | 'timestamp'> {
  context: string
  timestamp: string | null
}

interface FindingRow {
  hash: string
  author: string
  type: Content['type']
  content: string
}

const REPORT = `SELECT seq, id, title, detector, rule_id AS ruleId, alert_key AS alertKey, status, severity, reason,
  created_at AS createdAt, alert_count AS alertCount FROM report`

const BY_ID = `${REPORT} WHERE id = :id`
const BY_CAUSE = `${REPORT} WHERE cause = :cause ORDER BY seq DESC LIMIT 1`

const ALERTS = `SELECT a.seq, a.schema, a.title, a.description, a.created_at AS createdAt, a.attrs, e.body_size AS size,
    e.seq AS eventSeq
  FROM report_alert AS r CROSS JOIN alert AS a ON a.seq = r.alert_seq CROSS JOIN event AS e ON e.id = a.event_id
  WHERE r.report_seq = :seq ORDER BY r.alert_seq DESC LIMIT ${MAX_ALERTS}`

const BODY = 'SELECT body, encoding FROM event_body WHERE event_seq = :eventSeq'

const ATTRIBUTES = `SELECT hash, type, key, value, context, timestamp, at FROM report_attribute
  WHERE report_seq = :seq ORDER BY seq LIMIT ${MAX_ATTRIBUTES + 1}`

const FINDINGS = `SELECT a.hash, f.author, f.type, f.content
  FROM finding AS f CROSS JOIN report_attribute AS a ON a.seq = f.attribute_seq
  WHERE f.report_seq = :seq ORDER BY f.seq LIMIT ${MAX_FINDINGS + 1}`

const OF_ALERT = `SELECT p.id, p.created_at AS createdAt,
    r.alert_seq = (SELECT min(alert_seq) FROM report_alert WHERE report_seq = r.report_seq) AS isFirst
  FROM alert AS a CROSS JOIN report_alert AS r ON r.alert_seq = a.seq CROSS JOIN report AS p ON p.seq = r.report_seq
  WHERE a.id = :alertId`

/** The report that an alert is in, and whether it was that report's first; null while it is in none. */
export function reportOfAlert(
  db: Database,
  arg: { alertId: string },
): { id: string; createdAt: number; isFirst: boolean } | null {
  const row = prepared<object, { id: string; createdAt: number; isFirst: number }>(db, OF_ALERT).get(arg)
  return row === undefined ? null : { ...row, isFirst: row.isFirst === 1 }
}

/** A report as of now, within bounds; null where there is none. */
export function apiReport(
  db: Database,
  { key, parts }: { key: ApiReportKey; parts: readonly ApiPart[] },
): ApiReportRows | null {
  const found = prepared<object, ApiReport & { seq: number }>(db, 'id' in key ? BY_ID : BY_CAUSE).get(key)
  if (found === undefined) return null
  const { seq, ...report } = found
  const alerts = parts.includes('alerts') ? alertsOf(db, seq) : null
  const attributes = parts.includes('attributes') || parts.includes('findings') ? attributesOf(db, seq) : null
  const findings = parts.includes('findings') ? findingsOf(db, seq) : null
  const cut: ApiPart[] = []
  if (alerts !== null && alerts.length < report.alertCount) cut.push('alerts')
  if (attributes?.isCut === true) cut.push('attributes')
  if (findings?.isCut === true) cut.push('findings')
  return { report, alerts, attributes: attributes?.rows ?? null, findings: findings?.rows ?? null, cut }
}

/** Oldest first. */
function alertsOf(db: Database, seq: number): ApiAlert[] {
  let room = MAX_EVENTS_BYTES
  const rows = prepared<object, AlertRow>(db, ALERTS).all({ seq })
  const alerts = rows.map(({ schema, title, description, createdAt, attrs, size, eventSeq }) => {
    const fits = size <= Math.min(MAX_EVENT_BYTES, room)
    const event = fits ? eventOf(db, eventSeq) : null
    if (event !== null) room -= size
    return { schema, title, description, createdAt, attrs: JSON.parse(attrs) as Attribute[], event } // as it was written
  })
  return alerts.toReversed()
}

function eventOf(db: Database, eventSeq: number): string | null {
  const row = prepared<object, BodyRow>(db, BODY).get({ eventSeq })
  return row === undefined ? null : readableText(decodeBody(row.body, row.encoding)).text
}

function attributesOf(db: Database, seq: number): { rows: ApiAttribute[]; isCut: boolean } {
  const rows = prepared<object, AttributeRow>(db, ATTRIBUTES).all({ seq })
  const attributes = rows.slice(0, MAX_ATTRIBUTES).map(({ context, timestamp, ...attribute }) => ({
    ...attribute,
    context: JSON.parse(context) as string[], // as it was written
    ...(timestamp === null ? {} : { timestamp }),
  }))
  return { rows: attributes, isCut: rows.length > MAX_ATTRIBUTES }
}

/** In the order in which they came. */
function findingsOf(db: Database, seq: number): { rows: ApiFinding[]; isCut: boolean } {
  let room = MAX_FINDING_CHARACTERS
  const findings: ApiFinding[] = []
  for (const { content, ...finding } of prepared<object, FindingRow>(db, FINDINGS).iterate({ seq })) {
    room -= content.length
    if (room < 0 || findings.length === MAX_FINDINGS) return { rows: findings, isCut: true }
    // Type and content were checked together when they came.
    findings.push({ ...finding, content: JSON.parse(content) as JsonValue } as ApiFinding)
  }
  return { rows: findings, isCut: false }
}

import { Statements } from '../../store/statements.ts'
import type { JsonObject, JsonValue } from '../../../../shared/model/json.ts'
import type { ReportSeverity } from '../../../../shared/model/report.ts'
import type {
  AlertToGather,
  AttributeRecord,
  InspectionRecord,
  ReportRecord,
  ReportSnapshot,
} from './report-records.ts'

const REPORT = `SELECT seq, id, cause, detector, rule_id AS ruleId, alert_key AS alertKey, title, created_at AS createdAt,
  closes_at AS closesAt, status, severity, reason, graded_by AS gradedBy, graded_at AS gradedAt, alert_count AS alertCount,
  last_alert_seq AS lastAlertSeq, last_at AS lastAt, inspect_at AS inspectAt, review_at AS reviewAt,
  is_review_due AS isReviewDue, stopped FROM report`

const TO_GATHER = `SELECT seq, event_id AS eventId, schema, title, source, created_at AS createdAt, detector,
  rule_id AS ruleId, alert_key AS alertKey, attrs FROM alert`

const ATTRIBUTE = `SELECT seq, report_seq AS reportSeq, hash, type, key, value, context, timestamp, depth FROM report_attribute`

const INSPECTION = `SELECT seq, id, report_seq AS reportSeq, attribute_seq AS attributeSeq, uses, args, lookup_id AS lookupId, state
  FROM inspection`

/** Alerts of one state: DeepAlert sends all, a storm of ten thousand is no input for a policy. */
const MAX_STATE_ALERTS = 100

/** What is read of `report` and what belongs to it; `ReportStore` adds the writes. */
export class ReportReads extends Statements {
  /** How far alerts were followed. */
  mark(): number {
    return (this.sql('SELECT alert_seq AS mark FROM report_mark WHERE id = 1').get() as { mark: number }).mark // one row, always
  }

  /** The alerts after the mark, in their order. */
  nextAlerts(limit: number): AlertToGather[] {
    const rows = this.sql(`${TO_GATHER} WHERE seq > +? ORDER BY seq LIMIT +?`).all(this.mark(), limit)
    return (rows as (Omit<AlertToGather, 'attrs'> & { attrs: string })[]).map((row) => ({
      ...row,
      attrs: JSON.parse(row.attrs) as AlertToGather['attrs'],
    }))
  }

  get(id: string): ReportRecord | null {
    return reportOf(this.sql(`${REPORT} WHERE id = ?`).get(id))
  }

  bySeq(seq: number): ReportRecord | null {
    return reportOf(this.sql(`${REPORT} WHERE seq = ?`).get(seq))
  }

  /** The last report of a cause, closed or not. */
  lastOf(cause: string): ReportRecord | null {
    return reportOf(this.sql(`${REPORT} WHERE cause = +? ORDER BY seq DESC LIMIT 1`).get(cause))
  }

  ofAlert(alertId: string): ReportRecord | null {
    const sql = `${REPORT} WHERE seq = (SELECT r.report_seq FROM alert AS a JOIN report_alert AS r ON r.alert_seq = a.seq WHERE a.id = ?)`
    return reportOf(this.sql(sql).get(alertId))
  }

  hasAttribute(reportSeq: number, hash: string): boolean {
    return (
      this.sql('SELECT 1 FROM report_attribute WHERE report_seq = +? AND hash = +?').get(reportSeq, hash) !== undefined
    )
  }

  countAttributes(reportSeq: number): number {
    const sql = 'SELECT count(*) AS count FROM report_attribute WHERE report_seq = +?'
    return (this.sql(sql).get(reportSeq) as { count: number }).count // an aggregate always has a row
  }

  /** When the next timer of a report is up; null where none runs. */
  nextTimer(): { inspectAt: number | null; reviewAt: number | null } {
    const inspect = this.sql(
      'SELECT inspect_at AS at FROM report WHERE inspect_at IS NOT NULL ORDER BY inspect_at LIMIT 1',
    )
    const review = this.sql('SELECT review_at AS at FROM report WHERE review_at IS NOT NULL ORDER BY review_at LIMIT 1')
    return { inspectAt: timeOf(inspect.get()), reviewAt: timeOf(review.get()) }
  }

  /** Whether a report waits for longer than it may. */
  hasLongerWait({ inspectAt, reviewAt }: { inspectAt: number; reviewAt: number }): boolean {
    const sql = `SELECT EXISTS (SELECT 1 FROM report WHERE inspect_at > +@inspectAt)
      OR EXISTS (SELECT 1 FROM report WHERE review_at > +@reviewAt) AS has`
    return (this.sql(sql).get({ inspectAt, reviewAt }) as { has: number }).has === 1 // one row, always
  }

  dueInspections(now: number, limit: number): ReportRecord[] {
    const sql = `${REPORT} WHERE inspect_at IS NOT NULL AND inspect_at <= +? ORDER BY inspect_at LIMIT +?`
    return this.sql(sql)
      .all(now, limit)
      .flatMap((row) => reportOf(row) ?? [])
  }

  dueReviews(now: number, limit: number): ReportRecord[] {
    const sql = `${REPORT} WHERE review_at IS NOT NULL AND review_at <= +? ORDER BY review_at LIMIT +?`
    return this.sql(sql)
      .all(now, limit)
      .flatMap((row) => reportOf(row) ?? [])
  }

  /** Attributes whose inspections are not decided on. */
  uninspected(reportSeq: number, limit: number): AttributeRecord[] {
    const sql = `${ATTRIBUTE} WHERE report_seq = +? AND inspected_at IS NULL ORDER BY seq LIMIT +?`
    return this.sql(sql).all(reportSeq, limit).map(attributeOf)
  }

  attribute(seq: number): AttributeRecord | null {
    const row = this.sql(`${ATTRIBUTE} WHERE seq = ?`).get(seq)
    return row === undefined ? null : attributeOf(row)
  }

  inspection(id: string): InspectionRecord | null {
    const row = this.sql(`${INSPECTION} WHERE id = ?`).get(id)
    return row === undefined ? null : inspectionOf(row)
  }

  waitingOn(lookupId: string): InspectionRecord[] {
    return this.sql(`${INSPECTION} WHERE lookup_id = +? AND state = 'waiting' ORDER BY seq`)
      .all(lookupId)
      .map(inspectionOf)
  }

  failedOn(lookupId: string): InspectionRecord[] {
    return this.sql(`${INSPECTION} WHERE lookup_id = +? AND state = 'failed' ORDER BY seq`)
      .all(lookupId)
      .map(inspectionOf)
  }

  /** Inspections that have not answered, and attributes that are not decided on. */
  openCount(reportSeq: number): number {
    const sql = `SELECT (SELECT count(*) FROM inspection WHERE report_seq = @seq AND state = 'waiting')
      + (SELECT count(*) FROM report_attribute WHERE report_seq = @seq AND inspected_at IS NULL) AS count`
    return (this.sql(sql).get({ seq: reportSeq }) as { count: number }).count // an aggregate always has a row
  }

  /** What of a report is there now. */
  snapshot(report: ReportRecord): ReportSnapshot {
    const { id: reportId, seq, status, severity, reason, alertCount, lastAlertSeq } = report
    const row = this.sql(
      `SELECT (SELECT coalesce(max(seq), 0) FROM report_attribute WHERE report_seq = @seq) AS lastAttributeSeq,
         (SELECT coalesce(max(seq), 0) FROM finding WHERE report_seq = @seq) AS lastFindingSeq,
         (SELECT coalesce(min(alert_seq), 0) FROM (SELECT alert_seq FROM report_alert
            WHERE report_seq = @seq AND alert_seq <= @lastAlertSeq ORDER BY alert_seq DESC LIMIT ${MAX_STATE_ALERTS})) AS firstAlertSeq`,
    ).get({ seq, lastAlertSeq }) as Pick<ReportSnapshot, 'lastAttributeSeq' | 'lastFindingSeq' | 'firstAlertSeq'> // aggregates
    return { reportId, status, severity, reason, alertCount, lastAlertSeq, ...row }
  }

  /** A state that was made known. */
  state(id: string): ReportSnapshot | null {
    const row = this.sql(
      `SELECT r.id AS reportId, s.status, s.severity, s.reason, s.alert_count AS alertCount,
         s.first_alert_seq AS firstAlertSeq, s.last_alert_seq AS lastAlertSeq, s.last_attribute_seq AS lastAttributeSeq,
         s.last_finding_seq AS lastFindingSeq
       FROM report_state AS s JOIN report AS r ON r.seq = s.report_seq WHERE s.id = ?`,
    ).get(id) as (Omit<ReportSnapshot, 'severity'> & { severity: ReportSeverity | '' }) | undefined
    return row === undefined ? null : { ...row, severity: row.severity === '' ? null : row.severity }
  }

  alertsOf(reportSeq: number, { firstAlertSeq, lastAlertSeq }: ReportSnapshot): { id: string }[] {
    const sql = `SELECT a.id FROM report_alert AS r JOIN alert AS a ON a.seq = r.alert_seq
      WHERE r.report_seq = +? AND r.alert_seq BETWEEN +? AND +? ORDER BY r.alert_seq`
    return this.sql(sql).all(reportSeq, firstAlertSeq, lastAlertSeq) as { id: string }[] // columns of a STRICT table
  }

  attributesOf(reportSeq: number, { lastAttributeSeq }: ReportSnapshot): AttributeRecord[] {
    const sql = `${ATTRIBUTE} WHERE report_seq = +? AND seq <= +? ORDER BY seq`
    return this.sql(sql).all(reportSeq, lastAttributeSeq).map(attributeOf)
  }

  findingsOf(
    reportSeq: number,
    { lastFindingSeq }: ReportSnapshot,
  ): { attributeSeq: number; author: string; type: string; content: JsonValue }[] {
    const sql = `SELECT attribute_seq AS attributeSeq, author, type, content FROM finding
      WHERE report_seq = +? AND seq <= +? ORDER BY seq`
    const rows = this.sql(sql).all(reportSeq, lastFindingSeq) as {
      attributeSeq: number
      author: string
      type: string
      content: string
    }[]
    return rows.map((row) => ({ ...row, content: JSON.parse(row.content) as JsonValue }))
  }
}

function timeOf(row: unknown): number | null {
  return (row as { at: number } | undefined)?.at ?? null
}

/** The statements name the columns as the record has them. */
function reportOf(row: unknown): ReportRecord | null {
  if (row === undefined) return null
  const found = row as Omit<ReportRecord, 'isReviewDue'> & { isReviewDue: number }
  return { ...found, isReviewDue: found.isReviewDue === 1 }
}

function attributeOf(row: unknown): AttributeRecord {
  const { context, timestamp, ...found } = row as Omit<AttributeRecord, 'context' | 'timestamp'> & {
    context: string
    timestamp: string | null
  }
  return {
    ...found,
    context: JSON.parse(context) as string[],
    ...(timestamp === null ? {} : { timestamp }),
  }
}

function inspectionOf(row: unknown): InspectionRecord {
  const found = row as Omit<InspectionRecord, 'args'> & { args: string }
  return { ...found, args: JSON.parse(found.args) as JsonObject }
}

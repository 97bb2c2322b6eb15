import type { JsonValue } from '../../../../shared/model/json.ts'
import type { ReportAttribute, ReportSeverity, ReportStatus } from '../../../../shared/model/report.ts'
import type { Tx } from '../../store/writer.ts'
import type { InspectionRecord, ReportRecord, ReportSnapshot } from './report-records.ts'
import { ReportReads } from './report-reads.ts'

export type NewReport = Pick<
  ReportRecord,
  'id' | 'cause' | 'detector' | 'ruleId' | 'alertKey' | 'title' | 'createdAt' | 'closesAt'
>

export interface NewFinding {
  id: string
  author: string
  type: string
  content: JsonValue
  summary: string
}

export interface NewReview {
  id: string
  by: 'policy' | 'analyst'
  severity: ReportSeverity
  reason: string
  decisionId: string | null
}

/** SQL of `report` and what belongs to it. Writes happen inside a group commit's unit. */
export class ReportStore extends ReportReads {
  setMark(_tx: Tx, alertSeq: number): void {
    this.sql('UPDATE report_mark SET alert_seq = ? WHERE id = 1').run(alertSeq)
  }

  insert(_tx: Tx, report: NewReport): number {
    const { lastInsertRowid } = this.sql(
      `INSERT INTO report (id, cause, detector, rule_id, alert_key, title, created_at, closes_at, status, alert_count,
         last_alert_seq, last_at)
       VALUES (@id, @cause, @detector, @ruleId, @alertKey, @title, @createdAt, @closesAt, 'new', 0, 0, @createdAt)`,
    ).run(report)
    return Number(lastInsertRowid)
  }

  /** Adds alerts to a report; what it gathers is to be reviewed by `reviewAt` at the latest. */
  addAlerts(
    _tx: Tx,
    seq: number,
    alerts: readonly { seq: number }[],
    more: { status: ReportStatus; lastAt: number; reviewAt: number },
  ): void {
    const insert = this.sql('INSERT INTO report_alert (alert_seq, report_seq) VALUES (?, ?)')
    for (const alert of alerts) insert.run(alert.seq, seq)
    this.sql(
      `UPDATE report SET status = @status, alert_count = alert_count + @count, last_alert_seq = @lastAlertSeq,
         last_at = max(last_at, @lastAt), is_review_due = 1, review_at = coalesce(review_at, @reviewAt) WHERE seq = @seq`,
    ).run({ ...more, seq, count: alerts.length, lastAlertSeq: alerts.at(-1)?.seq ?? 0 })
  }

  /** Adds an attribute that the report does not have. */
  addAttribute(
    tx: Tx,
    reportSeq: number,
    attribute: ReportAttribute & { hash: string; depth: number; inspectionId: string | null },
  ): void {
    this.sql(
      `INSERT INTO report_attribute (report_seq, hash, type, key, value, context, timestamp, depth, inspection_id, at)
       VALUES (@reportSeq, @hash, @type, @key, @value, @context, @timestamp, @depth, @inspectionId, @at)`,
    ).run({
      ...attribute,
      reportSeq,
      context: JSON.stringify(attribute.context),
      timestamp: attribute.timestamp ?? null,
      at: tx.at,
    })
  }

  /** From when on its new attributes are to be inspected; an earlier time stays. */
  wantInspection(_tx: Tx, seq: number, at: number): void {
    this.sql('UPDATE report SET inspect_at = min(coalesce(inspect_at, @at), @at) WHERE seq = @seq').run({ seq, at })
  }

  wantReview(_tx: Tx, seq: number, at: number): void {
    this.sql(
      'UPDATE report SET is_review_due = 1, review_at = min(coalesce(review_at, @at), @at) WHERE seq = @seq',
    ).run({ seq, at })
  }

  /** Brings waits that are longer than any that is set nearer. @returns how many there were */
  shortenWaits(_tx: Tx, longest: { inspectAt: number; reviewAt: number }): number {
    const inspect = this.sql('UPDATE report SET inspect_at = @at WHERE inspect_at > @at')
    const review = this.sql('UPDATE report SET review_at = @at WHERE review_at > @at')
    return inspect.run({ at: longest.inspectAt }).changes + review.run({ at: longest.reviewAt }).changes
  }

  stopGrowing(_tx: Tx, seq: number, why: string): void {
    this.sql(`UPDATE report SET stopped = ? WHERE seq = ? AND stopped = ''`).run(why, seq)
  }

  /** Takes the timer of the inspections off. */
  endInspectionWait(_tx: Tx, seq: number): void {
    this.sql('UPDATE report SET inspect_at = NULL WHERE seq = ?').run(seq)
  }

  insertInspection(
    tx: Tx,
    inspection: Pick<InspectionRecord, 'id' | 'reportSeq' | 'attributeSeq' | 'uses' | 'args' | 'lookupId' | 'state'> & {
      decisionId: string
      error: { code: string; message: string } | null
    },
  ): void {
    const { args, error, state } = inspection
    this.sql(
      `INSERT INTO inspection (id, report_seq, attribute_seq, decision_id, uses, args, lookup_id, state, error, asked_at,
         settled_at)
       VALUES (@id, @reportSeq, @attributeSeq, @decisionId, @uses, @args, @lookupId, @state, @error, @at, @settledAt)`,
    ).run({
      ...inspection,
      args: JSON.stringify(args),
      error: error === null ? null : JSON.stringify(error),
      at: tx.at,
      settledAt: state === 'waiting' ? null : tx.at,
    })
  }

  settleInspection(
    tx: Tx,
    id: string,
    state: InspectionRecord['state'],
    error: { code: string; message: string } | null,
  ): void {
    this.sql('UPDATE inspection SET state = @state, error = @error, settled_at = @at WHERE id = @id').run({
      id,
      state,
      error: error === null ? null : JSON.stringify(error),
      at: state === 'waiting' ? null : tx.at,
    })
  }

  /** Puts an inspection on another question, or none. */
  reopenInspection(_tx: Tx, id: string, lookupId: string): void {
    this.sql(
      `UPDATE inspection SET state = 'waiting', error = NULL, settled_at = NULL, lookup_id = ? WHERE id = ?`,
    ).run(lookupId, id)
  }

  insertFinding(
    tx: Tx,
    inspection: Pick<InspectionRecord, 'id' | 'reportSeq' | 'attributeSeq'>,
    finding: NewFinding,
  ): void {
    const { reportSeq, attributeSeq, id: inspectionId } = inspection
    this.sql(
      `INSERT INTO finding (id, report_seq, attribute_seq, inspection_id, author, type, content, summary, at)
       VALUES (@id, @reportSeq, @attributeSeq, @inspectionId, @author, @type, @content, @summary, @at)`,
    ).run({
      ...finding,
      content: JSON.stringify(finding.content),
      reportSeq,
      attributeSeq,
      inspectionId,
      at: tx.at,
    })
  }

  /** Writes a grade; the analyst's stands whatever a policy says later. @returns whether it is what holds */
  review(tx: Tx, report: ReportRecord, review: NewReview): boolean {
    const counts = { alertCount: report.alertCount, openCount: this.openCount(report.seq), at: tx.at }
    this.sql(
      `INSERT INTO review (id, report_seq, at, by, severity, reason, decision_id, alert_count, finding_count, open_count)
       VALUES (@id, @reportSeq, @at, @by, @severity, @reason, @decisionId, @alertCount,
         (SELECT count(*) FROM finding WHERE report_seq = @reportSeq), @openCount)`,
    ).run({ ...review, ...counts, reportSeq: report.seq })
    const holds = review.by === 'analyst' || report.gradedBy !== 'analyst'
    const { severity, reason, by } = review
    if (holds)
      this.sql(
        `UPDATE report SET severity = @severity, reason = @reason, graded_by = @by, graded_at = @at, status = 'published'
         WHERE seq = @seq`,
      ).run({ severity, reason, by, at: tx.at, seq: report.seq })
    else this.sql(`UPDATE report SET status = 'published' WHERE seq = ?`).run(report.seq)
    return holds
  }

  /** Takes the review's timer off: all that has come is reviewed. */
  endReviewWait(_tx: Tx, seq: number): void {
    this.sql('UPDATE report SET review_at = NULL, is_review_due = 0 WHERE seq = ?').run(seq)
  }

  insertState(tx: Tx, id: string, reportSeq: number, state: ReportSnapshot): void {
    this.sql(
      `INSERT INTO report_state (id, report_seq, at, status, severity, reason, alert_count, first_alert_seq, last_alert_seq,
         last_attribute_seq, last_finding_seq)
       VALUES (@id, @reportSeq, @at, @status, @severity, @reason, @alertCount, @firstAlertSeq, @lastAlertSeq,
         @lastAttributeSeq, @lastFindingSeq)`,
    ).run({ ...state, severity: state.severity ?? '', id, reportSeq, at: tx.at })
  }

  markInspected(tx: Tx, attributeSeq: number): void {
    this.sql('UPDATE report_attribute SET inspected_at = ? WHERE seq = ?').run(tx.at, attributeSeq)
  }

  /** Has all attributes of a report decided on anew. @returns how many */
  markUninspected(_tx: Tx, reportSeq: number): number {
    return this.sql('UPDATE report_attribute SET inspected_at = NULL WHERE report_seq = ?').run(reportSeq).changes
  }
}

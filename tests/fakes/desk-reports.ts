import type { ReportFilter, ReportRow } from '../../shared/model/report.ts'
import type { DeskFake, DeskHandlers } from './desk-fake.ts'
import { MINUTE } from './desk-data.ts'
import { Refusal } from './desk-refusal.ts'
import { reportDetail, reportRow, reviewsOf } from './desk-report-data.ts'

type ReportHandlers = Pick<DeskHandlers, Extract<keyof DeskHandlers, `reports.${string}` | 'inspections.retry'>>

/** The reports of a fake desk: the newest first. */
export class ReportsFake {
  readonly rows: ReportRow[]
  /** Inspections that were tried again */
  readonly retried: string[] = []
  readonly #reviews = new Map<string, ReturnType<typeof reviewsOf>>()

  constructor(count: number) {
    const now = Date.now()
    this.rows = Array.from({ length: count }, (_, no) => reportRow(no, count - no, now - (no * 9 + 4) * MINUTE))
  }

  find(id: string): ReportRow {
    const row = this.rows.find((each) => each.id === id)
    if (!row) throw new Refusal('report_missing', 'This report does not exist: reload the list.')
    return row
  }

  reviews(row: ReportRow): ReturnType<typeof reviewsOf> {
    const known = this.#reviews.get(row.id) ?? reviewsOf(row)
    this.#reviews.set(row.id, known)
    return known
  }

  filtered({ severities, text, value }: ReportFilter, upToSeq: number | null): ReportRow[] {
    const needle = text.toLowerCase()
    return this.rows.filter(
      (row) =>
        (upToSeq === null || row.seq <= upToSeq) &&
        (severities.length === 0 || (row.severity !== null && severities.includes(row.severity))) &&
        `${row.title} ${row.detector} ${row.ruleId} ${row.alertKey}`.toLowerCase().includes(needle) &&
        (value === '' || row.seq % 3 === 0),
    )
  }
}

/** Answers to the calls about reports. */
export function reportHandlers(fake: DeskFake): ReportHandlers {
  const { reports } = fake
  return {
    'reports.page': ({ filter, upToSeq, offset, limit }) => {
      const rows = reports.filtered(filter, upToSeq)
      return { rows: rows.slice(offset, offset + limit), total: rows.length, newestSeq: reports.rows[0]?.seq ?? 0 }
    },
    'reports.get': ({ id }) => reportDetail(reports.find(id), reports.reviews(reports.find(id))),
    'reports.override': ({ id, severity, reason }) => {
      const row = reports.find(id)
      reports.reviews(row).unshift({
        id: `override-${reports.reviews(row).length}`,
        at: Date.now(),
        by: 'analyst',
        severity,
        reason,
        policyNumber: null,
        alertCount: row.alertCount,
        findingCount: 4,
        openCount: row.openInspections,
      })
      Object.assign(row, { severity, gradedBy: 'analyst', status: 'published' })
      fake.changed(['reports'])
      return {}
    },
    'reports.reinspect': ({ id }) => {
      Object.assign(reports.find(id), { openInspections: 3 })
      fake.changed(['reports'])
      return { attributes: 4 }
    },
    'reports.review': ({ id }) => {
      Object.assign(reports.find(id), { isInReview: true })
      fake.changed(['reports'])
      return {}
    },
    'inspections.retry': ({ id }) => {
      reports.retried.push(id)
      fake.changed(['reports'])
      return {}
    },
  }
}

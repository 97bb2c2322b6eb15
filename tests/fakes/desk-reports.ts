import type { ReportDetail } from '../../shared/model/report.ts'
import { MINUTE } from './desk-data.ts'
import type { DeskHandlers } from './desk-fake.ts'
import { Refusal } from './desk-refusal.ts'

const NOW = Date.UTC(2026, 10, 2, 9, 30)

/** A report as the engine would answer it. */
export function reportOf(changes: Partial<ReportDetail> = {}): ReportDetail {
  return {
    id: 'report-1',
    seq: 1,
    title: 'Credential use from outside',
    detector: 'guardduty',
    ruleId: 'guardduty.credentials',
    alertKey: 'ci-deploy',
    status: 'published',
    severity: 'unclassified',
    gradedBy: 'policy',
    openInspections: 0,
    isInReview: false,
    alertCount: 1,
    createdAt: NOW,
    lastAt: NOW,
    waiting: 0,
    cause: 'alert:71546855d6279ef70d20909b292c42c2dcb02cd06bde01485da52d13e304ebf4',
    reason: 'No rule knows it',
    gradedAt: NOW + MINUTE,
    closesAt: NOW + 180 * MINUTE,
    inspectAt: null,
    reviewAt: null,
    stopped: '',
    alerts: [],
    entities: [],
    reviews: [],
    emissions: [],
    ...changes,
  }
}

/** Answers to the calls about reports. @param reports as the engine has them, newest first */
export function reportHandlers(
  reports: ReportDetail[],
): Pick<
  DeskHandlers,
  'reports.page' | 'reports.get' | 'reports.override' | 'reports.reinspect' | 'reports.review' | 'inspections.retry'
> {
  const find = (id: string): ReportDetail => {
    const report = reports.find((one) => one.id === id)
    if (report) return report
    throw new Refusal('report_missing', 'This report does not exist: reload the list.')
  }
  return {
    'reports.page': ({ filter: { severities, text }, offset, limit }) => {
      const rows = reports.filter(
        (one) =>
          (severities.length === 0 || (one.severity !== null && severities.includes(one.severity))) &&
          one.title.toLowerCase().includes(text.toLowerCase()),
      )
      return { rows: rows.slice(offset, offset + limit), total: rows.length, newestSeq: reports[0]?.seq ?? 0 }
    },
    'reports.get': ({ id }) => find(id),
    'reports.override': ({ id, severity, reason }) => {
      Object.assign(find(id), { severity, reason, gradedBy: 'analyst' })
      return {}
    },
    'reports.reinspect': ({ id }) => ({ attributes: find(id).entities.length }),
    'reports.review': ({ id }) => {
      find(id)
      return {}
    },
    'inspections.retry': () => ({}),
  }
}

import type { ReportDetail } from '../../../shared/model/report.ts'
import { reviewerOf } from './report-words.ts'

/** One moment of a report. `text` is somebody else's. */
export interface TimelineLine {
  key: string
  at: number
  kind: 'alert' | 'finding' | 'review' | 'emission'
  who: string
  text: string
}

/** Alerts, findings, reviews and emissions of a report by their time, the newest first. */
export function timelineLines(detail: ReportDetail): TimelineLine[] {
  const { alerts, entities, reviews, emissions } = detail
  const lines: TimelineLine[] = [
    ...alerts.map((alert) => ({
      key: `alert ${alert.id}`,
      at: alert.createdAt,
      kind: 'alert' as const,
      who: 'alert',
      text: alert.title,
    })),
    ...entities.flatMap(({ value, findings }) =>
      findings.map((finding) => ({
        key: `finding ${finding.id}`,
        at: finding.at,
        kind: 'finding' as const,
        who: finding.author,
        text: `${value}: ${finding.summary === '' ? finding.type : finding.summary}`,
      })),
    ),
    ...reviews.map((review) => ({
      key: `review ${review.id}`,
      at: review.at,
      kind: 'review' as const,
      who: reviewerOf(review),
      text: review.reason === '' ? `graded ${review.severity}` : `graded ${review.severity}: ${review.reason}`,
    })),
    ...emissions.map((emission) => ({
      key: `emission ${emission.id}`,
      at: emission.at,
      kind: 'emission' as const,
      who: 'emitted',
      text: emission.severity === null ? emission.status : `${emission.status}, ${emission.severity}`,
    })),
  ]
  return lines.toSorted((one, other) => other.at - one.at)
}

import {
  CircleDashed,
  CircleQuestionMark,
  LoaderCircle,
  type LucideIcon,
  ShieldCheck,
  TriangleAlert,
} from 'lucide-react'
import type { ActionState } from '../../../shared/model/states.ts'
import type { ReportDetail, ReportRow, ReportSeverity, ReviewView } from '../../../shared/model/report.ts'
import { count, type Kind } from '../../lib/words.ts'

/** A grade as it is shown: the shape says it without the colour. */
export interface Sign {
  word: string
  kind: Kind
  icon: LucideIcon
}

export const GRADES = {
  safe: { word: 'safe', kind: 'ok', icon: ShieldCheck },
  unclassified: { word: 'unclassified', kind: 'stale', icon: CircleQuestionMark },
  urgent: { word: 'urgent', kind: 'fail', icon: TriangleAlert },
} as const satisfies Record<ReportSeverity, Sign>

/** The grades where they are chosen from. */
export const GRADE_NAMES = {
  safe: 'Safe',
  unclassified: 'Unclassified',
  urgent: 'Urgent',
} as const satisfies Record<ReportSeverity, string>

const IN_REVIEW: Sign = { word: 'in review', kind: 'run', icon: LoaderCircle }
const NOT_GRADED: Sign = { word: 'not graded', kind: 'off', icon: CircleDashed }

/** What a report shows as its state: its grade, which is never taken back, or that one is on its way. */
export function signOf(row: Pick<ReportRow, 'severity' | 'isInReview' | 'openInspections'>): Sign {
  if (row.severity !== null) return GRADES[row.severity]
  return row.isInReview || row.openInspections > 0 ? IN_REVIEW : NOT_GRADED
}

/** What a graded report still waits for; empty where nothing. */
export function pendingWords(row: Pick<ReportRow, 'isInReview' | 'openInspections'>): string {
  if (row.openInspections > 0) return `${count(row.openInspections, 'inspection')} open`
  return row.isInReview ? 'a review is due' : ''
}

/** Who graded it, as the analyst reads it. */
export function graderOf(row: Pick<ReportRow, 'gradedBy'>): string {
  return row.gradedBy === 'analyst' ? 'you' : row.gradedBy === 'policy' ? 'policy' : ''
}

/** `policy v14`, or `you`. */
export function reviewerOf(review: Pick<ReviewView, 'by' | 'policyNumber'>): string {
  if (review.by === 'analyst') return 'you'
  return review.policyNumber === null ? 'no policy' : `policy v${review.policyNumber}`
}

/** The review that the grade stands on: the newest of whoever has the last word. */
export function standingReview(detail: Pick<ReportDetail, 'reviews' | 'gradedBy'>): ReviewView | undefined {
  return detail.reviews.find((review) => review.by === detail.gradedBy)
}

/** What the policy says where the analyst overrode it. */
export function overriddenReview(detail: Pick<ReportDetail, 'reviews' | 'gradedBy'>): ReviewView | undefined {
  return detail.gradedBy === 'analyst' ? detail.reviews.find((review) => review.by === 'policy') : undefined
}

/** What a review had before it: `12 findings on 4 alerts, 2 inspections open`. */
export function seenByReview(review: ReviewView): string {
  const seen = `${count(review.findingCount, 'finding')} on ${count(review.alertCount, 'alert')}`
  return review.openCount > 0
    ? `${seen}, ${count(review.openCount, 'inspection')} had not answered`
    : `${seen}, all inspections settled`
}

/** States of an action that only the analyst ends; such a one is listed under Waiting for you. */
export function waitsForYou(state: ActionState): boolean {
  return state === 'waiting' || state === 'unknown'
}

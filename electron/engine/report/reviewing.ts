import type { ReportSeverity } from '../../../shared/model/report.ts'
import type { Failure } from '../../../shared/model/views.ts'
import { canonicalObject } from '../forms/canonical.ts'
import { decide, insertDecided, reportParts, type Decided } from './deciding.ts'
import { makeKnown } from './emitting.ts'
import { failureOf, noteFailure, settleIfDone } from './inspecting.ts'
import { readReview, REVIEW_ENTRYPOINT } from './policies/review-policy.ts'
import { reviewInput } from './policies/report-input.ts'
import type { ReportRecord, ReportSnapshot } from './records/report-records.ts'
import type { ReportDeps } from './report-deps.ts'

/** What a review came to, before it is written. */
interface Graded {
  severity: ReportSeverity
  reason: string
  decided: Decided | null
  failure: Failure | null
}

/**
 * Grades a report by the package `review` and makes the grade known where it is another one. What comes while the policy
 * thinks is reviewed once more.
 */
export async function reviewReport(deps: ReportDeps, report: ReportRecord): Promise<void> {
  const { store, reports, ids, chains, bus } = deps
  const seen = reports.snapshot(report)
  const graded = await grade(deps, report, seen)
  const queued = await store.writer.commit('report-review', (tx) => {
    const now = reports.bySeq(report.seq)
    if (now === null) return []
    const decisionId = graded.decided === null ? null : insertDecided(deps, tx, graded.decided)
    const { severity, reason } = graded
    const isFirst = now.severity === null
    const holds = reports.review(tx, now, { id: ids.uuid(), by: 'policy', severity, reason, decisionId })
    if (graded.failure !== null) noteFailure(deps, tx, now, graded.failure)
    reports.endReviewWait(tx, now.seq)
    if (now.alertCount !== seen.alertCount || reports.snapshot(now).lastFindingSeq !== seen.lastFindingSeq) {
      reports.wantReview(tx, now.seq, tx.at + deps.times().reviewDelayMs)
      settleIfDone(deps, tx, now.seq)
    }
    const isAnother = isFirst || (holds && (now.severity !== severity || now.reason !== reason))
    return isAnother ? makeKnown(deps, tx, now.id, 'published') : []
  })
  chains.wakeReportChains(queued)
  bus.changed(['reports', 'problems'])
}

async function grade(deps: ReportDeps, report: ReportRecord, snapshot: ReportSnapshot): Promise<Graded> {
  const nothing: Graded = { severity: 'unclassified', reason: '', decided: null, failure: null }
  const policy = deps.policy.live()
  if (policy === null || !deps.policy.hasEntrypoint(policy.id, REVIEW_ENTRYPOINT)) return nothing
  let decided: Decided | null = null
  try {
    const env = await deps.env()
    const input = reviewInput({ report: canonicalObject(deps.inputs.members(snapshot)), env })
    decided = await decide(deps, policy, 'review', input, reportParts(snapshot, env))
    const { error, result } = decided.evaluation
    if (error !== null) return withFailure(report, decided, error)
    return { ...readReview(result), decided, failure: null }
  } catch (error) {
    return withFailure(report, decided, failureOf(error))
  }
}

/** A grade that was given is not lost by a policy that fails. */
function withFailure(report: ReportRecord, decided: Decided | null, failure: Failure): Graded {
  const severity = report.severity ?? 'unclassified'
  return { severity, reason: `The review failed: ${failure.message}`.slice(0, 2000), decided, failure }
}

import type { JsonValue } from '../../../../shared/model/json.ts'
import { reportSeverity, type ReportSeverity } from '../../../../shared/model/report.ts'
import { ResultObject, wrongValue } from '../../policy/policy-result.ts'

/** The package that grades a report. */
export const REVIEW_ENTRYPOINT = 'review'

export interface Grade {
  severity: ReportSeverity
  reason: string
}

/** DeepAlert's limit of an alert's description. */
const MAX_REASON = 4096

/**
 * The grade that the package `review` gives, as DeepAlert reads it: nothing, null or '' is `unclassified`.
 * @param document what the package evaluated to
 * @throws TocsinError `policy_result` for a grade that is none, and for a wrong type; it names what came
 */
export function readReview(document: JsonValue | undefined): Grade {
  const review = new ResultObject(document ?? {}, 'review')
  const reason = review.text('reason')
  return {
    severity: toSeverity(review.any('severity'), review.place('severity')),
    reason: reason.length > MAX_REASON ? `${reason.slice(0, MAX_REASON).toWellFormed()}…` : reason,
  }
}

function toSeverity(value: JsonValue, where: string): ReportSeverity {
  if (value === null || value === '') return 'unclassified'
  const word = reportSeverity.safeParse(typeof value === 'string' ? value.toLowerCase() : value)
  if (word.success) return word.data
  throw wrongValue(where, value, 'safe, unclassified or urgent is')
}

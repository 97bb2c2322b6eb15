import type { JsonObject } from '../../../../shared/model/json.ts'
import { canonicalJson, type CanonicalMembers } from '../../forms/canonical.ts'

/** What the packages about reports see. */
interface ReportParts {
  /** The report in DeepAlert's form, as canonical JSON text. */
  report: string
  env: Readonly<Record<string, string>>
}

/**
 * Input of `inspect`: asked once for each attribute of a report.
 * @param parts.attribute in DeepAlert's form
 */
export function inspectInput({ attribute, ...parts }: ReportParts & { attribute: JsonObject }): CanonicalMembers {
  return { ...reviewInput(parts), attribute: canonicalJson(attribute) }
}

/** Input of `review`: the whole report. */
export function reviewInput({ report, env }: ReportParts): CanonicalMembers {
  return { report, env: canonicalJson(env) }
}

import type { JsonValue } from '../../../../shared/model/json.ts'
import type { Content, ReportAttribute, ReportSeverity, ReportStatus } from '../../../../shared/model/report.ts'
import { contentJson } from './content-json.ts'
import type { DeepAlertAlert, DeepAlertAttribute } from './deepalert-alert.ts'
import { timeText } from './time-text.ts'

/** All that was found about one attribute. The three lists are absent while they are empty. */
export interface DeepAlertSection {
  attr: DeepAlertAttribute
  users?: JsonValue[]
  hosts?: JsonValue[]
  binaries?: JsonValue[]
  /** Ours: answers in none of DeepAlert's forms, `{author, content}` each; absent while there are none. */
  results?: JsonValue[]
}

/** A report in DeepAlert's JSON (`behaviour/deepalert.md` §2). */
export interface DeepAlertReport {
  id: string
  alerts: DeepAlertAlert[] | null
  attributes: DeepAlertAttribute[] | null
  sections: DeepAlertSection[] | null
  /** Both are '' before the first review. */
  result: { severity: ReportSeverity | ''; reason: string }
  status: ReportStatus
  /** RFC 3339 */
  created_at: string
}

/** What a report says of itself: what stands, the times in epoch ms. */
export interface ReportFacts {
  id: string
  status: ReportStatus
  severity: ReportSeverity | ''
  reason: string
  createdAt: number
}

/** An attribute of a report, and when it came into it (epoch ms): its time where it has none of its own. */
export interface SeenAttribute extends ReportAttribute {
  hash: string
  at: number
}

/** One finding, about the attribute of this hash. */
export type HashedFinding = Content & { hash: string; author: string }

/** A report with the parts that are given; a part that is not is null. */
export function reportJson(
  { id, status, severity, reason, createdAt }: ReportFacts,
  parts: Partial<Pick<DeepAlertReport, 'alerts' | 'attributes' | 'sections'>>,
): DeepAlertReport {
  return {
    id,
    alerts: parts.alerts ?? null,
    attributes: parts.attributes ?? null,
    sections: parts.sections ?? null,
    result: { severity, reason },
    status,
    created_at: timeText(createdAt),
  }
}

/** An attribute of a report: it always has a time there. */
export function attributeJson({ type, key, value, context, timestamp, at }: SeenAttribute): DeepAlertAttribute {
  return { ...plainAttribute({ type, key, value, context }), timestamp: timestamp ?? timeText(at) }
}

/** An attribute as an alert names it. */
export function plainAttribute({ type, key, value, context, timestamp }: ReportAttribute): DeepAlertAttribute {
  const isNull = context.length === 0
  return { type, key, value, context: isNull ? null : context, ...(timestamp === undefined ? {} : { timestamp }) }
}

const LISTS = { user: 'users', host: 'hosts', binary: 'binaries', result: 'results' } as const

/**
 * The findings by what they are about: one section per attribute about which something was found, in the order of the
 * attributes' hashes; in a section, in the order in which they came.
 */
export function sectionsJson(
  attributes: readonly SeenAttribute[],
  findings: readonly HashedFinding[],
): DeepAlertSection[] {
  const byHash = new Map(attributes.map((attribute) => [attribute.hash, attribute]))
  const sections = new Map<string, DeepAlertSection>()
  for (const { hash, author, ...found } of findings) {
    const attribute = byHash.get(hash)
    if (!attribute) continue
    const section: DeepAlertSection = sections.get(hash) ?? { attr: attributeJson(attribute) }
    const list = LISTS[found.type]
    const content = contentJson(found)
    section[list] = [...(section[list] ?? []), found.type === 'result' ? { author, content } : content]
    sections.set(hash, section)
  }
  return [...sections].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, section]) => section)
}

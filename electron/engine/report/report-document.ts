import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import type { ReportAttribute } from '../../../shared/model/report.ts'
import { canonicalJson, canonicalObject, type CanonicalMembers } from '../forms/canonical.ts'
import type { StoredAlert } from '../store/alert-store.ts'
import type { AttributeRecord, ReportRecord, ReportSnapshot } from './records/report-records.ts'
import { reportAttributeOf } from './report-attributes.ts'
import { causeOf } from './report-cause.ts'

/** Longer events are left out of a report's alerts: DeepAlert's limit of an alert's body, in characters; and all of one report. */
const MAX_BODY = 65_536
const MAX_BODIES = 524_288
/** Findings beyond so many characters in all are left out, and counted: a policy has a memory maximum. */
const MAX_FINDINGS = 1_048_576

/** An alert of a report with its event, as policies see that; null where it was deleted by age. */
export interface AlertInReport {
  alert: StoredAlert
  event: string
  /** What DeepAlert's form of the event says, where it came in that. */
  given: { attributes: ReportAttribute[]; body: JsonValue | undefined } | null
}

export interface FindingInReport {
  attributeSeq: number
  author: string
  type: string
  content: JsonValue
}

/** What a report is made of, up to a snapshot. Attributes in their order, alerts oldest first. */
export interface ReportParts {
  report: Pick<ReportRecord, 'id' | 'title' | 'createdAt'>
  snapshot: ReportSnapshot
  alerts: readonly AlertInReport[]
  attributes: readonly AttributeRecord[]
  findings: readonly FindingInReport[]
}

/**
 * A report as policies see it: DeepAlert's Report (`behaviour/deepalert.md` §2), with `title`, `alert_count`,
 * `findings_left_out` and, per section, `results` beside it. `alerts` are the last hundred.
 */
export function reportMembers(parts: ReportParts): CanonicalMembers {
  const { report, snapshot, attributes } = parts
  const findings = thatFit(parts.findings)
  const facts = {
    id: report.id,
    title: report.title,
    status: snapshot.status,
    created_at: timeText(report.createdAt),
    alert_count: snapshot.alertCount,
    result: { severity: snapshot.severity ?? '', reason: snapshot.reason },
    attributes: attributes.map(attributeForm),
    sections: sectionsOf(attributes, findings),
    findings_left_out: parts.findings.length - findings.length,
  }
  const members = Object.entries(facts).map(([key, fact]) => [key, canonicalJson(fact)] as const)
  return { ...Object.fromEntries(members), alerts: alertTexts(parts.alerts) }
}

/** DeepAlert's Attribute: `context` is null while empty. */
export function attributeForm({ type, key, value, context, timestamp }: ReportAttribute): JsonObject {
  const seen = timestamp === undefined ? {} : { timestamp }
  return { type, key, value, context: context.length === 0 ? null : context.toSorted(), ...seen }
}

/** RFC 3339 of epoch ms. */
export function timeText(at: number): string {
  return new Date(at).toISOString()
}

/** The newest keep their events, as far as there is room. */
function alertTexts(alerts: readonly AlertInReport[]): string {
  let room = MAX_BODIES
  const texts = alerts.toReversed().map((one) => {
    const body = bodyText(one)
    const fits = body !== null && body.length <= Math.min(MAX_BODY, room)
    if (fits) room -= body.length
    return canonicalObject({ ...alertMembers(one), ...(fits ? { body } : {}) })
  })
  return `[${texts.toReversed().join(',')}]`
}

function bodyText({ event, given }: AlertInReport): string | null {
  if (given === null) return event
  return given.body === undefined || given.body === null ? null : canonicalJson(given.body)
}

function alertMembers({ alert, given }: AlertInReport): CanonicalMembers {
  const { detector, ruleId, alertKey } = causeOf(alert)
  const attributes = given?.attributes ?? alert.attrs.map(reportAttributeOf)
  const facts = {
    id: alert.id,
    detector,
    rule_name: alert.title,
    rule_id: ruleId,
    alert_key: alertKey,
    description: alert.description,
    timestamp: timeText(alert.createdAt),
    severity: alert.severity,
    attributes: attributes.length === 0 ? null : attributes.map(attributeForm),
  }
  return Object.fromEntries(Object.entries(facts).map(([key, fact]) => [key, canonicalJson(fact)]))
}

/** In their order, as far as there is room. */
function thatFit(findings: readonly FindingInReport[]): FindingInReport[] {
  let room = MAX_FINDINGS
  return findings.filter(({ content }) => {
    const length = canonicalJson(content).length
    if (length <= room) room -= length
    else room = 0
    return room > 0
  })
}

const LISTS: Readonly<Record<string, string>> = { user: 'users', host: 'hosts', binary: 'binaries' }

/** One section per attribute that something was found about, by its hash, as G3 of the original sorts them. */
function sectionsOf(attributes: ReportParts['attributes'], findings: readonly FindingInReport[]): JsonValue[] {
  const byAttribute = Map.groupBy(findings, ({ attributeSeq }) => attributeSeq)
  return attributes
    .filter(({ seq }) => byAttribute.has(seq))
    .toSorted((a, b) => (a.hash < b.hash ? -1 : 1))
    .map((attribute) => {
      const section: Record<string, JsonValue> = { attr: attributeForm(attribute) }
      for (const { author, type, content } of byAttribute.get(attribute.seq) ?? []) {
        const list = LISTS[type] ?? 'results'
        const before = section[list]
        const entry = list === 'results' ? { author, content } : content
        section[list] = [...(Array.isArray(before) ? before : []), entry]
      }
      return section
    })
}

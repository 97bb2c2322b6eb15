import type { z } from 'zod'
import { TocsinError } from '../../../../shared/errors.ts'
import type { JsonValue } from '../../../../shared/model/json.ts'
import type {
  EmissionView,
  EntityView,
  ReportDetail,
  ReportFilter,
  reportRow,
  ReviewView,
} from '../../../../shared/model/report.ts'
import type { Failure } from '../../../../shared/model/views.ts'
import type { Database } from '../database.ts'
import { prepared } from './prepared.ts'

/** The latest reports: what is older is found by its entity or its alert. */
const MAX_REPORTS = 20_000
const MAX_ALERTS = 100
const MAX_ENTITIES = 500
const MAX_INSPECTIONS = 2000
const MAX_FINDINGS = 1000
const MAX_REVIEWS = 100
const MAX_STATES = 100
/** Other reports with the same value that are counted. */
const MAX_SEEN = 1000

type ReportRow = z.infer<typeof reportRow>
type Row = Omit<ReportRow, 'isInReview'> & { isInReview: number }
type DetailRow = Row &
  Pick<ReportDetail, 'cause' | 'reason' | 'gradedAt' | 'closesAt' | 'inspectAt' | 'reviewAt' | 'stopped'>

const COLUMNS = `r.id, r.seq, r.title, r.detector, r.rule_id AS ruleId, r.alert_key AS alertKey, r.status, r.severity,
  r.graded_by AS gradedBy, r.is_review_due AS isInReview, r.alert_count AS alertCount, r.created_at AS createdAt, r.last_at AS lastAt,
  (SELECT count(*) FROM inspection AS i WHERE i.report_seq = r.seq AND i.state = 'waiting') AS openInspections,
  (SELECT count(*) FROM report_state AS s CROSS JOIN chain AS c ON c.subject_kind = 'report' AND c.subject_id = s.id
     CROSS JOIN action AS a ON a.chain_id = c.id AND a.state IN ('waiting', 'unknown') WHERE s.report_seq = r.seq) AS waiting`

const LATEST = `(SELECT * FROM report WHERE :upToSeq IS NULL OR seq <= :upToSeq ORDER BY last_at DESC, seq DESC LIMIT ${MAX_REPORTS})`

const MATCHES = `(:severities = '[]' OR r.severity IN (SELECT value FROM json_each(:severities)))
  AND (:text = '' OR instr(lower(r.title || ' ' || r.detector || ' ' || r.rule_id || ' ' || r.alert_key), lower(:text)) > 0)`

const PAGE = `SELECT ${COLUMNS} FROM ${LATEST} AS r WHERE ${MATCHES} ORDER BY r.last_at DESC, r.seq DESC LIMIT :limit OFFSET :offset`
const TOTAL = `SELECT count(*) AS count FROM ${LATEST} AS r WHERE ${MATCHES}`

/** Those in which an entity has the value. */
const OF_VALUE = `(SELECT DISTINCT r.* FROM report_attribute AS v CROSS JOIN report AS r ON r.seq = v.report_seq
  WHERE v.value = :value AND (:upToSeq IS NULL OR r.seq <= :upToSeq) LIMIT ${MAX_SEEN})`
const PAGE_OF_VALUE = PAGE.replace(LATEST, OF_VALUE)
const TOTAL_OF_VALUE = TOTAL.replace(LATEST, OF_VALUE)

const NEWEST = 'SELECT coalesce(max(seq), 0) AS seq FROM report'

const REPORT = `SELECT ${COLUMNS}, r.cause, r.reason, r.graded_at AS gradedAt, r.closes_at AS closesAt, r.inspect_at AS inspectAt,
    r.review_at AS reviewAt, r.stopped
  FROM report AS r WHERE r.id = :id`

const ALERTS = `SELECT a.id, a.title, a.severity, coalesce(CAST(a.attrs ->> '$[0].value' AS TEXT), '') AS value, a.created_at AS createdAt, a.attrs
  FROM report_alert AS r CROSS JOIN alert AS a ON a.seq = r.alert_seq
  WHERE r.report_seq = :seq ORDER BY r.alert_seq DESC LIMIT ${MAX_ALERTS}`

const ENTITIES = `SELECT t.seq, t.hash, t.type, t.key, t.value, t.context, t.timestamp, t.depth,
    iif(i.uses = '', 'policy', i.uses) AS broughtUpBy,
    p.hash AS parentHash, t.inspected_at IS NOT NULL AS isInspected
  FROM report_attribute AS t LEFT JOIN inspection AS i ON i.id = t.inspection_id
  LEFT JOIN report_attribute AS p ON p.seq = i.attribute_seq
  WHERE t.report_seq = :seq ORDER BY t.seq LIMIT ${MAX_ENTITIES}`

const INSPECTIONS = `SELECT i.attribute_seq AS attributeSeq, i.id, i.uses, i.state, i.error, coalesce(l.tries, 0) AS tries,
    l.next_at AS nextAt, i.settled_at AS settledAt
  FROM inspection AS i LEFT JOIN lookup AS l ON l.id = i.lookup_id
  WHERE i.report_seq = :seq ORDER BY i.seq DESC LIMIT ${MAX_INSPECTIONS}`

const FINDINGS = `SELECT attribute_seq AS attributeSeq, id, author, type, content, summary, at FROM finding
  WHERE report_seq = :seq ORDER BY seq DESC LIMIT ${MAX_FINDINGS}`

/** The same value in other reports: whatever a detector calls it. */
const SEEN = `SELECT r.severity, count(DISTINCT r.seq) AS reports, sum(r.alert_count) AS alerts, max(r.last_at) AS lastAt
  FROM (SELECT DISTINCT report_seq FROM report_attribute WHERE value = :value AND type = :type AND report_seq <> :seq LIMIT ${MAX_SEEN}) AS o
  CROSS JOIN report AS r ON r.seq = o.report_seq GROUP BY r.severity`

const REVIEWS = `SELECT v.id, v.at, v.by, v.severity, v.reason, p.number AS policyNumber, v.alert_count AS alertCount,
    v.finding_count AS findingCount, v.open_count AS openCount
  FROM review AS v LEFT JOIN decision_row AS d ON d.id = v.decision_id LEFT JOIN evaluator AS e ON e.seq = d.evaluator
  LEFT JOIN policy_version AS p ON p.id = e.policy_version_id
  WHERE v.report_seq = :seq ORDER BY v.seq DESC LIMIT ${MAX_REVIEWS}`

const STATES = `SELECT s.id, s.at, s.status, nullif(s.severity, '') AS severity FROM report_state AS s
  WHERE s.report_seq = :seq ORDER BY s.seq DESC LIMIT ${MAX_STATES}`

const CHAIN = `SELECT id, state FROM chain WHERE subject_kind = 'report' AND subject_id = :id AND trigger <> 'undo'
  ORDER BY run_no DESC LIMIT 1`

const ACTIONS = `SELECT a.id, iif(p.edited_args IS NULL, a.name, '') AS name, a.title, a.state,
    coalesce(a.settled_at, a.proposed_at) AS at
  FROM action AS a LEFT JOIN approval AS p ON p.action_id = a.id WHERE a.chain_id = :id ORDER BY a.round_no, a.position LIMIT 100`

/** Reports, the last one seen first. */
export function reportsPage(
  db: Database,
  arg: { filter: ReportFilter; upToSeq: number | null; offset: number; limit: number },
): { rows: ReportRow[]; total: number; newestSeq: number } {
  const { filter, ...rest } = arg
  const isOfValue = filter.value !== ''
  const bound = { ...rest, ...filter, severities: JSON.stringify(filter.severities) }
  const rows = prepared<object, Row>(db, isOfValue ? PAGE_OF_VALUE : PAGE).all(bound)
  const total = prepared<object, { count: number }>(db, isOfValue ? TOTAL_OF_VALUE : TOTAL).get(bound)?.count ?? 0
  const newestSeq = prepared<object, { seq: number }>(db, NEWEST).get({})?.seq ?? 0
  return { rows: rows.map(toRow), total, newestSeq }
}

/** @throws TocsinError `report_missing` */
export function reportDetail(db: Database, { id }: { id: string }): ReportDetail {
  const row = prepared<object, DetailRow>(db, REPORT).get({ id })
  if (row === undefined) throw new TocsinError('report_missing', 'This report does not exist: reload the list.')
  const { seq } = row
  const alerts = prepared<object, AlertRow>(db, ALERTS).all({ seq })
  return {
    ...row,
    ...toRow(row),
    alerts: alerts.map(({ attrs: _attrs, ...alert }) => alert),
    entities: entitiesOf(db, seq, alerts),
    reviews: prepared<object, ReviewView>(db, REVIEWS).all({ seq }),
    emissions: prepared<object, Omit<EmissionView, 'chain' | 'actions'>>(db, STATES)
      .all({ seq })
      .map((state) => {
        const chain = prepared<object, NonNullable<EmissionView['chain']>>(db, CHAIN).get({ id: state.id }) ?? null
        const actions = chain && prepared<object, EmissionView['actions'][number]>(db, ACTIONS).all({ id: chain.id })
        return { ...state, chain, actions: actions ?? [] }
      }),
  }
}

function toRow(row: Row): ReportRow {
  return { ...row, isInReview: row.isInReview === 1 }
}

type AlertRow = ReportDetail['alerts'][number] & { attrs: string }
type EntityRow = Pick<
  EntityView,
  'hash' | 'type' | 'key' | 'value' | 'timestamp' | 'depth' | 'broughtUpBy' | 'parentHash'
> & {
  seq: number
  context: string
  isInspected: number
}
type InspectionRow = Omit<EntityView['inspections'][number], 'error'> & { attributeSeq: number; error: string | null }
type FindingRow = Omit<EntityView['findings'][number], 'content'> & { attributeSeq: number; content: string }

function entitiesOf(db: Database, seq: number, alerts: readonly AlertRow[]): EntityView[] {
  const inspections = Map.groupBy(prepared<object, InspectionRow>(db, INSPECTIONS).all({ seq }), ofAttribute)
  const findings = Map.groupBy(prepared<object, FindingRow>(db, FINDINGS).all({ seq }), ofAttribute)
  const named = alertsByValue(alerts)
  return prepared<object, EntityRow>(db, ENTITIES)
    .all({ seq })
    .map(({ seq: attributeSeq, context, isInspected, ...entity }) => ({
      ...entity,
      context: JSON.parse(context) as string[],
      isInspected: isInspected === 1,
      alertIds: entity.depth === 0 ? (named.get(entity.value) ?? []) : [],
      inspections: (inspections.get(attributeSeq) ?? []).toReversed().map(({ attributeSeq: _seq, error, ...one }) => ({
        ...one,
        error: error === null ? null : (JSON.parse(error) as Failure),
      })),
      findings: (findings.get(attributeSeq) ?? []).toReversed().map(({ attributeSeq: _seq, content, ...one }) => ({
        ...one,
        content: JSON.parse(content) as JsonValue,
      })),
      seenBefore: seenBefore(db, seq, entity),
    }))
}

function ofAttribute({ attributeSeq }: { attributeSeq: number }): number {
  return attributeSeq
}

/** Which of the listed alerts name a value. */
function alertsByValue(alerts: readonly AlertRow[]): Map<string, string[]> {
  const named = new Map<string, string[]>()
  for (const { id, attrs } of alerts)
    for (const { value } of JSON.parse(attrs) as { value: JsonValue }[]) {
      const text = typeof value === 'string' ? value : JSON.stringify(value)
      named.set(text, [...(named.get(text) ?? []), id])
    }
  return named
}

function seenBefore(
  db: Database,
  seq: number,
  { value, type }: { value: string; type: string },
): EntityView['seenBefore'] {
  const rows = prepared<
    object,
    {
      severity: EntityView['seenBefore']['grades'][number]['severity'] | null
      reports: number
      alerts: number
      lastAt: number
    }
  >(db, SEEN).all({ seq, value, type })
  return {
    alerts: rows.reduce((sum, row) => sum + row.alerts, 0),
    reports: rows.reduce((sum, row) => sum + row.reports, 0),
    lastAt: rows.length === 0 ? null : Math.max(...rows.map((row) => row.lastAt)),
    grades: rows.flatMap(({ severity, reports: count }) => (severity === null ? [] : [{ severity, count }])),
  }
}

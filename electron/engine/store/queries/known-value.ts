import type { ReportSeverity } from '../../../../shared/model/report.ts'
import type { TriageState, Verdict } from '../../../../shared/model/states.ts'
import type { Database } from '../database.ts'
import { normalValue } from '../normal-value.ts'
import { prepared } from './prepared.ts'

/** Of a value that every alert names, the newest are judged by. */
const MAX_ALERTS = 5000
const MAX_REPORTS = 5000
/** Of the reports, those that are told one by one. */
const MAX_NEWEST = 20

/** What this desk knows of a value. */
export interface KnownValue {
  /** Null where values of this type are kept in no spelling of their own, so that alerts cannot be found by it. */
  alerts: KnownAlerts | null
  reports: KnownReports
}

export interface KnownReports {
  /** At most `MAX_REPORTS`; `isMore` says that there are others. */
  count: number
  isMore: boolean
  /** How many of the counted are graded so; the others are not graded yet. */
  grades: Partial<Record<ReportSeverity, number>>
  newest: { id: string; severity: ReportSeverity | null; lastAt: number }[]
}

export interface KnownAlerts {
  /** At most `MAX_ALERTS`; `isMore` says that there are further, older ones. */
  count: number
  isMore: boolean
  /** Epoch ms; null where no alert names it. */
  firstAt: number | null
  lastAt: number | null
  /** How many of the counted stand where, and how the closed ones were judged. */
  triage: Partial<Record<TriageState, number>>
  verdicts: Partial<Record<Verdict, number>>
}

interface Group {
  triage: TriageState
  verdict: Verdict | null
  count: number
  firstAt: number
  lastAt: number
}

/** Ids of alerts sort by time, so that the key's end holds the newest. */
const OF_VALUE = `attribute_normal AS n WHERE n.normal = :normal AND n.form = :form AND n.subject_kind = 'alert'`

const GROUPS = `WITH named AS (
    SELECT DISTINCT n.subject_id AS id FROM ${OF_VALUE} ORDER BY n.subject_id DESC LIMIT ${MAX_ALERTS + 1})
  SELECT l.triage, l.verdict, count(*) AS count, min(a.created_at) AS firstAt, max(a.created_at) AS lastAt
  FROM named AS n CROSS JOIN alert AS a ON a.id = n.id CROSS JOIN alert_list AS l ON l.seq = a.seq
  GROUP BY l.triage, l.verdict`

const OLDEST = `SELECT a.created_at AS at FROM (SELECT n.subject_id AS id FROM ${OF_VALUE} ORDER BY n.subject_id LIMIT 1) AS n
  CROSS JOIN alert AS a ON a.id = n.id`

/** As it was given or in its one spelling; what has none is the same only where it is called the same. */
const REPORTS = `WITH named AS (
    SELECT DISTINCT v.report_seq AS seq FROM report_attribute AS v
    WHERE v.value IN (:value, :normal) AND (:isAnyType OR v.type = :type) LIMIT ${MAX_REPORTS + 1})`

const GRADES = `${REPORTS} SELECT r.severity, count(*) AS count FROM named AS n CROSS JOIN report AS r ON r.seq = n.seq
  GROUP BY r.severity`

const NEWEST_REPORTS = `${REPORTS} SELECT r.id, r.severity, r.last_at AS lastAt FROM named AS n CROSS JOIN report AS r ON r.seq = n.seq
  ORDER BY r.last_at DESC, r.seq DESC LIMIT ${MAX_NEWEST}`

/** In which alerts and reports a value stands, however they spell it, and what the analyst and policies made of them. */
export function knownValue(db: Database, { type, value }: { type: string; value: string }): KnownValue {
  const known = normalValue({ type, value })
  const bound = { type, value, normal: known?.normal ?? value, isAnyType: known === null ? 0 : 1 }
  return { alerts: known === null ? null : knownAlerts(db, known), reports: knownReports(db, bound) }
}

function knownReports(db: Database, bound: object): KnownReports {
  const groups = prepared<object, { severity: ReportSeverity | null; count: number }>(db, GRADES).all(bound)
  const all = groups.reduce((sum, { count }) => sum + count, 0)
  const graded = groups.flatMap(({ severity, count }) => (severity === null ? [] : [[severity, count] as const]))
  return {
    count: Math.min(all, MAX_REPORTS),
    isMore: all > MAX_REPORTS,
    grades: Object.fromEntries(graded),
    newest: prepared<object, KnownReports['newest'][number]>(db, NEWEST_REPORTS).all(bound),
  }
}

function knownAlerts(db: Database, normal: { form: string; normal: string }): KnownAlerts {
  const groups = prepared<typeof normal, Group>(db, GROUPS).all(normal)
  const oldest = prepared<typeof normal, { at: number }>(db, OLDEST).all(normal)
  const all = groups.reduce((sum, { count }) => sum + count, 0)
  const firsts = [...groups.map(({ firstAt }) => firstAt), ...oldest.map(({ at }) => at)]
  const known: KnownAlerts = {
    count: Math.min(all, MAX_ALERTS),
    isMore: all > MAX_ALERTS,
    firstAt: all === 0 ? null : Math.min(...firsts),
    lastAt: all === 0 ? null : Math.max(...groups.map(({ lastAt }) => lastAt)),
    triage: {},
    verdicts: {},
  }
  for (const { triage, verdict, count } of groups) {
    known.triage[triage] = (known.triage[triage] ?? 0) + count
    if (verdict !== null) known.verdicts[verdict] = (known.verdicts[verdict] ?? 0) + count
  }
  return known
}

import type { JsonObject, JsonValue } from '../../../../shared/model/json.ts'
import type { ActionState } from '../../../../shared/model/states.ts'
import type { ContainmentRow } from '../../../../shared/model/containment.ts'
import { said } from '../../forms/said.ts'
import type { Database } from '../database.ts'
import { prepared } from './prepared.ts'
import { SUBJECT_REPORT } from './subject-report.ts'

const MAX_CONTAINMENTS = 1000
/** Counts stop here: the screen says "9999+". */
const MAX_COUNT = 10_000
/** Of what a target was before, what a row shows. */
const MAX_BEFORE = 20
const MAX_VALUE = 200

/** What undoing one needs of the registry: `inverse(uses, args, result)`. */
export interface Containment extends ContainmentRow {
  /** Whose own actions are meant. */
  policyVersionId: string
  args: JsonValue
  /** Undefined where it is gone, or has not come yet: what undoing would be cannot be told. */
  result: JsonValue | undefined
}

interface Row {
  attemptId: string
  actionId: string
  policyVersionId: string
  alertId: string
  alertTitle: string
  reportId: string | null
  name: string
  title: string
  target: string
  targetKey: string
  uses: string
  since: number
  by: string
  args: string
  result: string | null
  accepted: string | null
  taken: number | null
  pending: string | null
  outcome: string | null
  isUnchanged: number
  standing: ContainmentRow['standing']
  found: string | null
  checkedAt: number | null
  canVerify: number
  endsAt: number | null
  isEndedByTarget: number | null
  endFailure: string | null
  undoActionId: string | null
  undoState: ActionState | null
}

const CONTAINMENTS = `SELECT f.id AS attemptId, f.action_id AS actionId, c.policy_version_id AS policyVersionId, coalesce(l.id, x.id, c.subject_id) AS alertId, r.id AS reportId, coalesce(l.title, r.title, '') AS alertTitle,
    iif(p.edited_args IS NULL, a.name, '') AS name, a.title,
    a.target, iif(a.target_key = '', a.target, a.target_key) AS targetKey, f.uses, coalesce(f.outcome_at, f.accepted_at) AS since,
    coalesce(p.decided_by, 'policy') AS by, f.args, f.result, f.accepted, f.taken, f.pending, f.outcome,
    json_type(f.result, '$.changed') IS 'false' AS isUnchanged,
    k.standing, k.found, k.checked_at AS checkedAt, f.outcome IS NULL OR f.next_check_at IS NOT NULL AS canVerify,
    f.ends_at AS endsAt, f.ends_by_target AS isEndedByTarget, f.end_failure AS endFailure,
    u.id AS undoActionId, u.state AS undoState
  FROM containment_now AS f
  JOIN action AS a ON a.id = f.action_id
  JOIN chain AS c ON c.id = a.chain_id
  LEFT JOIN alert AS l ON c.subject_kind = 'alert' AND l.id = c.subject_id
  ${SUBJECT_REPORT}
  LEFT JOIN approval AS p ON p.action_id = a.id
  LEFT JOIN containment_check AS k ON k.attempt_id = f.id
  LEFT JOIN action AS u ON u.id = (
    SELECT x.id FROM chain AS z CROSS JOIN action AS x ON x.chain_id = z.id
    WHERE z.undo_of = f.id ORDER BY x.seq DESC LIMIT 1)
  ORDER BY f.seq DESC LIMIT ${MAX_CONTAINMENTS}`

const CONTAINMENT_COUNT = `SELECT count(*) AS count FROM (SELECT 1 FROM containment_now LIMIT ${MAX_COUNT})`

/** What is in force or on its way, newest first. `undo` is null here: the registry knows inverses, the store does not. */
export function containmentList(db: Database): { rows: Containment[]; total: number } {
  const rows = prepared<object, Row>(db, CONTAINMENTS).all({}).map(containmentOf)
  return { rows, total: rows.length < MAX_CONTAINMENTS ? rows.length : containmentCount(db) }
}

/** How many containments are in force or on their way. */
export function containmentCount(db: Database): number {
  return prepared<object, { count: number }>(db, CONTAINMENT_COUNT).get({})?.count ?? 0
}

function containmentOf({ accepted, taken, pending, outcome, found, ...row }: Row): Containment {
  const result = row.result === null ? undefined : (JSON.parse(row.result) as JsonValue)
  const known = outcome === null ? parsed(accepted) : objectOf(result)
  return {
    ...row,
    args: JSON.parse(row.args) as JsonValue,
    result,
    isUnchanged: row.isUnchanged === 1,
    canVerify: row.canVerify === 1,
    isEndedByTarget: row.isEndedByTarget === 1,
    stage: outcome === null ? (taken === 1 ? 'accepted' : 'requested') : 'after' in known ? 'confirmed' : 'done',
    before: beforeOf(known['before']),
    // What the last look found that did not confirm it, or that differs.
    found: outcome === null ? (pending === null ? [] : [pending]) : (JSON.parse(found ?? '[]') as string[]),
    undo: null,
  }
}

function beforeOf(before: JsonValue | undefined): ContainmentRow['before'] {
  return Object.entries(objectOf(before))
    .slice(0, MAX_BEFORE)
    .map(([key, value]) => ({ key, value: said(value).slice(0, MAX_VALUE) }))
}

function parsed(text: string | null): JsonObject {
  return text === null ? {} : objectOf(JSON.parse(text) as JsonValue)
}

function objectOf(value: JsonValue | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
}

import type { JsonValue } from '../../../../shared/model/json.ts'
import type { ActionState, Effect, Severity } from '../../../../shared/model/states.ts'
import type { Asked, ContainmentRow, Failure, WaitingRow } from '../../../../shared/model/views.ts'
import type { Database } from '../database.ts'
import { prepared } from './prepared.ts'

/** More than a person decides in a day; the count in the navigation goes on. */
const MAX_WAITING = 500
const MAX_CONTAINMENTS = 1000
/** Counts stop here: the screen says "9999+". */
const MAX_COUNT = 10_000

interface Row {
  actionId: string
  state: 'waiting' | 'unknown'
  title: string
  uses: string
  effect: Effect | null
  alertId: string
  alertTitle: string
  severity: Severity
  asked: string
  error: string | null
  reason: string | null
  proposedAt: number
  expiresAt: number | null
  isStale: number
}

/** What undoing one needs of the registry: `inverse(uses, args, result)`. */
export interface Containment extends ContainmentRow {
  args: JsonValue
  result: JsonValue
}

interface ContainmentDbRow {
  attemptId: string
  actionId: string
  alertId: string
  alertTitle: string
  title: string
  target: string
  uses: string
  since: number
  by: string
  args: string
  result: string | null
  undoActionId: string | null
  undoState: ActionState | null
}

const WAITING = `SELECT a.id AS actionId, a.state, a.title, a.uses, a.effect, l.id AS alertId, l.title AS alertTitle,
    l.severity, a.asked, a.error, p.reason, a.proposed_at AS proposedAt, p.expires_at AS expiresAt,
    p.stale_at IS NOT NULL AND p.stale_confirmed_at IS NULL AS isStale
  FROM action AS a
  JOIN chain AS c ON c.id = a.chain_id
  JOIN alert AS l ON l.id = c.subject_id
  LEFT JOIN approval AS p ON p.action_id = a.id
  WHERE a.state IN ('waiting', 'unknown') ORDER BY a.seq LIMIT ${MAX_WAITING}`

const WAITING_COUNT = `SELECT count(*) AS count FROM (
  SELECT 1 FROM action WHERE state IN ('waiting', 'unknown') LIMIT ${MAX_COUNT})`

const CONTAINMENTS = `SELECT t.id AS attemptId, t.action_id AS actionId, l.id AS alertId, l.title AS alertTitle, a.title,
    a.target, t.uses, t.outcome_at AS since, coalesce(p.decided_by, 'policy') AS by, t.args, t.result,
    u.id AS undoActionId, u.state AS undoState
  FROM active_containment AS t
  JOIN action AS a ON a.id = t.action_id
  JOIN chain AS c ON c.id = a.chain_id
  JOIN alert AS l ON l.id = c.subject_id
  LEFT JOIN approval AS p ON p.action_id = a.id
  LEFT JOIN action AS u ON u.id = (
    SELECT x.id FROM chain AS z CROSS JOIN action AS x ON x.chain_id = z.id
    WHERE z.undo_of = t.id ORDER BY x.seq DESC LIMIT 1)
  ORDER BY t.seq DESC LIMIT ${MAX_CONTAINMENTS}`

const CONTAINMENT_COUNT = `SELECT count(*) AS count FROM (SELECT 1 FROM active_containment LIMIT ${MAX_COUNT})`

/** What waits for the analyst, oldest first: approvals, and attempts whose outcome nobody knows. */
export function waitingList(db: Database): { rows: WaitingRow[] } {
  return { rows: prepared<object, Row>(db, WAITING).all({}).map(waitingRow) }
}

/** How many actions wait. */
export function waitingCount(db: Database): number {
  return prepared<object, { count: number }>(db, WAITING_COUNT).get({})?.count ?? 0
}

/** What is in force, newest first. `undo` is null here: the registry knows inverses, the store does not. */
export function containmentList(db: Database): { rows: Containment[] } {
  const rows = prepared<object, ContainmentDbRow>(db, CONTAINMENTS).all({})
  return {
    rows: rows.map((row) => ({
      ...row,
      args: JSON.parse(row.args) as JsonValue,
      result: JSON.parse(row.result ?? 'null') as JsonValue,
      undo: null,
    })),
  }
}

/** How many containments are in force. */
export function containmentCount(db: Database): number {
  return prepared<object, { count: number }>(db, CONTAINMENT_COUNT).get({})?.count ?? 0
}

function waitingRow(row: Row): WaitingRow {
  const { actionId, title, uses, alertId, alertTitle, severity, expiresAt } = row
  const asked = JSON.parse(row.asked) as Asked | null
  const isUnknown = row.state === 'unknown'
  return {
    actionId,
    kind: isUnknown ? 'unknown' : 'approval',
    title,
    uses,
    // An action without a declared effect never waits; the weakest one keeps the list readable all the same.
    effect: row.effect ?? 'observe',
    alertId,
    alertTitle,
    severity,
    sentence: isUnknown ? unknownSentence(row.error) : row.reason || (asked?.sentence ?? ''),
    place: asked === null ? '' : `${asked.file}:${asked.row}`,
    createdAt: row.proposedAt,
    expiresAt: isUnknown ? null : expiresAt,
    isStale: row.isStale === 1,
  }
}

function unknownSentence(error: string | null): string {
  if (error === null) return 'It was started, and nobody knows whether it took effect.'
  return (JSON.parse(error) as Failure).message
}

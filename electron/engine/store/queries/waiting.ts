import type { Effect, Severity } from '../../../../shared/model/states.ts'
import type { Failure, WaitingRow } from '../../../../shared/model/views.ts'
import type { Database } from '../database.ts'
import { alikeKeys, type Asker } from './alike.ts'
import { prepared } from './prepared.ts'
import { SUBJECT_REPORT } from './subject-report.ts'

/** Rows of one answer; `total` goes on, what is decided makes room. */
const MAX_WAITING = 2000
/** Counts stop here: the screen says "9999+". */
const MAX_COUNT = 10_000

interface Row extends Asker {
  actionId: string
  policyId: string
  hasOwnId: number
  state: 'waiting' | 'unknown'
  name: string
  title: string
  target: string
  effect: Effect | null
  isIrreversible: number
  alertId: string
  alertTitle: string
  reportId: string | null
  severity: Severity
  sentence: string | null
  error: string | null
  reason: string | null
  beyondCap: string | null
  proposedAt: number
  expiresAt: number | null
  isStale: number
}

const WAITING = `SELECT a.id AS actionId, a.state, iif(p.edited_args IS NULL, a.name, '') AS name, a.title, a.target, a.uses,
    a.effect, a.irreversible AS isIrreversible, coalesce(l.id, x.id, c.subject_id) AS alertId, r.id AS reportId, coalesce(l.title, r.title, '') AS alertTitle, coalesce(l.severity, x.severity, 'info') AS severity, a.policy_id AS policyId, a.has_own_id AS hasOwnId,
    a.asked ->> '$.sentence' AS sentence, a.asked ->> '$.file' AS file, a.asked ->> '$.row' AS row,
    c.policy_version_id AS policyVersionId, c.id AS chainId, a.round_no AS roundNo, a.error, p.reason, p.beyond_cap AS beyondCap,
    a.proposed_at AS proposedAt, p.expires_at AS expiresAt,
    p.stale_at IS NOT NULL AND p.stale_confirmed_at IS NULL AS isStale
  FROM action AS a
  JOIN chain AS c ON c.id = a.chain_id
  LEFT JOIN alert AS l ON c.subject_kind = 'alert' AND l.id = c.subject_id
  ${SUBJECT_REPORT}
  LEFT JOIN approval AS p ON p.action_id = a.id
  WHERE a.state IN ('waiting', 'unknown') ORDER BY a.seq LIMIT ${MAX_WAITING}`

const WAITING_COUNT = `SELECT count(*) AS count FROM (
  SELECT 1 FROM action INDEXED BY action_waiting WHERE state IN ('waiting', 'unknown') LIMIT ${MAX_COUNT})`

const UNKNOWN_COUNT = `SELECT count(*) AS count FROM (
  SELECT 1 FROM action INDEXED BY action_waiting WHERE state IN ('waiting', 'unknown') AND state = 'unknown' LIMIT ${MAX_COUNT})`

/** What waits for the analyst, oldest first: approvals, and attempts whose outcome nobody knows. `total` counts all. */
export function waitingList(db: Database): { rows: WaitingRow[]; total: number } {
  const found = prepared<object, Row>(db, WAITING).all({})
  const alike = alikeKeys(found)
  const rows = found.map((row, index) => waitingRow(row, alike[index] ?? ''))
  return { rows, total: rows.length < MAX_WAITING ? rows.length : waitingCount(db) }
}

/** How many actions wait. */
export function waitingCount(db: Database): number {
  return prepared<object, { count: number }>(db, WAITING_COUNT).get({})?.count ?? 0
}

/** How many of them are no approvals: attempts whose outcome nobody knows. */
export function unknownCount(db: Database): number {
  return prepared<object, { count: number }>(db, UNKNOWN_COUNT).get({})?.count ?? 0
}

function waitingRow(row: Row, alike: string): WaitingRow {
  const { actionId, chainId, name, title, target, uses, alertId, reportId, alertTitle, severity, expiresAt } = row
  const isUnknown = row.state === 'unknown'
  return {
    actionId,
    chainId,
    kind: isUnknown ? 'unknown' : 'approval',
    label: row.hasOwnId === 1 ? row.policyId : uses,
    alike,
    policyVersionId: row.policyVersionId,
    name,
    title,
    target,
    uses,
    // An action without a declared effect never waits; the weakest one keeps the list readable all the same.
    effect: row.effect ?? 'observe',
    isIrreversible: row.isIrreversible === 1,
    alertId,
    reportId,
    alertTitle,
    severity,
    sentence: isUnknown ? unknownSentence(row.error) : row.beyondCap || row.reason || (row.sentence ?? ''),
    place: row.file === null ? '' : `${row.file}:${row.row}`,
    createdAt: row.proposedAt,
    expiresAt: isUnknown ? null : expiresAt,
    isStale: row.isStale === 1,
  }
}

function unknownSentence(error: string | null): string {
  if (error === null) return 'It was started, and nobody knows whether it took effect.'
  return (JSON.parse(error) as Failure).message
}

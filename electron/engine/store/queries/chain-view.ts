import { TocsinError } from '../../../../shared/errors.ts'
import type { Attribute } from '../../../../shared/model/alert.ts'
import type { JsonValue } from '../../../../shared/model/json.ts'
import type { ActionState, ChainState, Effect } from '../../../../shared/model/states.ts'
import type { ActionView, ActView, AttemptView, ChainView, Failure, RoundView } from '../../../../shared/model/views.ts'
import type { Database } from '../database.ts'
import { alikeKeys } from './alike.ts'
import { actsOfChain } from './chain-acts.ts'
import { prepared } from './prepared.ts'
import { SUBJECT_REPORT } from './subject-report.ts'

/** The original's limit is 32 rounds; an undo adds none. */
const MAX_ROUNDS = 100
const MAX_ACTIONS = 2000
const MAX_ATTEMPTS = 4000
/** Longer results are cut in lists and asked for one by one (`attempts.result`). */
const PREVIEW_BYTES = 16_384

interface ChainRow {
  id: string
  alertId: string
  runNo: number
  rerunOf: string | null
  trigger: ChainView['trigger']
  state: ChainState
  error: string | null
  policyNumber: number
  policyVersionId: string
  createdAt: number
  startedAt: number | null
  finishedAt: number | null
  attrs: string
}

interface RoundRow {
  no: number
  startedAt: number
  finishedAt: number | null
  isAborted: number
  attrsBefore: string
}

interface ActionRow {
  id: string
  roundNo: number
  policyId: string
  hasOwnId: number
  file: string | null
  row: number | null
  name: string
  uses: string
  title: string
  target: string
  effect: Effect | null
  isIrreversible: number
  args: string
  plan: string
  state: ActionState
  isAbort: number
  isForced: number
  proposedAt: number
  settledAt: number | null
  error: string | null
  resolvedCommits: string
  outcome: string | null
  decidedBy: string | null
  why: string | null
  decidedAt: number | null
}

interface AttemptRow {
  id: string
  actionId: string
  no: number
  intentAt: number
  pending: string | null
  outcome: AttemptView['outcome']
  outcomeAt: number | null
  outcomeBy: AttemptView['outcomeBy']
  args: string
  plan: string
  result: string | null
  resultSize: number
  resultDeletedAt: number | null
  error: string | null
  isInForce: number
}

const CHAIN = `SELECT c.id, coalesce(x.id, c.subject_id) AS alertId, c.run_no AS runNo, c.rerun_of AS rerunOf, c.trigger, c.state, c.error,
    v.number AS policyNumber, c.policy_version_id AS policyVersionId, c.created_at AS createdAt,
    c.started_at AS startedAt, c.finished_at AS finishedAt, c.attrs
  FROM chain AS c JOIN policy_version AS v ON v.id = c.policy_version_id ${SUBJECT_REPORT} WHERE c.id = :id`

const ROUNDS = `SELECT no, started_at AS startedAt, finished_at AS finishedAt, aborted AS isAborted,
    attrs_before AS attrsBefore
  FROM round WHERE chain_id = :id ORDER BY no LIMIT ${MAX_ROUNDS}`

const ACTIONS = `SELECT a.id, a.round_no AS roundNo, a.policy_id AS policyId, a.has_own_id AS hasOwnId,
    iif(p.edited_args IS NULL, a.name, '') AS name, a.uses, a.asked ->> '$.file' AS file, a.asked ->> '$.row' AS row,
    a.title, a.target, a.effect, a.irreversible AS isIrreversible, a.args, a.plan, a.state, a.abort AS isAbort, a.force AS isForced, a.proposed_at AS proposedAt,
    a.settled_at AS settledAt, a.error, a.resolved_commits AS resolvedCommits, p.outcome, p.decided_by AS decidedBy,
    p.why, p.decided_at AS decidedAt
  FROM action AS a LEFT JOIN approval AS p ON p.action_id = a.id
  WHERE a.chain_id = :id ORDER BY a.round_no, a.position LIMIT ${MAX_ACTIONS}`

const ATTEMPTS = `SELECT t.id, t.action_id AS actionId, t.no, t.intent_at AS intentAt, iif(t.outcome IS NULL, t.pending, NULL) AS pending, t.outcome, t.outcome_at AS outcomeAt,
    t.outcome_by AS outcomeBy, t.args, t.plan, substr(t.result, 1, ${PREVIEW_BYTES}) AS result,
    coalesce(octet_length(t.result), 0) AS resultSize, t.result_deleted_at AS resultDeletedAt, t.error,
    json_type(t.result, '$.changed') IS NOT 'false'
      AND EXISTS (SELECT 1 FROM active_containment AS k WHERE k.seq = t.seq) AS isInForce
  FROM action AS a CROSS JOIN attempt AS t ON t.action_id = a.id
  WHERE a.chain_id = :id ORDER BY t.action_id, t.no LIMIT ${MAX_ATTEMPTS}`

const RESULT = 'SELECT result, result_deleted_at AS deletedAt FROM attempt WHERE id = :id'

/**
 * A chain with its rounds, actions and attempts. `canBeUndone` says that a containment that changed something is in force; whether its action
 * has an inverse is the registry's to say.
 * @throws TocsinError `chain_missing`
 */
export function chainView(db: Database, { id }: { id: string }): ChainView {
  const row = prepared<object, ChainRow>(db, CHAIN).get({ id })
  if (row === undefined) throw new TocsinError('chain_missing', 'This chain does not exist: reload the alert.')
  const acts = actsOfChain(db, id)
  const rounds = prepared<object, RoundRow>(db, ROUNDS).all({ id })
  const attempts = Map.groupBy(prepared<object, AttemptRow>(db, ATTEMPTS).all({ id }), ({ actionId }) => actionId)
  const found = prepared<object, ActionRow>(db, ACTIONS).all({ id })
  const { policyVersionId } = row
  const alike = alikeKeys(found.map((action) => ({ ...action, policyVersionId, chainId: id })))
  const views = found.map((action, index) => ({
    roundNo: action.roundNo,
    view: actionView(action, alike[index] ?? '', attempts.get(action.id) ?? [], acts.get(action.id) ?? []),
  }))
  const actions = Map.groupBy(views, ({ roundNo }) => roundNo)
  return {
    ...row,
    error: failureOf(row.error),
    attrs: JSON.parse(row.attrs) as Attribute[],
    acts: acts.get(id) ?? [],
    rounds: rounds.map((round, index) =>
      roundView(
        round,
        rounds[index - 1],
        (actions.get(round.no) ?? []).map(({ view }) => view),
      ),
    ),
  }
}

/**
 * The whole result of an attempt as JSON text.
 * @throws TocsinError `attempt_missing`, `no_result`, `result_deleted`
 */
export function attemptResult(db: Database, { id }: { id: string }): { text: string } {
  const row = prepared<object, { result: string | null; deletedAt: number | null }>(db, RESULT).get({ id })
  if (row === undefined) throw new TocsinError('attempt_missing', 'This attempt does not exist: reload the alert.')
  if (row.deletedAt !== null)
    throw new TocsinError('result_deleted', 'The result of this attempt was deleted by its age; its hash is kept.')
  if (row.result === null) throw new TocsinError('no_result', 'This attempt has no result.')
  return { text: row.result }
}

function roundView(round: RoundRow, before: RoundRow | undefined, actions: ActionView[]): RoundView {
  const { no, startedAt, finishedAt, isAborted } = round
  return { no, startedAt, finishedAt, isAborted: isAborted === 1, newAttributes: countNew(round, before), actions }
}

/** Attributes that this round saw and the one before it did not, replaced ones included. */
function countNew(round: RoundRow, before: RoundRow | undefined): number {
  if (before === undefined) return 0
  const known = new Set((JSON.parse(before.attrsBefore) as Attribute[]).map((attribute) => JSON.stringify(attribute)))
  return (JSON.parse(round.attrsBefore) as Attribute[]).filter((attribute) => !known.has(JSON.stringify(attribute)))
    .length
}

function actionView(row: ActionRow, alike: string, attempts: AttemptRow[], acts: ActView[]): ActionView {
  const { id, policyId, name, uses, title, target, effect, state, proposedAt, settledAt } = row
  return {
    id,
    policyId,
    label: row.hasOwnId === 1 ? policyId : uses || name || title,
    alike,
    name,
    uses,
    title,
    target,
    effect,
    isIrreversible: row.isIrreversible === 1,
    args: JSON.parse(row.args) as JsonValue,
    plan: (JSON.parse(row.plan) as { rows: ActionView['plan'] } | null)?.rows ?? [],
    state,
    isAbort: row.isAbort === 1,
    isForced: row.isForced === 1,
    proposedAt,
    settledAt,
    error: failureOf(row.error),
    commits: (JSON.parse(row.resolvedCommits) as ActionView['commits']).map(({ key, value, persist }) => ({
      key,
      value,
      persist,
    })),
    acts,
    decision: decisionOf(row),
    attempts: attempts.map(attemptView),
    canBeUndone: attempts.some((attempt) => attempt.isInForce === 1),
  }
}

function decisionOf(row: ActionRow): ActionView['decision'] {
  if (row.outcome === null || row.decidedAt === null) return null
  return { outcome: row.outcome, by: row.decidedBy ?? '', why: row.why ?? '', at: row.decidedAt }
}

function attemptView(row: AttemptRow): AttemptView {
  const { id, no, intentAt, pending, outcome, outcomeAt, outcomeBy, resultSize, resultDeletedAt } = row
  const isResultTruncated = resultSize > PREVIEW_BYTES
  const view = {
    id,
    no,
    intentAt,
    pending,
    outcome,
    outcomeAt,
    outcomeBy,
    resultSize,
    isResultTruncated,
    resultDeletedAt,
  }
  const args = JSON.parse(row.args) as JsonValue
  const plan = JSON.parse(row.plan) as JsonValue
  const known = { ...view, args, plan, error: failureOf(row.error) }
  if (row.result === null) return known
  return { ...known, resultPreview: isResultTruncated ? row.result : (JSON.parse(row.result) as JsonValue) }
}

function failureOf(json: string | null): Failure | null {
  if (json === null) return null
  const { code, message } = JSON.parse(json) as Failure
  return { code, message }
}

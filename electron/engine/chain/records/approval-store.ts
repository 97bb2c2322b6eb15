import type { Database, Statement } from '../../store/database.ts'
import type { JsonObject, JsonValue } from '../../../../shared/model/json.ts'
import type { ResponseMode } from '../../../../shared/model/states.ts'
import type { Failure } from '../../../../shared/model/views.ts'
import type { Acceptance, ActionPlan } from '../../actions/action-port.ts'
import { canonicalHash, canonicalJson, sha256 } from '../../forms/canonical.ts'
import type { Contained } from '../../limits/caps.ts'
import type { Tx } from '../../store/writer.ts'
import { SYSTEM } from './actors.ts'
import type { ApprovalRecord, AttemptRecord, Difference } from './records.ts'
import { actionNow, approvalRecord, attemptRecord, type Row } from './rows.ts'

export type NewApproval = Pick<
  ApprovalRecord,
  'id' | 'actionId' | 'boundHash' | 'bound' | 'plan' | 'isEditable' | 'reason' | 'beyondCap' | 'expiresAt'
>

/** An attempt before its outcome, with what was decided when its intent was written. */
export type NewAttempt = Omit<AttemptRecord, 'outcome' | 'outcomeAt' | 'outcomeBy' | 'result' | 'isResultDeleted'> & {
  policyVersionId: string
  mode: ResponseMode
}

export interface AttemptOutcome {
  outcome: 'succeeded' | 'failed' | 'unknown'
  by: 'action' | 'confirmation' | 'probe' | 'analyst' | 'restart'
  result: JsonValue
  error: Failure | null
}

/** SQL of `approval` and `attempt`: what was asked, what was decided, what was done. */
export class ApprovalStore {
  readonly #db: Database
  readonly #statements = new Map<string, Statement>()

  constructor(db: Database) {
    this.#db = db
  }

  #sql(text: string): Statement {
    let statement = this.#statements.get(text)
    if (!statement) this.#statements.set(text, (statement = this.#db.prepare(text)))
    return statement
  }

  ofAction(actionId: string): ApprovalRecord | null {
    const row = this.#sql('SELECT * FROM approval WHERE action_id = ?').get(actionId) as Row | undefined
    return row ? approvalRecord(row) : null
  }

  /** Approvals that nobody has decided, the first to expire first. */
  open(): ApprovalRecord[] {
    return (this.#sql('SELECT * FROM approval WHERE outcome IS NULL ORDER BY expires_at').all() as Row[]).map(
      approvalRecord,
    )
  }

  /** When the next approval that nobody has decided expires; null when none waits. */
  nextExpiry(): number | null {
    const row = this.#sql('SELECT min(expires_at) AS at FROM approval WHERE outcome IS NULL').get()
    return (row as { at: number | null }).at // an aggregate always has a row
  }

  /** Undecided approvals whose time is up. */
  due(at: number): ApprovalRecord[] {
    const sql = 'SELECT * FROM approval WHERE outcome IS NULL AND expires_at <= +? ORDER BY expires_at'
    return (this.#sql(sql).all(at) as Row[]).map(approvalRecord)
  }

  insert(tx: Tx, approval: NewApproval): void {
    this.#sql(
      `INSERT INTO approval (id, action_id, bound_hash, bound, plan, editable, reason, beyond_cap, created_at, expires_at)
       VALUES (@id, @actionId, @boundHash, @bound, @plan, @isEditable, @reason, @beyondCap, @at, @expiresAt)`,
    ).run({
      ...approval,
      bound: JSON.stringify(approval.bound),
      plan: JSON.stringify(approval.plan),
      isEditable: approval.isEditable ? 1 : 0,
      at: tx.at,
    })
  }

  /**
   * @param decidedHash the state of the world that was approved (`binding.ts`)
   * @param plan the plan that was seen when it was approved
   */
  approve(
    tx: Tx,
    id: string,
    decided: { by: string; why: string; decidedHash: string; editedArgs: JsonObject | null; plan: ActionPlan },
  ): void {
    this.#sql(
      `UPDATE approval SET outcome = 'approved', decided_at = @at, decided_by = @by, why = @why, decided_hash = @decidedHash,
         edited_args = @editedArgs, plan = @plan, stale_confirmed_at = CASE WHEN stale_at IS NULL THEN NULL ELSE @at END
       WHERE id = @id AND outcome IS NULL`,
    ).run({
      ...decided,
      id,
      at: tx.at,
      editedArgs: decided.editedArgs && JSON.stringify(decided.editedArgs),
      plan: JSON.stringify(decided.plan),
    })
  }

  close(tx: Tx, id: string, outcome: 'rejected' | 'expired' | 'withdrawn', by: string, why: string): void {
    this.#sql(
      'UPDATE approval SET outcome = ?, decided_at = ?, decided_by = ?, why = ? WHERE id = ? AND outcome IS NULL',
    ).run(outcome, tx.at, by, why, id)
  }

  /** Ends an approval that was given and came too late; who gave it stays in the acts. */
  expireDecided(tx: Tx, id: string, why: string): void {
    this.#sql(
      `UPDATE approval SET outcome = 'expired', decided_at = ?, decided_by = 'system', why = ? WHERE id = ? AND outcome = 'approved'`,
    ).run(tx.at, why, id)
  }

  /** Asks again: what was approved is not what would happen now. The earlier decision stays in the acts. */
  reopen(tx: Tx, id: string, staleReason: readonly Difference[]): void {
    this.#sql(
      `UPDATE approval SET outcome = NULL, decided_at = NULL, decided_by = NULL, why = '', decided_hash = NULL, stale_at = ?, stale_reason = ? WHERE id = ?`,
    ).run(tx.at, JSON.stringify(staleReason), id)
  }

  /** Sets or clears the stale flag of an approval that waits. */
  markStale(tx: Tx, id: string, staleReason: readonly Difference[]): void {
    const reason = staleReason.length === 0 ? null : JSON.stringify(staleReason)
    this.#sql('UPDATE approval SET stale_at = ?, stale_reason = ? WHERE id = ? AND outcome IS NULL').run(
      reason === null ? null : tx.at,
      reason,
      id,
    )
  }

  attempts(actionId: string): AttemptRecord[] {
    return (this.#sql('SELECT * FROM attempt WHERE action_id = +? ORDER BY no').all(actionId) as Row[]).map(
      attemptRecord,
    )
  }

  attempt(id: string): AttemptRecord | null {
    const row = this.#sql('SELECT * FROM attempt WHERE id = ?').get(id) as Row | undefined
    return row ? attemptRecord(row) : null
  }

  /** Whether it still cuts something off: not undone, and not said to be lifted elsewhere. */
  isInForce(attemptId: string): boolean {
    return this.#sql('SELECT 1 FROM active_containment WHERE id = ?').get(attemptId) !== undefined
  }

  /**
   * What was contained, as it is counted: of every intent, whatever came of it. What is undone, and the undoing, is of no
   * account for a rule: that counts what it holds contained, or may hold.
   */
  contained({ chainId, rules, since }: { chainId: string; rules: readonly string[]; since: number }): Contained {
    const targets = (sql: string, value: string | number): string[] => this.#sql(sql).pluck().all(value) as string[]
    return {
      chain: targets(CONTAINED_BY_CHAIN, chainId),
      rule: new Map(rules.map((rule) => [rule, targets(CONTAINED_BY_RULE, rule)])),
      hour: targets(CONTAINED_SINCE, since),
    }
  }

  latestAttempt(actionId: string): AttemptRecord | null {
    const row = this.#sql('SELECT * FROM attempt WHERE action_id = +? ORDER BY no DESC LIMIT 1').get(actionId) as
      | Row
      | undefined
    return row ? attemptRecord(row) : null
  }

  /** The row that must be on the disk before the effect. */
  insertIntent(tx: Tx, attempt: NewAttempt): void {
    const argsHash = canonicalHash(attempt.args)
    const planHash = canonicalHash(attempt.plan.bound)
    this.#sql(
      `INSERT INTO attempt (id, action_id, no, key, uses, args, args_hash, plan, plan_hash, approval_id, policy_version_id, mode, effect, intent_at, undoes)
       VALUES (@id, @actionId, @no, @key, @uses, @args, @argsHash, @plan, @planHash, @approvalId, @policyVersionId, @mode, @effect, @at, @undoes)`,
    ).run({
      ...attempt,
      args: JSON.stringify(attempt.args),
      plan: JSON.stringify(attempt.plan),
      argsHash,
      planHash,
      at: tx.at,
    })
    const { mode, key } = attempt
    this.#tell(tx, attempt, 'attempt.intent', { by: SYSTEM, before: null, after: { mode, key }, reason: '' })
  }

  /** Tells that the request is with the service; `ContainmentStore.accept` keeps what its confirmation needs. */
  tellAccepted(tx: Tx, id: string, by: AttemptOutcome['by'], { isTaken, error }: Acceptance): void {
    const attempt = this.attempt(id)
    if (attempt === null) throw new Error(`There is no attempt ${id}`)
    const after = isTaken ? 'accepted' : 'requested'
    this.#tell(tx, attempt, 'attempt.accepted', { by, before: null, after, reason: error.message })
  }

  insertOutcome(tx: Tx, id: string, outcome: AttemptOutcome): void {
    const attempt = this.attempt(id)
    const result = outcome.outcome === 'succeeded' ? resultText(outcome.result) : null
    const hash = result === null ? null : sha256(result)
    this.#sql(
      'UPDATE attempt SET outcome = @outcome, outcome_at = @at, outcome_by = @by, result = @result, result_sha256 = @hash, error = @error WHERE id = @id',
    ).run({
      id,
      outcome: outcome.outcome,
      at: tx.at,
      by: outcome.by,
      result,
      hash,
      error: outcome.error && JSON.stringify(outcome.error),
    })
    if (attempt) {
      const { outcome: after, by, error } = outcome
      this.#tell(tx, attempt, 'attempt.outcome', { by, before: attempt.outcome, after, reason: error?.message ?? '' })
    }
  }

  #tell(
    tx: Tx,
    { id, actionId, no }: Pick<AttemptRecord, 'id' | 'actionId' | 'no'>,
    kind: 'attempt.intent' | 'attempt.accepted' | 'attempt.outcome',
    what: { by: string; before: JsonValue; after: JsonValue; reason: string },
  ): void {
    const row = this.#sql('SELECT chain_id, round_no, state FROM action WHERE id = ?').get(actionId) as Row | undefined
    if (row === undefined) throw new Error(`Attempt ${id} belongs to no action`)
    const { chainId, roundNo } = actionNow(row)
    const place = { chainId, roundNo, actionId, attemptNo: no }
    tx.act({ kind, subjectKind: 'attempt', subjectId: id, ...place, ...what })
  }
}

const CONTAINED_BY_CHAIN = `SELECT DISTINCT j.value FROM action AS a
  JOIN attempt AS t ON t.action_id = a.id AND t.effect = 'contain' AND t.undoes IS NULL, json_each(a.targets) AS j
  WHERE a.chain_id = +?`

const CONTAINED_SINCE = `SELECT DISTINCT j.value FROM attempt AS t JOIN action AS a ON a.id = t.action_id, json_each(a.targets) AS j
  WHERE t.effect = 'contain' AND t.undoes IS NULL AND t.intent_at > +?`

const CONTAINED_BY_RULE = `SELECT DISTINCT j.value FROM attempt AS t JOIN action AS a ON a.id = t.action_id, json_each(a.targets) AS j
  WHERE t.effect = 'contain' AND t.undoes IS NULL AND EXISTS (SELECT 1 FROM json_each(a.rules) AS r WHERE r.value = +?)
    AND (coalesce(t.outcome, '') NOT IN ('succeeded', 'failed') OR EXISTS (SELECT 1 FROM active_containment AS k WHERE k.seq = t.seq))`

/** @throws TypeError when it is no JSON: it would be stored as something else than what came */
function resultText(result: JsonValue): string {
  canonicalJson(result)
  return JSON.stringify(result)
}

import type { Attribute } from '../../../../shared/model/alert.ts'
import type { JsonValue } from '../../../../shared/model/json.ts'
import type { ActionState, ChainState, ResponseMode } from '../../../../shared/model/states.ts'
import type { Asked, Failure } from '../../../../shared/model/views.ts'
import type { ActionPlan } from '../../actions/action-port.ts'
import type { Database } from '../../store/database.ts'
import { EvaluatorStore, type Evaluator } from '../../store/evaluator-store.ts'
import { INSERT_NORMAL, normalRows } from '../../store/normal-value.ts'
import type { Tx } from '../../store/writer.ts'
import { aboutAction, aboutChain, SYSTEM } from './actors.ts'
import { ChainReads } from './chain-reads.ts'
import type { ActionRecord, ChainRecord, CommitSpec, RoundRecord } from './records.ts'
import { assertActionMove, assertChainMove, isFinished, isSettled } from './transitions.ts'

export type NewChain = Pick<
  ChainRecord,
  | 'id'
  | 'subjectKind'
  | 'subjectId'
  | 'runNo'
  | 'rerunOf'
  | 'rerunWhat'
  | 'rerunFrom'
  | 'undoOf'
  | 'trigger'
  | 'policyVersionId'
  | 'generation'
  | 'namespace'
  | 'attrs'
> & {
  /** Queued while nothing may start. */
  isHeld?: boolean
}
export type NewAction = Omit<ActionRecord, 'seq' | 'settledOrder'> & { asked: Asked | null }

/** What comes with an action's move; `by` is who caused it, the system unless told. */
export interface MoveOfAction {
  error?: Failure
  resolvedCommits?: CommitSpec[]
  plan?: ActionPlan | null
  by?: string
  why?: string
}

/** The decision of a first round that proposed nothing. */
export interface FirstDecision extends Evaluator {
  mode: ResponseMode
  env: Readonly<Record<string, string>>
  inputSha256: string
  output: string | null
  nowNs: string
  seed: string
  durationUs: number | null
  prints: string[]
}

const INSERT_ENDED = `INSERT INTO chain (id, subject_kind, subject_id, run_no, rerun_of, rerun_what, rerun_from, undo_of, trigger,
    policy_version_id, generation, namespace, state, attrs, created_at, started_at, finished_at, first_evaluator, first_mode,
    first_env, first_input_sha256, first_output, first_now_ns, first_seed, first_duration_us, first_prints)
  VALUES (@id, @subjectKind, @subjectId, @runNo, @rerunOf, @rerunWhat, @rerunFrom, @undoOf, @trigger,
    @policyVersionId, @generation, @namespace, 'completed', @attrs, @at, @at, @at, @evaluator, @mode,
    @env, @inputSha256, @output, @nowNs, @seed, @durationUs, @prints)`

const END_QUEUED = `UPDATE chain SET state = 'completed', attrs = @attrs, started_at = @at, finished_at = @at, first_evaluator = @evaluator,
    first_mode = @mode, first_env = @env, first_input_sha256 = @inputSha256, first_output = @output, first_now_ns = @nowNs,
    first_seed = @seed, first_duration_us = @durationUs, first_prints = @prints
  WHERE id = @id`

/** SQL of `chain`, `round`, `action` and the decisions of chains. Writes happen inside a group commit's unit. */
export class ChainStore extends ChainReads {
  readonly #evaluators: EvaluatorStore

  constructor(db: Database) {
    super(db)
    this.#evaluators = new EvaluatorStore(db)
  }

  insertChain(tx: Tx, chain: NewChain): void {
    const attrs = JSON.stringify(chain.attrs)
    this.sql(
      `INSERT INTO chain (id, subject_kind, subject_id, run_no, rerun_of, rerun_what, rerun_from, undo_of, trigger, policy_version_id, generation, namespace, state, attrs, created_at, held_at)
       VALUES (@id, @subjectKind, @subjectId, @runNo, @rerunOf, @rerunWhat, @rerunFrom, @undoOf, @trigger, @policyVersionId, @generation, @namespace, 'queued', @attrs, @at, @heldAt)`,
    ).run({ ...chain, attrs, at: tx.at, heldAt: chain.isHeld === true ? tx.at : null })
  }

  /**
   * A chain that ends with its first round: queued, evaluated and completed in one row, which is all that there is of it.
   * @param chain.isQueued it has its row already
   * @throws TocsinError `illegal_transition`: somebody else has ended it
   */
  endWithFirstRound(tx: Tx, chain: NewChain & { isQueued: boolean }, decision: FirstDecision): void {
    const { prints } = decision
    const row = {
      ...decision,
      id: chain.id,
      attrs: JSON.stringify(chain.attrs),
      at: tx.at,
      evaluator: this.#evaluators.seq(decision),
      env: JSON.stringify(decision.env),
      prints: prints.length > 0 ? JSON.stringify(prints) : null,
    }
    if (chain.isQueued) {
      assertChainMove(this.chainNow(chain.id).state, 'running')
      this.sql(END_QUEUED).run(row)
    } else this.sql(INSERT_ENDED).run({ ...chain, ...row })
  }

  /**
   * Moves a chain along the table, from where it is now.
   * @param how.isThrough by way of *running*, within this transaction
   * @throws TocsinError `illegal_transition`
   */
  moveChain(
    tx: Tx,
    id: string,
    to: ChainState,
    error: Failure | null = null,
    { by = SYSTEM, isThrough = false }: { by?: string; isThrough?: boolean } = {},
  ): void {
    const from = this.chainNow(id).state
    if (from === to) return
    const isStarting = to === 'running' || (isThrough && from === 'queued')
    if (isThrough && from !== 'running') assertChainMove(from, 'running')
    assertChainMove(isThrough ? 'running' : from, to)
    this.sql(
      `UPDATE chain SET state = @to, error = coalesce(@error, error),
         started_at = CASE WHEN @starting THEN coalesce(started_at, @at) ELSE started_at END,
         finished_at = CASE WHEN @final THEN @at ELSE NULL END, held_at = CASE WHEN @final THEN NULL ELSE held_at END
       WHERE id = @id`,
    ).run({
      id,
      to,
      error: error && JSON.stringify(error),
      at: tx.at,
      starting: isStarting ? 1 : 0,
      final: isFinished(to) ? 1 : 0,
    })
    tx.act({ by, kind: 'chain.state', ...aboutChain(id), before: from, after: to, reason: error?.message ?? '' })
  }

  setStopping(tx: Tx, id: string): void {
    this.sql('UPDATE chain SET stopping = 1 WHERE id = ?').run(id)
  }

  /** From now on the chain starts nothing by itself. */
  hold(tx: Tx, id: string): void {
    this.sql('UPDATE chain SET held_at = coalesce(held_at, ?) WHERE id = ?').run(tx.at, id)
  }

  release(tx: Tx, id: string): void {
    this.sql('UPDATE chain SET held_at = NULL WHERE id = ?').run(id)
  }

  /** Makes what a chain committed findable by its value. @param actionId '' for what `init` gave */
  noteValues({ subjectKind, subjectId }: ChainRecord, actionId: string, attributes: readonly Attribute[]): void {
    const subject = { kind: subjectKind, id: subjectId }
    for (const row of normalRows(subject, actionId, attributes)) this.sql(INSERT_NORMAL).run(...row)
  }

  setAttrs(id: string, attrs: readonly Attribute[]): void {
    this.sql('UPDATE chain SET attrs = ? WHERE id = ?').run(JSON.stringify(attrs), id)
  }

  insertRound(tx: Tx, round: RoundRecord, init: JsonValue): void {
    this.sql(
      'INSERT INTO round_row (chain_id, no, decision_id, attrs_before, init, aborted, started_at) VALUES (?, ?, ?, ?, ?, ?, ?)',
    ).run(
      round.chainId,
      round.no,
      round.decisionId,
      JSON.stringify(round.attrsBefore),
      JSON.stringify(init),
      round.isAborted ? 1 : 0,
      tx.at,
    )
    this.sql('UPDATE chain SET round_no = ? WHERE id = ?').run(round.no, round.chainId)
  }

  abortRound(chainId: string, no: number): void {
    this.sql('UPDATE round_row SET aborted = 1 WHERE chain_id = ? AND no = ?').run(chainId, no)
  }

  finishRound(tx: Tx, chainId: string, no: number): void {
    this.sql('UPDATE round_row SET finished_at = ? WHERE chain_id = ? AND no = ? AND finished_at IS NULL').run(
      tx.at,
      chainId,
      no,
    )
  }

  insertAction(tx: Tx, action: NewAction): void {
    const settled = isSettled(action.state)
    this.sql(
      `INSERT INTO action (id, chain_id, round_no, position, policy_id, has_own_id, name, uses, args, args_hash, force, abort, end_asked, commits, effect, title,
         target, target_key, targets, rules, irreversible, needs_approval, asked, plan, state, proposed_at, settled_at, settled_order, resolved_commits, reused_from, error)
       VALUES (@id, @chainId, @roundNo, @position, @policyId, @hasOwnId, @name, @uses, @args, @argsHash, @isForced, @isAbort, @isEndAsked, @commits, @effect, @title,
         @target, @targetKey, @targets, @rules, @isIrreversible, @needsApproval, @asked, @plan, @state, @at, @settledAt, @settledOrder, @resolvedCommits, @reusedFrom, @error)`,
    ).run({
      ...action,
      hasOwnId: action.hasOwnId ? 1 : 0,
      isForced: action.isForced ? 1 : 0,
      isAbort: action.isAbort ? 1 : 0,
      isEndAsked: action.isEndAsked ? 1 : 0,
      needsApproval: action.needsApproval ? 1 : 0,
      targets: JSON.stringify(action.targets),
      rules: JSON.stringify(action.rules),
      isIrreversible: action.isIrreversible ? 1 : 0,
      args: JSON.stringify(action.args),
      commits: JSON.stringify(action.commits),
      resolvedCommits: JSON.stringify(action.resolvedCommits),
      asked: JSON.stringify(action.asked),
      plan: JSON.stringify(action.plan),
      error: action.error && JSON.stringify(action.error),
      at: tx.at,
      settledAt: settled ? tx.at : null,
      settledOrder: settled ? this.#nextSettledOrder(action.chainId) : null,
    })
    this.#tellMove(tx, action, null, action.state, { by: 'policy', why: action.error?.message ?? '' })
  }

  #nextSettledOrder(chainId: string): number {
    return (
      this.sql('SELECT coalesce(max(settled_order), 0) + 1 AS n FROM action WHERE chain_id = +?').get(chainId) as {
        n: number
      }
    ).n
  }

  /**
   * Moves an action along the table, from where it is now.
   * @throws TocsinError `illegal_transition`: somebody else has moved it
   */
  moveAction(tx: Tx, id: string, to: ActionState, more: MoveOfAction = {}): void {
    const action = this.actionNow(id)
    assertActionMove(action.state, to)
    const settled = isSettled(to)
    this.sql(
      `UPDATE action SET state = @to, error = @error, resolved_commits = @resolved, settled_at = @settledAt, settled_order = @order,
         plan = coalesce(@plan, plan) WHERE id = @id`,
    ).run({
      id,
      to,
      error: more.error ? JSON.stringify(more.error) : null,
      resolved: JSON.stringify(more.resolvedCommits ?? []),
      plan: more.plan ? JSON.stringify(more.plan) : null,
      settledAt: settled ? tx.at : null,
      order: settled ? this.#nextSettledOrder(action.chainId) : null,
    })
    const why = more.why ?? more.error?.message ?? ''
    this.#tellMove(tx, { ...action, id }, action.state, to, { by: more.by ?? SYSTEM, why })
  }

  #tellMove(
    tx: Tx,
    action: Pick<ActionRecord, 'id' | 'chainId' | 'roundNo'>,
    from: ActionState | null,
    to: ActionState,
    { by, why }: { by: string; why: string },
  ): void {
    tx.act({ by, kind: 'action.state', ...aboutAction(action), before: from, after: to, reason: why })
  }

  /** What the action is once its arguments were edited. */
  retitle(
    id: string,
    {
      targets,
      isIrreversible,
      ...facts
    }: Pick<ActionRecord, 'title' | 'target' | 'targetKey' | 'targets' | 'isIrreversible' | 'effect'>,
  ): void {
    this.sql(
      `UPDATE action SET title = @title, target = @target, target_key = @targetKey, targets = @targets, irreversible = @isIrreversible,
         effect = @effect WHERE id = @id`,
    ).run({ ...facts, targets: JSON.stringify(targets), isIrreversible: isIrreversible ? 1 : 0, id })
  }

  /** Which rule asked for an action, found later than it was proposed. */
  setAsked(id: string, asked: Asked): void {
    this.sql('UPDATE action SET asked = ? WHERE id = ?').run(JSON.stringify(asked), id)
  }

  /** From now on the action waits for an approval; it was proposed under a mode that did not ask. */
  moveToWaiting(tx: Tx, id: string, asked: { plan: ActionPlan | null; asked: Asked | null }): void {
    this.moveAction(tx, id, 'waiting', { plan: asked.plan })
    this.sql('UPDATE action SET needs_approval = 1, asked = ? WHERE id = ?').run(JSON.stringify(asked.asked), id)
  }
}

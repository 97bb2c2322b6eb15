import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import { errorCode, errorMessage } from '../../../shared/errors.ts'
import type { Failure } from '../../../shared/model/views.ts'
import type { ActionPlan, ActionSubject, Intent, RunOutcome } from '../actions/action-port.ts'
import { faultPoint } from '../fault-point.ts'
import type { ChainDeps } from './chain-deps.ts'
import { Outcomes } from './outcomes.ts'
import { argsObject } from './proposals.ts'
import type { ActionRecord, ApprovalRecord, AttemptRecord, ChainRecord } from './records.ts'
import { worldNow } from './world.ts'
import { differences, worldHash } from './binding.ts'

/** Carries actions out: intent before effect, outcome after it, and what a crash between the two left behind. */
export class ActionExecutor {
  readonly #deps: ChainDeps
  readonly #outcomes: Outcomes
  readonly #running = new Map<string, AbortController>()
  isStopped = false

  constructor(deps: ChainDeps) {
    this.#deps = deps
    this.#outcomes = new Outcomes(deps)
  }

  abort(chainId: string): void {
    this.#running.get(chainId)?.abort()
  }

  stop(): void {
    this.isStopped = true
  }

  /**
   * Executes one proposed or approved action up to its outcome.
   * @returns true: the chain has a next step
   */
  async execute(chain: ChainRecord, action: ActionRecord): Promise<boolean> {
    if (action.error)
      return this.#outcomes.settleWithoutAttempt(chain, action, { outcome: 'failed', error: action.error })
    if (action.isAbort)
      return this.#outcomes.settleWithoutAttempt(chain, action, { outcome: 'succeeded', result: null })
    if (action.uses === '') return this.#executeNothing(chain, action)
    if (this.#deps.mode() === 'dry-run') return this.#skip(chain, action)
    const approval = action.needsApproval ? this.#deps.approvals.ofAction(action.id) : null
    if (approval && approval.expiresAt <= this.#deps.clock.now()) return this.#expire(chain, action)
    if (approval && (await this.#isStale(chain, action, approval))) return true
    return this.#runAfresh(chain, action, approval)
  }

  /** `uses: ""` stores commits only. The init/run/exit generation has no such action. */
  #executeNothing(chain: ChainRecord, action: ActionRecord): Promise<boolean> {
    if (chain.generation === 'commit')
      return this.#outcomes.settleWithoutAttempt(chain, action, { outcome: 'succeeded', result: null })
    const error = { code: 'action_not_found', message: 'The policy proposes an action without `uses`' }
    return this.#outcomes.settleWithoutAttempt(chain, action, { outcome: 'failed', error })
  }

  /** An approval has a time, also once it is given: what comes too late is not run. */
  async #expire(chain: ChainRecord, action: ActionRecord): Promise<boolean> {
    await this.#deps.writer.commit('chain-outcome', (tx) => {
      this.#deps.chains.moveAction(tx, action.id, 'expired')
      const reason = 'It was approved, but its time was up before it could run'
      tx.act({ by: 'system', kind: 'approval.expire', subjectKind: 'action', subjectId: action.id, reason })
    })
    this.#changed(chain)
    return true
  }

  async #skip(chain: ChainRecord, action: ActionRecord): Promise<boolean> {
    await this.#deps.writer.commit('chain-outcome', (tx) => this.#deps.chains.moveAction(tx, action.id, 'skipped'))
    this.#changed(chain)
    return true
  }

  /** What was approved must still be what would happen; else it is asked anew. */
  async #isStale(chain: ChainRecord, action: ActionRecord, approval: ApprovalRecord): Promise<boolean> {
    const args = approval.editedArgs ?? argsObject(action.args)
    const { before, now } = await worldNow(this.#deps, chain, action, approval, args)
    if (worldHash(now) === approval.decidedHash) return false
    const reasons = differences({ ...before, plan: approval.plan.bound }, now)
    await this.#deps.writer.commit('chain-decide', (tx) => {
      this.#deps.chains.moveAction(tx, action.id, 'waiting')
      this.#deps.approvals.reopen(tx, approval.id, reasons)
      tx.act({
        by: 'system',
        kind: 'approval.stale',
        subjectKind: 'action',
        subjectId: action.id,
        after: reasons.map((entry) => ({ ...entry })),
        reason: 'What was approved is not what would happen now',
      })
    })
    this.#changed(chain)
    this.#deps.bus.news('waiting', `Changed since it was approved: ${action.title}`, {
      alertId: chain.subjectId,
      actionId: action.id,
    })
    return true
  }

  async #runAfresh(chain: ChainRecord, action: ActionRecord, approval: ApprovalRecord | null): Promise<boolean> {
    const earlier = this.#deps.approvals.latestAttempt(action.id)
    const args = approval?.editedArgs ?? argsObject(action.args)
    const planned = approval ? { plan: approval.plan } : await this.#plan(chain, action, args)
    if ('failure' in planned)
      return this.#outcomes.settleWithoutAttempt(chain, action, { outcome: 'failed', error: planned.failure })
    const attemptId = this.#deps.ids.uuid()
    const intent: Intent = {
      key: earlier?.key ?? attemptKey(chain, action),
      uses: action.uses,
      args,
      plan: planned.plan,
    }
    const mode = this.#deps.mode()
    // Between looking and committing the analyst may have stopped the chain or switched the mode: the transaction looks again.
    const mayRun = await this.#deps.writer.commit('chain-intent', (tx) => {
      const present = this.#deps.chains.action(action.id)
      if (
        present.state !== action.state ||
        this.#deps.chains.chain(chain.id).isStopping ||
        this.#deps.mode() !== mode ||
        this.isStopped
      )
        return false
      this.#deps.chains.moveAction(tx, action.id, 'running')
      const effect = action.effect ?? 'contain'
      const no = (earlier?.no ?? 0) + 1
      this.#deps.approvals.insertIntent(tx, {
        ...intent,
        id: attemptId,
        actionId: action.id,
        no,
        approvalId: approval?.id ?? null,
        policyVersionId: chain.policyVersionId,
        mode,
        effect,
        undoes: chain.undoOf,
      })
      return true
    })
    if (!mayRun) return !this.isStopped
    this.#changed(chain)
    const outcome = await this.#run(chain, intent)
    faultPoint('effect:after')
    return this.#outcomes.settle(chain, action, attemptId, outcome, 'action')
  }

  async #plan(
    chain: ChainRecord,
    action: ActionRecord,
    args: JsonObject,
  ): Promise<{ plan: ActionPlan } | { failure: Failure }> {
    try {
      return { plan: await this.#deps.actions.plan(action.uses, args, this.#subject(chain)) }
    } catch (error) {
      return { failure: { code: errorCode(error), message: errorMessage(error) } }
    }
  }

  async #run(chain: ChainRecord, intent: Intent): Promise<RunOutcome> {
    const controller = new AbortController()
    this.#running.set(chain.id, controller)
    try {
      return await this.#deps.actions.run(intent, this.#subject(chain), controller.signal)
    } catch (error) {
      return { outcome: 'unknown', error: { code: errorCode(error), message: errorMessage(error) } }
    } finally {
      this.#running.delete(chain.id)
    }
  }

  /** An intent without an outcome: ask the action; without an answer only an idempotent one may run again. */
  async recover(chain: ChainRecord, action: ActionRecord): Promise<boolean> {
    const attempt = this.#deps.approvals.latestAttempt(action.id)
    if (!attempt) throw new Error(`Action ${action.id} is running without an intent`)
    const found = await this.#probe(chain, attempt)
    switch (found.state) {
      case 'done':
        return this.#outcomes.settle(chain, action, attempt.id, { outcome: 'succeeded', result: found.result }, 'probe')
      case 'not_done':
        return this.#retry(chain, action, attempt)
      case 'unknown':
        return this.#outcomes.settle(
          chain,
          action,
          attempt.id,
          { outcome: 'unknown', error: { code: 'outcome_unknown', message: found.message } },
          'restart',
        )
    }
  }

  async #probe(
    chain: ChainRecord,
    attempt: AttemptRecord,
  ): Promise<{ state: 'done'; result: JsonValue } | { state: 'not_done' } | { state: 'unknown'; message: string }> {
    const facts = this.#deps.actions.describe(attempt.uses, attempt.args)
    const interrupted =
      'Tocsin stopped between the intent and the outcome, and the action cannot tell whether it took effect: check the target, then say so here'
    if (!facts) return { state: 'unknown', message: interrupted }
    if (!facts.canProbe) return facts.isIdempotent ? { state: 'not_done' } : { state: 'unknown', message: interrupted }
    try {
      const intent = { key: attempt.key, uses: attempt.uses, args: attempt.args, plan: attempt.plan }
      const found = await this.#deps.actions.probe(intent, this.#subject(chain), new AbortController().signal)
      if (found.state === 'unknown' && facts.isIdempotent) return { state: 'not_done' }
      return found
    } catch (error) {
      return { state: 'unknown', message: `${interrupted} (${errorMessage(error)})` }
    }
  }

  /** The effect did not happen, or may be repeated: the same attempt key, another attempt row. */
  async #retry(chain: ChainRecord, action: ActionRecord, attempt: AttemptRecord): Promise<boolean> {
    await this.#deps.writer.commit('chain-outcome', (tx) => {
      this.#deps.approvals.insertOutcome(tx, attempt.id, {
        outcome: 'failed',
        by: 'probe',
        result: null,
        error: { code: 'interrupted', message: 'Tocsin stopped before it took effect; it is tried again' },
      })
      this.#deps.chains.moveAction(tx, action.id, 'approved')
    })
    this.#changed(chain)
    return true
  }

  #subject(chain: ChainRecord): ActionSubject {
    return {
      alert: { ...this.#deps.alertInput(chain.subjectId), attrs: chain.attrs.map((attribute) => ({ ...attribute })) },
      chainId: chain.id,
    }
  }

  #changed(chain: ChainRecord): void {
    this.#deps.bus.changed(['chains', 'approvals', 'alerts'], { alertIds: [chain.subjectId], chainIds: [chain.id] })
  }
}

/** Chain run / round / position: automatic attempts keep it, only a re-run makes a new one (`design.md` §5). */
export function attemptKey(chain: ChainRecord, action: ActionRecord): string {
  return `${chain.id}/${action.roundNo}/${action.position}`
}

import type { JsonObject } from '../../../../shared/model/json.ts'
import { errorCode, errorMessage } from '../../../../shared/errors.ts'
import { actInWords } from '../../../../shared/model/act-title.ts'
import type { ResponseMode } from '../../../../shared/model/states.ts'
import type { Failure } from '../../../../shared/model/views.ts'
import type { ActionPlan, Intent, RunOutcome } from '../../actions/action-port.ts'
import { faultPoint } from '../../ports/fault-point.ts'
import { aboutAction } from '../records/actors.ts'
import type { ChainDeps } from '../chain-deps.ts'
import { endUnrun, mayHaveHappened } from '../outcomes/end-unrun.ts'
import type { Holding } from './holding.ts'
import { namedAct } from '../rounds/history.ts'
import { Outcomes } from '../outcomes/outcomes.ts'
import { askLate } from '../approvals/late-asking.ts'
import { assertUnprotected, planAct } from '../rounds/act-plan.ts'
import { capBeyond } from '../rounds/round-limits.ts'
import { argsObject, mustWait } from '../rounds/proposals.ts'
import { Recovery } from '../recovery/recovery.ts'
import { subjectOf } from '../rounds/subject.ts'
import {
  attemptKey,
  type ActionRecord,
  type ApprovalRecord,
  type AttemptRecord,
  type ChainRecord,
} from '../records/records.ts'
import { isStoreFailure, type Tx } from '../../store/writer.ts'
import { worldNow } from '../approvals/world.ts'
import { differences, worldHash } from '../rounds/binding.ts'

/** Only *Ask before acting* asks for what another mode let through: a waiver was the policy's right under *By policy*. */
const WAIVED = { required: false, reason: '', expiresInMs: null, isEditable: true, isEndAsked: true }

/** By what it was judged that an action may run. */
interface Judged {
  approval: ApprovalRecord | null
  earlier: AttemptRecord | null
  mode: ResponseMode
  /** The analyst's own word: then no cap holds it. */
  isAsked: boolean
}

/** What came of an intent. */
type Intended =
  | { is: 'stored' }
  /** The analyst, or the end of the engine, was first. */
  | { is: 'overtaken' }
  | { is: 'capped'; beyondCap: string }
  | { is: 'barred'; error: Failure }

/** Carries actions out: intent before effect, outcome after it, and what a crash between the two left behind. */
export class ActionExecutor {
  readonly #deps: ChainDeps
  readonly #outcomes: Outcomes
  readonly #recovery: Recovery
  readonly #running = new Map<string, AbortController>()
  /** Outcomes by attempt that the store has not taken yet. */
  readonly #unstored = new Map<string, RunOutcome>()
  readonly #holding: Holding
  isStopped = false

  constructor(deps: ChainDeps, holding: Holding) {
    this.#deps = deps
    this.#holding = holding
    this.#outcomes = new Outcomes(deps)
    this.#recovery = new Recovery(deps, this.#outcomes)
  }

  abort(chainId: string): void {
    this.#running.get(chainId)?.abort()
  }

  stop(): void {
    this.isStopped = true
  }

  /** @returns true: the chain has a next step */
  recover(chain: ChainRecord, action: ActionRecord): Promise<boolean> {
    const attemptId = this.#deps.approvals.latestAttempt(action.id)?.id ?? ''
    const known = this.#unstored.get(attemptId)
    return known ? this.#record(chain, action, attemptId, known) : this.#recovery.recover(chain, action)
  }

  /** The chain is stopped, and what it requested does not show yet. */
  leave(chain: ChainRecord, action: ActionRecord): Promise<boolean> {
    const attemptId = this.#deps.approvals.latestAttempt(action.id)?.id ?? null
    const message =
      'The chain was stopped before this was confirmed, and it is not looked at any more: check the target, then say so here'
    const error = { code: 'not_confirmed', message }
    return this.#outcomes.settle(chain, action, attemptId, { outcome: 'unknown', error }, { by: 'action' })
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
    const earlier = action.state === 'proposed' ? null : this.#deps.approvals.latestAttempt(action.id)
    const mode = this.#deps.mode()
    if (mode === 'dry-run') return this.#skip(chain, action)
    const approval = action.needsApproval ? this.#deps.approvals.ofAction(action.id) : null
    if (approval && approval.expiresAt <= this.#deps.clock.now() && !mayHaveHappened(earlier))
      return this.#expire(chain, action, approval)
    if (approval && (await this.#isStale(chain, action, approval, earlier !== null))) return true
    // Proposed under a mode that asks for less; *Try again* is the analyst's own word.
    const isAsked = approval !== null || earlier?.outcome === 'unknown'
    const act = { effect: action.effect ?? 'contain', isIrreversible: action.isIrreversible } as const
    if (!isAsked && (mustWait(mode, act, WAIVED) || this.#mustAsk(chain, action))) return this.#ask(chain, action, '')
    return this.#runAfresh(chain, action, { approval, earlier, mode, isAsked })
  }

  /** Trust may have been withdrawn since it was proposed. */
  #mustAsk({ policyVersionId }: ChainRecord, { uses, args }: ActionRecord): boolean {
    return (this.#deps.actions.describe(uses, args, policyVersionId)?.mustAsk ?? null) !== null
  }

  /** @param beyondCap which cap it would go beyond; '' where the mode asks */
  async #ask(chain: ChainRecord, action: ActionRecord, beyondCap: string): Promise<boolean> {
    const asked = await askLate(this.#deps, chain, action, beyondCap)
    if ('failure' in asked)
      return this.#outcomes.settleWithoutAttempt(chain, action, { outcome: 'failed', error: asked.failure })
    await this.#deps.writer.commit('chain-decide', (tx) => {
      this.#deps.chains.moveToWaiting(tx, action.id, asked)
      this.#deps.approvals.insert(tx, asked.approval)
    })
    this.#changed(chain)
    const ids = { alertId: this.#deps.chains.subjectHead(chain).alertId, actionId: action.id }
    this.#deps.bus.news('waiting', `Waiting for you: ${actInWords(action)}`, ids)
    return true
  }

  /** `uses: ""` stores commits only. The init/run/exit generation has no such action. */
  #executeNothing(chain: ChainRecord, action: ActionRecord): Promise<boolean> {
    if (chain.generation === 'commit')
      return this.#outcomes.settleWithoutAttempt(chain, action, { outcome: 'succeeded', result: null })
    const error = { code: 'action_not_found', message: 'The policy proposes an action without `uses`' }
    return this.#outcomes.settleWithoutAttempt(chain, action, { outcome: 'failed', error })
  }

  /** An approval has a time, also once it is given: what comes too late is not run. */
  async #expire(chain: ChainRecord, action: ActionRecord, approval: ApprovalRecord): Promise<boolean> {
    await this.#deps.writer.commit('chain-outcome', (tx) => {
      const reason = 'It was approved, but its time was up before it could run'
      endUnrun(this.#deps, tx, action, 'expired', { why: reason })
      this.#deps.approvals.expireDecided(tx, approval.id, reason)
      tx.act({ by: 'system', kind: 'approval.expire', ...aboutAction(action), reason })
    })
    this.#changed(chain)
    return true
  }

  async #skip(chain: ChainRecord, action: ActionRecord): Promise<boolean> {
    const planned = action.plan ? { plan: action.plan } : await this.#plan(chain, action, argsObject(action.args))
    if ('failure' in planned)
      return this.#outcomes.settleWithoutAttempt(chain, action, { outcome: 'failed', error: planned.failure })
    await this.#deps.writer.commit('chain-outcome', (tx) =>
      endUnrun(this.#deps, tx, action, 'skipped', { ...planned, why: 'Nothing runs under dry-run' }),
    )
    this.#changed(chain)
    return true
  }

  /**
   * What was approved must still be what would happen; else it is asked anew. An attempt of several requests that came to no
   * end goes on by the plan that was approved: that alone knows what the target was before.
   */
  async #isStale(
    chain: ChainRecord,
    action: ActionRecord,
    approval: ApprovalRecord,
    wasTried: boolean,
  ): Promise<boolean> {
    const args = approval.editedArgs ?? argsObject(action.args)
    const { before, now } = await worldNow(this.#deps, chain, action, approval, args)
    if (worldHash(now, args) === approval.decidedHash) return false
    const isSameBut = worldHash({ ...now, plan: before.plan }, args) === approval.decidedHash
    const bounds = { planned: before.plan, present: now.plan }
    if (wasTried && isSameBut && this.#deps.actions.isPartly?.(action.uses, args, bounds) === true) return false
    const reasons = differences({ ...before, plan: approval.plan.bound }, now)
    await this.#deps.writer.commit('chain-decide', (tx) => {
      this.#deps.chains.moveAction(tx, action.id, 'waiting')
      this.#deps.approvals.reopen(tx, approval.id, reasons)
      tx.act({
        by: 'system',
        kind: 'approval.stale',
        ...aboutAction(action),
        after: reasons.map((entry) => ({ ...entry })),
        reason: 'What was approved is not what would happen now',
      })
    })
    this.#changed(chain)
    this.#deps.bus.news('waiting', `Changed since it was approved: ${actInWords(namedAct(this.#deps, action))}`, {
      alertId: this.#deps.chains.subjectHead(chain).alertId,
      actionId: action.id,
    })
    return true
  }

  async #runAfresh(chain: ChainRecord, action: ActionRecord, judged: Judged): Promise<boolean> {
    const { approval, earlier, mode, isAsked } = judged
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
    this.#deps.log.debug('run action', {
      alert_id: chain.subjectId,
      chain: chain.id,
      id: action.policyId,
      uses: action.uses,
      act: actInWords(namedAct(this.#deps, action)),
    })
    // Between looking and committing the analyst may have stopped the chain, switched the mode or listed the target as
    // protected: the transaction looks again.
    const intend = (tx: Tx): Intended => {
      const present = this.#deps.chains.actionNow(action.id)
      const { isStopping, isHeld } = this.#deps.chains.chainNow(chain.id)
      if (present.state !== action.state || isStopping || isHeld || this.#deps.mode() !== mode || this.isStopped)
        return { is: 'overtaken' }
      assertUnprotected(this.#deps, chain, { ...action, args }, planned.plan)
      const beyondCap = isAsked ? '' : capBeyond(this.#deps, chain.id, action)
      if (beyondCap !== '') return { is: 'capped', beyondCap }
      this.#deps.chains.moveAction(tx, action.id, 'running')
      this.#deps.approvals.insertIntent(tx, {
        ...intent,
        id: attemptId,
        actionId: action.id,
        no: (earlier?.no ?? 0) + 1,
        approvalId: approval?.id ?? null,
        policyVersionId: chain.policyVersionId,
        mode,
        effect: action.effect ?? 'contain',
        undoes: chain.undoOf,
      })
      return { is: 'stored' }
    }
    const intended = await this.#deps.writer.commit('chain-intent', intend, { isPatient: true }).catch(failureOfAct)
    switch (intended.is) {
      case 'stored':
        break
      case 'overtaken':
        return !this.isStopped
      case 'capped':
        return this.#ask(chain, action, intended.beyondCap)
      case 'barred':
        return this.#outcomes.settleWithoutAttempt(chain, action, { outcome: 'failed', error: intended.error })
    }
    this.#changed(chain)
    const outcome = await this.#run(chain, intent)
    faultPoint('effect:after')
    // Slept through: the chain is held by what it was before this outcome. Its next step meets the same failure.
    this.#holding.look()?.catch(() => undefined)
    return this.#record(chain, action, attemptId, outcome)
  }

  /** Stores an outcome. While the store takes nothing it is kept here, so that the action is not asked for what is known. */
  async #record(chain: ChainRecord, action: ActionRecord, attemptId: string, outcome: RunOutcome): Promise<boolean> {
    this.#unstored.set(attemptId, outcome)
    try {
      if (outcome.outcome === 'accepted') await this.#outcomes.accept(chain, action, attemptId, outcome, 'action')
      else await this.#outcomes.settle(chain, action, attemptId, outcome, { by: 'action' })
    } catch (error) {
      const code = errorCode(error)
      if (isStoreFailure(error)) throw error
      const message = `It ran, but what came of it could not be stored (${errorMessage(error)}): check the target, then say so here`
      await this.#outcomes.settle(
        chain,
        action,
        attemptId,
        { outcome: 'unknown', error: { code, message } },
        { by: 'action' },
      )
    }
    this.#unstored.delete(attemptId)
    return true
  }

  async #plan(
    chain: ChainRecord,
    action: ActionRecord,
    args: JsonObject,
  ): Promise<{ plan: ActionPlan } | { failure: Failure }> {
    try {
      return { plan: await planAct(this.#deps, chain, { ...action, args }, subjectOf(this.#deps, chain)) }
    } catch (error) {
      return { failure: { code: errorCode(error), message: errorMessage(error) } }
    }
  }

  async #run(chain: ChainRecord, intent: Intent): Promise<RunOutcome> {
    const controller = new AbortController()
    this.#running.set(chain.id, controller)
    try {
      return await this.#deps.actions.run(intent, subjectOf(this.#deps, chain), controller.signal)
    } catch (error) {
      return { outcome: 'unknown', error: { code: errorCode(error), message: errorMessage(error) } }
    } finally {
      this.#running.delete(chain.id)
    }
  }

  #changed(chain: ChainRecord): void {
    this.#deps.bus.changed(['chains', 'approvals', 'alerts'], { alertIds: [chain.subjectId], chainIds: [chain.id] })
  }
}

/** @returns why an action may not be done; all else is thrown on */
function failureOfAct(error: unknown): Intended {
  if (errorCode(error) !== 'target_protected') throw error
  return { is: 'barred', error: { code: errorCode(error), message: errorMessage(error) } }
}

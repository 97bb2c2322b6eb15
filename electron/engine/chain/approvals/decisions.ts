import { z } from 'zod'
import { TocsinError, errorCode, errorMessage } from '../../../../shared/errors.ts'
import { actInWords } from '../../../../shared/model/act-title.ts'
import { confirmationText, isConfirmed } from '../../../../shared/model/confirmation.ts'
import type { JsonObject, JsonValue } from '../../../../shared/model/json.ts'
import type { ActionFacts } from '../../actions/action-port.ts'
import { ACTION_STATE_WORDS, type ActionState } from '../../../../shared/model/states.ts'
import type { Failure } from '../../../../shared/model/views.ts'
import { canonicalHash } from '../../forms/canonical.ts'
import { countedKey } from '../../limits/caps.ts'
import type { Tx } from '../../store/writer.ts'
import { differences, worldHash } from '../rounds/binding.ts'
import { isGone } from '../../store/deleted.ts'
import { aboutAction } from '../records/actors.ts'
import { ANALYST, SYSTEM, type ChainDeps } from '../chain-deps.ts'
import { endUnrun } from '../outcomes/end-unrun.ts'
import { namedAct } from '../rounds/history.ts'
import { Outcomes } from '../outcomes/outcomes.ts'
import { argsObject, effectiveEffect } from '../rounds/proposals.ts'
import type { ActionRecord, ApprovalRecord, ChainRecord, Difference } from '../records/records.ts'
import { assertAsLeft } from '../rounds/as-left.ts'
import { boundPart, worldNow } from './world.ts'

/** A plan that could not be made, as `worldNow` has it. */
const failureSchema = z.object({ error: z.string(), message: z.string() })

export interface ApproveRequest {
  actionId: string
  /** `cardHash` of what the analyst saw; with edited arguments the `editedHash` that came with their plan. */
  boundHash: string
  isStaleConfirmed: boolean
  editedArgs: JsonObject | null
  why: string
  /** What was typed to confirm what cannot be taken back. */
  typedTarget?: string | null
}

export interface RejectRequest {
  actionId: string
  /** `cardHash` of what the analyst saw. */
  boundHash: string
  reason: string
}

/** What the analyst sees and answers: the approval's own hash while it is fresh, joined with the differences once stale. */
export function cardHash(approval: ApprovalRecord, stale: readonly Difference[]): string {
  return stale.length === 0 ? approval.boundHash : canonicalHash({ bound: approval.boundHash, stale })
}

/**
 * What the analyst answers after a change: the card's hash joined with the arguments that would run and the plan shown for
 * them.
 * @param plan as it was made for these arguments (`ActionPlan.bound`)
 */
export function editedHash(card: string, args: JsonObject, plan: JsonValue): string {
  return canonicalHash({ card, args, plan })
}

/** What a look at an approval that waits has found. */
export interface Look {
  stale: Difference[]
  /** Why it cannot be approved: its target is protected, or what it would undo was changed elsewhere. */
  refusal: Failure | null
}

/** What an answer came to. */
export interface Decided {
  state: ActionState
  /** Whether this answer made it so; false: somebody, or the clock, was first */
  isYours: boolean
}

/** The analyst's answers. Each is one transaction that looks again at what it decides; two answers make one decision. */
export class Decisions {
  readonly #deps: ChainDeps
  readonly #outcomes: Outcomes

  constructor(deps: ChainDeps) {
    this.#deps = deps
    this.#outcomes = new Outcomes(deps)
  }

  /**
   * Approves what the card showed. Somebody who comes second gets the state that the first one made.
   * @throws TocsinError `stale` (with the differences), `changed` (the card is out of date), `not_editable`, `invalid_args`,
   *   `target_protected`, `changed_since` (of an undo), `confirmation_required`, `confirmation_differs`
   */
  async approve(request: ApproveRequest): Promise<Decided> {
    const { action, approval, chain } = this.#asked(request.actionId)
    if (action.state !== 'waiting') return { state: action.state, isYours: false }
    if (approval.expiresAt <= this.#deps.clock.now()) {
      await this.expire(approval)
      return { state: this.#deps.chains.action(action.id).state, isYours: false }
    }
    const args = this.argsToRun(action, approval, request.editedArgs)
    const world = await worldNow(this.#deps, chain, action, approval, args)
    const refusal = this.#refusal(chain, world)
    if (refusal !== null) throw new TocsinError(refusal.code, refusal.message)
    const isEdited = approval.editedArgs !== null || request.editedArgs !== null
    const stale = await this.#staleness(chain, action, approval, request.editedArgs === null ? world : null)
    if (stale.length > 0 && !request.isStaleConfirmed) {
      await this.#markStale(chain, approval, stale)
      throw new TocsinError(
        'stale',
        'This changed since it was proposed: look at what is different, then approve anyway or reject',
        { details: stale },
      )
    }
    this.#assertSeen(request, cardHash(approval, stale), args, world.now.plan)
    this.#assertConfirmed(action, args, request.typedTarget ?? '')
    const { plan } = world
    if (!plan) throw new TocsinError('cannot_run', planFailure(world.now.plan))
    return this.#decide(chain, action, (tx) => {
      this.#deps.chains.moveAction(tx, action.id, 'approved', { by: ANALYST, why: request.why })
      this.#deps.takeUp(tx, this.#deps.chains.alertIds(chain))
      const editedArgs = isEdited ? args : null
      if (isEdited) this.#retitle(action, args)
      this.#deps.approvals.approve(tx, approval.id, {
        by: ANALYST,
        why: request.why,
        decidedHash: worldHash(world.now, args),
        editedArgs,
        plan,
      })
      tx.act({
        by: ANALYST,
        kind: 'approval.approve',
        ...aboutAction(action),
        before: argsObject(action.args),
        after: args,
        reason: request.why,
      })
    })
  }

  /** @throws TocsinError `changed`, `stale`: what was seen is not what would be approved */
  #assertSeen({ editedArgs, boundHash }: ApproveRequest, card: string, args: JsonObject, plan: JsonValue): void {
    if (editedArgs === null && boundHash !== card) throw outOfDate()
    if (editedArgs !== null && boundHash !== editedHash(card, args, plan))
      throw new TocsinError(
        'stale',
        'With these changes it would do something else now than was shown: look at the plan again, then decide',
      )
  }

  /** @returns what must be typed to approve it with these arguments; '' where nothing must */
  confirmationOf(action: ActionRecord, args: JsonObject): string {
    const facts = this.#facts(action, args)
    return facts?.isIrreversible === true ? confirmationText(facts) : ''
  }

  /** @throws TocsinError `confirmation_required`, `confirmation_differs` */
  #assertConfirmed(action: ActionRecord, args: JsonObject, typed: string): void {
    const asked = this.confirmationOf(action, args)
    if (asked === '' || isConfirmed(typed, asked)) return
    if (typed === '')
      throw new TocsinError('confirmation_required', 'It cannot be taken back: type its target to confirm it')
    throw new TocsinError('confirmation_differs', 'What was typed is not the target: look at it again, then type it')
  }

  #facts({ uses, chainId }: ActionRecord, args: JsonObject): ActionFacts | null {
    return this.#deps.actions.describe(uses, args, this.#deps.chains.chain(chainId).policyVersionId)
  }

  /** History, containments and the attempt name what runs, not what was proposed. */
  #retitle(action: ActionRecord, args: JsonObject): void {
    const facts = this.#facts(action, args)
    if (!facts) return
    const effect = effectiveEffect(action.effect ?? facts.effect, facts.effect)
    this.#deps.chains.retitle(action.id, {
      title: facts.title,
      target: facts.target,
      targetKey: facts.targetKey,
      targets: action.targets.length === 0 ? [] : facts.targets.map(countedKey),
      isIrreversible: facts.isIrreversible,
      effect,
    })
  }

  /**
   * Rejects what the card showed. Somebody who comes second gets the state that the first one made.
   * @returns `unknown` where an earlier attempt may have taken effect
   * @throws TocsinError `changed`: the card is out of date
   */
  async reject(request: RejectRequest): Promise<Decided> {
    const { action, approval, chain } = this.#asked(request.actionId)
    if (action.state !== 'waiting') return { state: action.state, isYours: false }
    if (request.boundHash !== cardHash(approval, approval.staleReason ?? [])) throw outOfDate()
    return this.#decide(chain, action, (tx) => {
      endUnrun(this.#deps, tx, action, 'rejected', { by: ANALYST, why: request.reason })
      this.#deps.takeUp(tx, this.#deps.chains.alertIds(chain))
      this.#deps.approvals.close(tx, approval.id, 'rejected', ANALYST, request.reason)
      tx.act({
        by: ANALYST,
        kind: 'approval.reject',
        ...aboutAction(action),
        reason: request.reason,
      })
    })
  }

  /** Ends an approval whose time is up. Expiry never approves. */
  async expire(approval: ApprovalRecord): Promise<string | null> {
    const action = this.#deps.chains.action(approval.actionId)
    if (action.state !== 'waiting') return null
    const chain = this.#deps.chains.chain(action.chainId)
    await this.#decide(chain, action, (tx) => {
      const why = 'Nobody decided in time'
      endUnrun(this.#deps, tx, action, 'expired', { why })
      this.#deps.approvals.close(tx, approval.id, 'expired', SYSTEM, why)
      tx.act({ by: SYSTEM, kind: 'approval.expire', ...aboutAction(action) })
    })
    return chain.id
  }

  /** The analyst's word on an attempt whose outcome nobody knows. */
  async settleUnknown(request: {
    actionId: string
    answer: 'done' | 'not_done' | 'again'
    reason: string
  }): Promise<Decided> {
    const action = this.#deps.chains.action(request.actionId)
    if (action.state !== 'unknown') return { state: action.state, isYours: false }
    const chain = this.#deps.chains.chain(action.chainId)
    const attempt = this.#deps.approvals.latestAttempt(action.id)
    if (!attempt) throw new Error(`Action ${action.id} is unknown without an attempt`)
    const act = (tx: Tx): void => {
      // The outcome that follows replaces the cause in the rows of action and attempt: here it stays.
      const before = { state: 'unknown', error: action.error && { ...action.error }, since: attempt.outcomeAt }
      tx.act({ by: ANALYST, kind: `attempt.${request.answer}`, ...aboutAction(action), before, reason: request.reason })
      this.#deps.resolveProblems(tx, { chainId: chain.id, actionId: action.id }, 'answered')
      this.#deps.takeUp(tx, this.#deps.chains.alertIds(chain))
    }
    if (request.answer === 'again') {
      if (chain.isStopping)
        throw new TocsinError('chain_stopped', 'This chain was stopped: say whether it happened, then re-run it')
      return this.#decide(chain, action, (tx) => {
        this.#deps.chains.moveAction(tx, action.id, 'approved', { by: ANALYST, why: request.reason })
        act(tx)
      })
    }
    const failure = { code: 'not_done', message: `The analyst says that it did not happen: ${request.reason}` }
    const outcome =
      request.answer === 'done'
        ? ({ outcome: 'succeeded', result: null } as const)
        : ({ outcome: 'failed', error: failure } as const)
    return this.#orEarlier(
      chain,
      action,
      this.#outcomes.settle(chain, action, attempt.id, outcome, { by: 'analyst', alongside: act }),
    )
  }

  /**
   * Looks anew at one approval that waits and sets or clears its stale flag. Where age has taken what would be looked at, what
   * was found last stands: the card can be read and rejected, and approving it is refused.
   * @returns what is different, and whether it is refused whatever the analyst says
   */
  async refresh(actionId: string): Promise<Look> {
    const { action, approval, chain } = this.#asked(actionId)
    if (action.state !== 'waiting') return { stale: [], refusal: null }
    const args = approval.editedArgs ?? argsObject(action.args)
    let look: Look
    try {
      const world = await worldNow(this.#deps, chain, action, approval, args)
      const stale = await this.#staleness(chain, action, approval, world)
      look = { stale, refusal: this.#refusal(chain, world) }
    } catch (error) {
      if (!isGone(error)) throw error
      return { stale: approval.staleReason ?? [], refusal: null }
    }
    const { stale } = look
    if (JSON.stringify(stale) !== JSON.stringify(approval.staleReason ?? []))
      await this.#markStale(chain, approval, stale)
    return look
  }

  /** Why no approval counts, whatever differs. */
  #refusal({ undoOf }: ChainRecord, { now, plan }: Awaited<ReturnType<typeof worldNow>>): Failure | null {
    try {
      assertMayRun(now.plan)
      const undone = undoOf === null ? null : this.#deps.approvals.attempt(undoOf)
      if (plan !== null && undone !== null) assertAsLeft(undone.result, plan)
      return null
    } catch (error) {
      return { code: errorCode(error), message: errorMessage(error) }
    }
  }

  /**
   * Differences are about what the policy proposed: an edit by the analyst is not one. What was approved with an edit and is
   * asked about again is compared with the plan that was approved.
   */
  async #staleness(
    chain: ChainRecord,
    action: ActionRecord,
    approval: ApprovalRecord,
    known: Awaited<ReturnType<typeof worldNow>> | null,
  ): Promise<Difference[]> {
    const args = approval.editedArgs ?? argsObject(action.args)
    const world = known ?? (await worldNow(this.#deps, chain, action, approval, args))
    const plannedThen = approval.editedArgs === null ? boundPart(approval, 'plan') : approval.plan.bound
    return differences({ ...world.before, plan: plannedThen }, world.now)
  }

  /**
   * @param edited what the analyst changed; null: nothing
   * @throws TocsinError `not_editable`, `invalid_args`
   */
  argsToRun(action: ActionRecord, approval: ApprovalRecord, edited: JsonObject | null): JsonObject {
    const original = argsObject(action.args)
    if (edited === null) return approval.editedArgs ?? original
    if (!approval.isEditable)
      throw new TocsinError(
        'not_editable',
        'The policy does not allow changes to this action: approve or reject it as it is',
      )
    // The screen sends what it changed: it never sees a secret's handle, so it could not send all of them back.
    const args = { ...original, ...edited }
    const facts = this.#facts(action, args)
    for (const locked of facts?.lockedArgs ?? [])
      if (canonicalHash(args[locked] ?? null) !== canonicalHash(original[locked] ?? null))
        throw new TocsinError('not_editable', `The argument ${locked} may not be changed: reject the action instead`)
    return args
  }

  #asked(actionId: string): { action: ActionRecord; approval: ApprovalRecord; chain: ChainRecord } {
    const action = this.#deps.chains.action(actionId)
    const approval = this.#deps.approvals.ofAction(actionId)
    if (!approval) throw new TocsinError('not_waiting', 'This action was never asked about')
    return { action, approval, chain: this.#deps.chains.chain(action.chainId) }
  }

  async #markStale(chain: ChainRecord, approval: ApprovalRecord, stale: readonly Difference[]): Promise<void> {
    await this.#deps.writer.commit('chain-decide', (tx) => this.#deps.approvals.markStale(tx, approval.id, stale))
    this.#changed(chain)
  }

  async #decide(chain: ChainRecord, action: ActionRecord, work: (tx: Tx) => void): Promise<Decided> {
    const decided = await this.#orEarlier(chain, action, this.#deps.writer.commit('chain-decide', work))
    if (decided.isYours) this.#tell(chain, decided.state, action.id)
    return decided
  }

  /** The live region has just said that it waits: it is told the end of that, too. */
  #tell(chain: ChainRecord, state: ActionState, actionId: string): void {
    const act = actInWords(namedAct(this.#deps, this.#deps.chains.action(actionId)))
    this.#deps.bus.news('decision', `${ACTION_STATE_WORDS[state]}: ${act}`, {
      alertId: this.#deps.chains.subjectHead(chain).alertId,
      actionId,
    })
  }

  /** What was decided: by this answer, or by another window that was first. */
  async #orEarlier(chain: ChainRecord, action: ActionRecord, deciding: Promise<unknown>): Promise<Decided> {
    let isYours = true
    try {
      await deciding
    } catch (error) {
      if (errorCode(error) !== 'illegal_transition') throw error
      isYours = false
    }
    this.#changed(chain)
    return { state: this.#deps.chains.action(action.id).state, isYours }
  }

  #changed(chain: ChainRecord): void {
    this.#deps.bus.changed(['approvals', 'chains', 'alerts', 'problems'], {
      alertIds: [chain.subjectId],
      chainIds: [chain.id],
    })
  }
}

function outOfDate(): TocsinError {
  return new TocsinError('changed', 'The card is out of date: look at it again, then decide')
}

/** @param plan what a plan is bound to, or the failure that making it met */
function assertMayRun(plan: JsonValue): void {
  const failure = failureSchema.safeParse(plan).data
  if (failure?.error === 'target_protected') throw new TocsinError(failure.error, failure.message)
}

function planFailure(plan: unknown): string {
  const message =
    typeof plan === 'object' && plan !== null && 'message' in plan ? String(plan.message) : 'its plan cannot be made'
  return `This cannot be carried out now (${message}): reject it, or repair the cause and approve`
}

import { errorCode, errorMessage } from '../../../shared/errors.ts'
import type { JsonObject } from '../../../shared/model/json.ts'
import type { TogetherResult, TogetherRow } from '../../../shared/model/together.ts'
import type { ApprovalCard, Asked, Failure } from '../../../shared/model/views.ts'
import type { EventForms } from '../policy/evaluation.ts'
import type { StoredAlert } from '../store/alert-store.ts'
import type { Tx } from '../store/writer.ts'
import { ApprovalCards } from './approvals/card.ts'
import { ANALYST, type ChainDeps } from './chain-deps.ts'
import { namedAct } from './rounds/history.ts'
import { Containing } from './containing/containing.ts'
import { Holding } from './execution/holding.ts'
import { Expiries } from './approvals/expiries.ts'
import { Decisions, type ApproveRequest, type Decided, type RejectRequest } from './approvals/decisions.ts'
import { notRunAgain } from './outcomes/not-run.ts'
import { FirstRoundsAtHand, type FirstRoundAtHand } from './rounds/first-round-at-hand.ts'
import type { NewChain } from './records/chain-store.ts'
import { RoundCommits, tellQueried } from './rounds/round-commit.ts'
import { ChainRunner } from './execution/runner.ts'
import type { RerunScope } from './rounds/reuse.ts'
import { ChainRuns, type RerunRequest } from './runs/runs.ts'
import { MAX_BEHIND, Scheduler } from './execution/scheduler.ts'
import { DecisionsTogether, type TogetherRequest } from './approvals/together.ts'
import type { LivePolicy } from '../policy/policy-service.ts'

/** How long a chain waits after the store took nothing (a full disk): it goes on by itself once there is room. */
const STORE_RETRY_MS = 5000

/** The chain of a new alert. */
export interface QueuedChain {
  id: string
  namespace: string
  /** Where it was evaluated with the event, under the mode that is in force. */
  firstRound: FirstRoundAtHand | null
  /** There is nothing to start: its first round proposed nothing. */
  isEnded: boolean
}

/** Everything that can be done to chains: what the intake, the screen and the engine's start call. */
export class ChainService {
  readonly #deps: ChainDeps
  readonly #rounds: RoundCommits
  readonly #firstRounds = new FirstRoundsAtHand(MAX_BEHIND)
  readonly #runner: ChainRunner
  readonly #scheduler: Scheduler
  readonly #decisions: Decisions
  readonly #runs: ChainRuns
  readonly #cards: ApprovalCards
  readonly #together: DecisionsTogether
  readonly #holding: Holding
  readonly #containing: Containing
  readonly #background = new Set<Promise<void>>()
  readonly #expiries: Expiries
  #unsubscribe: (() => void) | null = null
  #isStopped = false

  constructor(deps: ChainDeps) {
    this.#deps = deps
    this.#holding = new Holding(deps)
    this.#rounds = new RoundCommits(deps)
    this.#runner = new ChainRunner(deps, {
      holding: this.#holding,
      rounds: this.#rounds,
      firstRounds: this.#firstRounds,
    })
    this.#scheduler = new Scheduler((chainId) => this.#drive(chainId), deps)
    this.#decisions = new Decisions(deps)
    this.#runs = new ChainRuns(deps)
    this.#expiries = new Expiries(deps, this.#decisions, (chainId) => this.#enqueue(chainId))
    this.#cards = new ApprovalCards(deps, this.#decisions)
    this.#together = new DecisionsTogether(deps, this.#decisions)
    this.#containing = new Containing(deps, {
      inTurn: ({ id, namespace }, work) => this.#scheduler.inTurn(id, namespace, work),
      onProposed: (chainId) => {
        this.#expiries.arm()
        this.#enqueue(chainId)
      },
    })
  }

  /**
   * Goes on where the last process left off: chains that were queued or under way, then the expiries.
   * @throws TocsinError what the store throws when chains are to be held
   */
  async start(): Promise<void> {
    await this.#holding.start()
    for (const { id, namespace, isDecided } of this.#deps.chains.chainsToDrive())
      if (isDecided) this.#scheduler.enqueueDecided(id, namespace)
      else this.#scheduler.enqueue(id, namespace)
    this.#unsubscribe = this.#deps.policy.onChange(() =>
      this.#inBackground('An approval could not be checked', this.#refreshStale()),
    )
    this.#containing.start()
    this.#expiries.arm()
  }

  /** Starts nothing more and waits until no effect is under way. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#unsubscribe?.()
    await this.#expiries.stop()
    this.#holding.stop()
    this.#runner.stop()
    await this.#containing.stop()
    await this.#scheduler.stop()
    await Promise.all(this.#background)
  }

  /** Resolves when every chain waits or has ended, and no target is being looked at. */
  async whenIdle(): Promise<void> {
    await this.#containing.whenLooked()
    await this.#scheduler.whenIdle()
  }

  /** As `whenIdle`, and everything that was requested is confirmed, as far as that takes no longer. */
  async whenConfirmed(longestMs: number): Promise<void> {
    await this.whenIdle()
    await this.#containing.whenConfirmed(longestMs)
    await this.whenIdle()
  }

  /**
   * Queues the chain of an alert in the transaction that inserts the alert; `wake` starts it after the commit. A chain whose
   * first round is at hand and proposes nothing ends here. A round that was evaluated under another response mode is
   * recorded and passed over.
   * @returns what `wake` needs
   */
  queueChain(
    tx: Tx,
    alert: Pick<StoredAlert, 'id' | 'eventId' | 'namespace' | 'attrs'>,
    policy: LivePolicy,
    { trigger, firstRound }: { trigger: 'event' | 'reprocess'; firstRound: FirstRoundAtHand | null },
  ): QueuedChain {
    const id = this.#deps.ids.uuid()
    const { namespace, attrs } = alert
    const chain: NewChain = {
      id,
      subjectKind: 'alert',
      subjectId: alert.id,
      runNo: 1,
      namespace,
      attrs,
      rerunOf: null,
      rerunWhat: null,
      rerunFrom: null,
      undoOf: null,
      trigger,
      policyVersionId: policy.id,
      generation: policy.generation,
      isHeld: this.#deps.mode() === 'off',
    }
    // A namespace has an order of its own.
    if (firstRound?.round.isQuiet === true && firstRound.mode === this.#deps.mode() && namespace === '') {
      this.#rounds.insertEnded(tx, chain, firstRound)
      return { id, namespace, firstRound: null, isEnded: true }
    }
    this.#deps.chains.insertChain(tx, chain)
    const isPassedOver = firstRound !== null && firstRound.mode !== this.#deps.mode()
    if (isPassedOver) this.#rounds.insertPassedOver(tx, { ...chain, eventId: alert.eventId }, firstRound)
    return { id, namespace, firstRound: isPassedOver ? null : firstRound, isEnded: false }
  }

  /** Queues the chain that carries out what `emit` says of a state of a report; `wakeReportChains` starts it after the commit. */
  queueReportChain(tx: Tx, stateId: string, policy: LivePolicy): QueuedChain {
    const id = this.#deps.ids.uuid()
    this.#deps.chains.insertChain(tx, {
      id,
      subjectKind: 'report',
      subjectId: stateId,
      runNo: 1,
      namespace: '',
      attrs: [],
      rerunOf: null,
      rerunWhat: null,
      rerunFrom: null,
      undoOf: null,
      trigger: 'event',
      policyVersionId: policy.id,
      generation: 'commit',
      isHeld: this.#deps.mode() === 'off',
    })
    return { id, namespace: '', firstRound: null, isEnded: false }
  }

  wakeReportChains(chains: readonly QueuedChain[]): void {
    for (const { id, namespace } of chains) this.#scheduler.enqueue(id, namespace)
  }

  /**
   * Drives chains that were queued, once their transaction is durable.
   * @param alerts that they are about, in the same order
   * @param forms the event of their alerts, where it is at hand
   */
  wake(chains: readonly QueuedChain[], alerts: readonly StoredAlert[], forms: EventForms | null): void {
    // In a storm its chain starts too late: what is kept for nothing outlives many collections of garbage.
    if (forms !== null && !this.#deps.isUnderLoad())
      for (const alert of alerts) this.#deps.alerts.remember(alert, forms)
    for (const [index, { id, namespace, firstRound, isEnded }] of chains.entries()) {
      const alert = alerts[index]
      if (isEnded && alert) tellQueried(this.#deps.log, { subjectId: alert.id, id }, 0, alert.attrs)
      if (isEnded) continue
      if (firstRound) this.#firstRounds.keep(id, firstRound)
      this.#scheduler.enqueue(id, namespace)
    }
  }

  async approve(request: ApproveRequest): Promise<Decided> {
    return this.#decided(request.actionId, await this.#decisions.approve(request))
  }

  async reject(request: RejectRequest): Promise<Decided> {
    return this.#decided(request.actionId, await this.#decisions.reject(request))
  }

  /** Alike actions as they are now, to be listed before they are decided together. */
  together(actionIds: readonly string[]): Promise<TogetherRow[]> {
    return this.#together.rows(actionIds)
  }

  /** Decides each of many alike actions by itself. Their chains go on when all are decided. */
  async decideTogether(request: TogetherRequest): Promise<TogetherResult[]> {
    const results = await this.#together.decide(request)
    const decided = results.filter(({ outcome }) => outcome === 'approved' || outcome === 'rejected')
    const chains = new Set(decided.map(({ actionId }) => this.#deps.chains.action(actionId).chainId))
    for (const chainId of chains) this.#enqueue(chainId)
    return results
  }

  /** Ends an approval as if its time were up: what `play` does where a scenario says so. */
  async expire(actionId: string): Promise<void> {
    const approval = this.#deps.approvals.ofAction(actionId)
    const chainId = approval === null ? null : await this.#decisions.expire(approval)
    if (chainId !== null) this.#enqueue(chainId)
  }

  /** What the analyst settles may commit records of the namespace: it is done in the chain's turn. */
  async settleUnknown(request: {
    actionId: string
    answer: 'done' | 'not_done' | 'again'
    reason: string
  }): Promise<Decided> {
    const { id, namespace } = this.#deps.chains.chain(this.#deps.chains.action(request.actionId).chainId)
    return this.#scheduler.inTurn(id, namespace, () => this.#decisions.settleUnknown(request))
  }

  async stopChain(chainId: string, reason: string): Promise<{ state: string; isYours: boolean }> {
    const isYours = await this.#stop(chainId, reason)
    return { state: this.#deps.chains.chain(chainId).state, isYours }
  }

  async #stop(chainId: string, ...why: [reason: string, notRun?: Failure]): Promise<boolean> {
    const isYours = await this.#runs.stop(chainId, ...why)
    this.#runner.abort(chainId)
    this.#enqueueDecided(chainId)
    return isYours
  }

  /** What a re-run would repeat; `refusal` says why it cannot be made, and what can still be done. */
  rerunPreview(scope: RerunScope): {
    effects: { actionId: string; name: string; title: string }[]
    refusal: Failure | null
  } {
    const { effects, refusal } = this.#runs.preview(scope)
    const named = effects.map((action) => {
      const { name, title } = namedAct(this.#deps, action)
      return { actionId: action.id, name, title }
    })
    return { effects: named, refusal }
  }

  async rerun(request: RerunRequest): Promise<{ chainId: string }> {
    this.#runs.assertRerunnable(request)
    const old = this.#deps.chains.chain(request.id)
    const isOpen = old.state === 'queued' || old.state === 'running' || old.state === 'waiting'
    if (isOpen) {
      await this.#stop(old.id, 'Re-run', notRunAgain())
      await this.#scheduler.whenSettled(old.id)
    }
    const chain = await this.#runs.rerun(request)
    this.#scheduler.enqueueDecided(chain.id, chain.namespace)
    return { chainId: chain.id }
  }

  /** What `Containing.undo` does. */
  undo(attemptId: string): Promise<{ chainId: string; actionId: string }> {
    return this.#containing.undo(attemptId)
  }

  /** What `Containing.lift` does. */
  async lift(attemptId: string, reason: string): Promise<void> {
    const withdrawn = await this.#containing.lift(attemptId, reason)
    if (withdrawn !== null) this.#enqueue(withdrawn)
  }

  /** What `Containing.verify` does. */
  verify(attemptId: string): Promise<void> {
    return this.#containing.verify(attemptId)
  }

  card(actionId: string): Promise<ApprovalCard> {
    return this.#cards.card(actionId)
  }

  /** Which rule asked for an action, where it was not found when it was proposed. */
  explain(actionId: string): Promise<Asked | null> {
    return this.#cards.explain(actionId)
  }

  /** The plan of edited arguments, for the edit dialog. */
  planEdited(
    actionId: string,
    args: JsonObject,
  ): Promise<{ plan: { key: string; value: string }[]; boundHash: string; confirm: string }> {
    return this.#cards.planEdited(actionId, args)
  }

  /** Chains that start nothing before the analyst says *run* or *close*: *Off* held them, or a long absence. */
  heldChains(): number {
    return this.#deps.chains.countHeld()
  }

  /** The analyst's answer: starts the held chains, or ends them unrun. */
  async releaseHeld(answer: 'run' | 'close'): Promise<void> {
    const held = this.#deps.chains.heldChains()
    // The units of one turn share transactions: thousands of chains are released or closed in some dozens of commits.
    await Promise.all(
      held.map(({ id }) =>
        answer === 'run' ? this.#holding.release(id, ANALYST) : this.#runs.stop(id, 'Closed unrun: it had been held'),
      ),
    )
    for (const chain of held) this.#scheduler.enqueue(chain.id, chain.namespace)
  }

  /** The machine woke up. @param sleptMs how long it slept */
  wokeUp(sleptMs: number): void {
    this.#holding.wokeUp(sleptMs)
  }

  async #drive(chainId: string): Promise<void> {
    const isStored = await this.#runner.drive(chainId)
    this.#containing.onDriven(chainId)
    if (!isStored) this.#deps.clock.after(STORE_RETRY_MS, () => this.#isStopped || this.#enqueue(chainId))
    this.#expiries.arm()
  }

  #decided(actionId: string, decided: Decided): Decided {
    this.#enqueueDecided(this.#deps.chains.action(actionId).chainId)
    return decided
  }

  #enqueueDecided(chainId: string): void {
    this.#scheduler.enqueueDecided(chainId, this.#deps.chains.chain(chainId).namespace)
  }

  #enqueue(chainId: string): void {
    this.#scheduler.enqueue(chainId, this.#deps.chains.chain(chainId).namespace)
  }

  /** A new policy version may make what waits stale; the cards say so before anybody clicks. */
  async #refreshStale(): Promise<void> {
    for (const approval of this.#deps.approvals.open()) await this.#decisions.refresh(approval.actionId)
  }

  /** Work that nobody waits for: its failure is logged, and the stop waits for its end. */
  #inBackground(failure: string, work: Promise<void>): void {
    const ended = work
      .catch((error: unknown) =>
        this.#deps.log.error(failure, { code: errorCode(error), message: errorMessage(error) }),
      )
      .finally(() => this.#background.delete(ended))
    this.#background.add(ended)
  }
}

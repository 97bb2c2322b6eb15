import { errorCode, errorMessage } from '../../../../shared/errors.ts'
import { actInWords } from '../../../../shared/model/act-title.ts'
import type { ResponseMode } from '../../../../shared/model/states.ts'
import type { Failure } from '../../../../shared/model/views.ts'
import { isStoreFailure, type Tx } from '../../store/writer.ts'
import type { ChainDeps } from '../chain-deps.ts'
import { ActionExecutor } from './executor.ts'
import { endUnrun } from '../outcomes/end-unrun.ts'
import type { Holding } from './holding.ts'
import { historyBefore, namedAct, withPersistent } from '../rounds/history.ts'
import { isHaltingFailure, nextStep, type Finish } from '../rounds/machine.ts'
import { notRunFailed, notRunStopped } from '../outcomes/not-run.ts'
import { EXPLAIN_BUDGET_MS, prepareAction, type PreparedAction } from '../rounds/proposer.ts'
import type { ActionRecord, ChainRecord } from '../records/records.ts'
import { tellFailure, type RoundCommits } from '../rounds/round-commit.ts'
import { reusableActions } from '../rounds/reuse.ts'
import { RoundLimits } from '../rounds/round-limits.ts'
import { roundAtHand, type FirstRoundsAtHand } from '../rounds/first-round-at-hand.ts'
import { entrypointOfChain, evaluateRound, type RoundRequest } from '../rounds/round-evaluation.ts'
import { failChain } from '../outcomes/fail-chain.ts'
import { isFinished } from '../records/transitions.ts'

/** How often in a row a step may find that somebody else was faster; more is a defect, not the analyst. */
const MAX_OVERTAKEN = 5

/**
 * Takes one chain from its last commit to where it waits or ends. Each step is decided from the rows alone (`machine.ts`),
 * so a crash between two steps costs nothing.
 */
export class ChainRunner {
  readonly #deps: ChainDeps
  readonly #executor: ActionExecutor
  readonly #rounds: RoundCommits
  readonly #holding: Holding
  readonly #firstRounds: FirstRoundsAtHand

  constructor(
    deps: ChainDeps,
    { holding, rounds, firstRounds }: { holding: Holding; rounds: RoundCommits; firstRounds: FirstRoundsAtHand },
  ) {
    this.#deps = deps
    this.#holding = holding
    this.#rounds = rounds
    this.#firstRounds = firstRounds
    this.#executor = new ActionExecutor(deps, holding)
  }

  /**
   * Drives a chain until it waits, is held back by the response mode, or ends. Never rejects.
   * @returns false when the store took nothing: the chain is as it was, to be driven again later
   */
  async drive(chainId: string): Promise<boolean> {
    for (let overtaken = 0; ;) {
      try {
        if (!(await this.#step(chainId))) return true
        overtaken = 0
      } catch (error) {
        const code = errorCode(error)
        if (isStoreFailure(error)) return false
        // Between looking and committing the analyst stopped the chain or decided: look again.
        if (code === 'illegal_transition' && ++overtaken <= MAX_OVERTAKEN) continue
        this.#deps.log.error('A chain stopped on an error', { chain: chainId, code, message: errorMessage(error) })
        return this.#fail(chainId, { code, message: errorMessage(error) })
      }
    }
  }

  /** Aborts the running attempt of a chain, if there is one. */
  abort(chainId: string): void {
    this.#executor.abort(chainId)
  }

  /** Leaves every effect that is under way alone but starts no other: part of the engine's stop. */
  stop(): void {
    this.#executor.stop()
  }

  /** @returns whether there is a next step to take now */
  async #step(chainId: string): Promise<boolean> {
    if (this.#executor.isStopped) return false
    const holding = this.#holding.look()
    if (holding !== null) await holding
    const chain = this.#deps.chains.chain(chainId)
    const round = this.#deps.chains.latestRound(chainId)
    const actions = round ? this.#deps.chains.actions(chainId, round.no) : []
    const step = nextStep(chain, round, actions)
    switch (step.do) {
      case 'nothing':
        return false
      case 'evaluate':
        return (await this.#mayGoOn(chain)) && this.#evaluate(chain, step.round, this.#deps.mode())
      case 'execute':
        return (await this.#mayGoOn(chain, 'running')) && this.#executor.execute(chain, step.action)
      case 'withdraw':
        await this.#commit('chain-decide', chain, (tx) =>
          endUnrun(this.#deps, tx, step.action, 'superseded', { error: this.#whyStopping(chain) }),
        )
        return true
      case 'leave':
        return this.#executor.leave(chain, step.action)
      case 'recover':
        return this.#executor.recover(chain, step.action)
      case 'wait':
        await this.#move(chain, 'waiting')
        return false
      case 'finish':
        await this.#commit('chain-finish', chain, (tx) => {
          if (round) this.#deps.chains.finishRound(tx, chain.id, round.no)
          // What *Off* held back and has nothing left to do.
          if (chain.state === 'queued' && step.state !== 'cancelled')
            this.#deps.chains.moveChain(tx, chain.id, 'running')
          this.#deps.chains.moveChain(tx, chain.id, step.state, step.error)
          this.#listEnd(tx, chain, step, actions)
        })
        tellFailure(this.#deps.log, chain, step.error)
        this.#deps.bus.changed('problems')
        return false
    }
  }

  /**
   * *Off* holds a chain between two steps, and so does a long absence; everything else lets it run.
   * @param to `running` where the step's own commit does not move the chain there
   */
  async #mayGoOn(chain: ChainRecord, to: 'running' | null = null): Promise<boolean> {
    if (this.#deps.mode() === 'off' || chain.isHeld) {
      if (await this.#hold(chain)) return false
      return this.#mayGoOn(this.#deps.chains.chain(chain.id), to)
    }
    if (to !== null || chain.state === 'waiting') await this.#move(chain, 'running')
    return true
  }

  /** A chain that failed or was cut off is listed until somebody runs it again or dismisses it. */
  #listEnd(tx: Tx, chain: ChainRecord, { state, error }: Finish, actions: readonly ActionRecord[]): void {
    if (state !== 'failed' && state !== 'round_limit') return
    const failed = actions.find((action) => isHaltingFailure(action, chain.generation))
    const who = failed && (failed.hasOwnId ? failed.policyId : actInWords(namedAct(this.#deps, failed)))
    const message = `${who === undefined ? '' : `${who} failed: `}${error?.message ?? 'it gave no reason'}`
    const code = state === 'failed' ? 'chain_failed' : 'round_limit'
    this.#deps.recordProblem(tx, { code, chainId: chain.id, message })
  }

  /** Why a chain that is being stopped starts nothing more: the analyst's word, or the failure that ends it. */
  #whyStopping({ id }: ChainRecord): Failure {
    const reason = this.#deps.chains.stopReason(id)
    return reason === null
      ? notRunFailed({ code: 'chain_failed', message: 'an error ended it' })
      : notRunStopped(reason)
  }

  /** @returns false when it was released, or the mode left *Off*, in the meantime */
  async #hold(chain: ChainRecord): Promise<boolean> {
    if (chain.isHeld && chain.state === 'queued') return true
    const { chains, writer, bus } = this.#deps
    const isHeld = await writer.commit('chain-decide', (tx) => {
      if (this.#deps.mode() !== 'off' && !chains.chainNow(chain.id).isHeld) return false
      chains.hold(tx, chain.id)
      chains.moveChain(tx, chain.id, 'queued')
      return true
    })
    bus.changed(['chains', 'alerts', 'state'], { alertIds: [chain.subjectId], chainIds: [chain.id] })
    return isHeld
  }

  async #move(chain: ChainRecord, to: 'waiting' | 'running'): Promise<void> {
    if (chain.state === to) return
    await this.#commit('chain-decide', chain, (tx) => {
      if (chain.state === 'queued' && to === 'waiting') this.#deps.chains.moveChain(tx, chain.id, 'running')
      this.#deps.chains.moveChain(tx, chain.id, to)
    })
  }

  /** @param mode decides all actions of the round; when it is another one at the commit, the round is evaluated anew */
  async #evaluate(chain: ChainRecord, no: number, mode: ResponseMode): Promise<boolean> {
    const deps = this.#deps
    if (mode === 'off') return true
    const policy = await deps.policy.version(chain.policyVersionId)
    const history = historyBefore(deps, chain.id, no)
    const subject = deps.alerts.forPolicy(chain, policy)
    // Dry-run writes no records, so the stored ones must not hide what the chain has committed to itself.
    const isOwn = mode === 'dry-run' && no > 0
    const attrs = isOwn ? chain.attrs : withPersistent(deps, chain, chain.attrs, { isFirst: no === 0 })
    const env = await deps.env()
    const atHand = no === 0 ? this.#firstRounds.take(chain.id) : null
    const { generation } = chain
    const parts = { subject, attrs, env, seq: no, called: history.called, declined: history.declined, generation }
    const entrypoint = entrypointOfChain(chain)
    const asked = {
      versionId: chain.policyVersionId,
      entrypoint,
      parts,
      settled: history.settled,
      subjectId: chain.subjectId,
    }
    const taken = atHand && roundAtHand(asked, atHand, deps.clock.now())
    const { round, stamp } = taken ?? (await this.#evaluatedNow(asked))
    const passedOver = taken ? null : atHand
    const context = {
      chain,
      mode,
      roundNo: no,
      attrs: round.attrs,
      run: round.evaluations.find((entry) => entry.kind === 'run'),
      explainUntil: deps.clock.now() + EXPLAIN_BUDGET_MS,
      reusable: this.#reusable(chain),
      ...stamp,
    }
    const limits = new RoundLimits(deps, context)
    const prepared: PreparedAction[] = []
    for (const [position, proposal] of round.proposals.entries())
      prepared.push(await prepareAction(deps, context, proposal, position, limits))
    return this.#rounds.commit(chain, no, { round, prepared, attrs, env, history, mode, passedOver, ...stamp })
  }

  async #evaluatedNow(asked: Omit<RoundRequest, 'nowNs' | 'seed'>) {
    const stamp = { nowNs: this.#deps.clock.nowNs(), seed: this.#deps.ids.seed() }
    return { round: await evaluateRound(this.#deps.policy, { ...asked, ...stamp }), stamp }
  }

  /** Recorded results that have not been taken over yet. */
  #reusable(chain: ChainRecord): ActionRecord[] {
    const { chains } = this.#deps
    const { rerunOf, rerunWhat, rerunFrom } = chain
    if (rerunOf === null || rerunWhat === null) return []
    const taken = new Set(chains.actionsBefore(chain.id, Number.MAX_SAFE_INTEGER).map(({ reusedFrom }) => reusedFrom))
    const old = reusableActions(this.#deps, { id: rerunOf, what: rerunWhat, fromActionId: rerunFrom ?? undefined })
    return old.filter(({ id, reusedFrom }) => !taken.has(reusedFrom ?? id))
  }

  /** Ends a chain on a defect. An outcome that nobody knows keeps it waiting for the analyst, as everywhere. */
  async #fail(chainId: string, failure: Failure): Promise<boolean> {
    if (this.#executor.isStopped) return true
    try {
      const chain = this.#deps.chains.chain(chainId)
      if (!isFinished(chain.state))
        await this.#commit('chain-finish', chain, (tx) => failChain(this.#deps, tx, chainId, failure))
      return true
    } catch (error) {
      this.#deps.log.error('A failed chain could not be recorded', { chain: chainId, message: errorMessage(error) })
      return !isStoreFailure(error)
    }
  }

  async #commit(label: string, chain: ChainRecord, work: (tx: Tx) => unknown): Promise<void> {
    await this.#deps.writer.commit(label, work, { isPatient: true })
    this.#deps.bus.changed(['chains', 'alerts', 'approvals'], { alertIds: [chain.subjectId], chainIds: [chain.id] })
  }
}

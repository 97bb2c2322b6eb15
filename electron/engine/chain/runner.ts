import { TocsinError, errorCode, errorMessage } from '../../../shared/errors.ts'
import type { Attribute } from '../../../shared/model/alert.ts'
import type { JsonValue } from '../../../shared/model/json.ts'
import type { Failure } from '../../../shared/model/views.ts'
import type { Tx } from '../store/writer.ts'
import type { ChainDeps } from './chain-deps.ts'
import { newDecision } from './decision-row.ts'
import { ActionExecutor } from './executor.ts'
import { historyBefore, withPersistent, type History } from './history.ts'
import { nextStep } from './machine.ts'
import { prepareAction, type PreparedAction } from './proposer.ts'
import type { ChainRecord } from './records.ts'
import { evaluateRound, type RoundEvaluation } from './round-evaluation.ts'

/**
 * Takes one chain from its last commit to where it waits or ends. Each step is decided from the rows alone (`machine.ts`),
 * so a crash between two steps costs nothing.
 */
export class ChainRunner {
  readonly #deps: ChainDeps
  readonly #executor: ActionExecutor

  constructor(deps: ChainDeps) {
    this.#deps = deps
    this.#executor = new ActionExecutor(deps)
  }

  /**
   * Drives a chain until it waits, is held back by the response mode, or ends. Never rejects.
   * @returns false when the store took nothing: the chain is as it was, to be driven again later
   */
  async drive(chainId: string): Promise<boolean> {
    try {
      while (await this.#step(chainId));
      return true
    } catch (error) {
      if (errorCode(error).startsWith('store_')) return false
      this.#deps.log.error('A chain stopped on an error', {
        chain: chainId,
        code: errorCode(error),
        message: errorMessage(error),
      })
      await this.#fail(chainId, { code: errorCode(error), message: errorMessage(error) })
      return true
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
    const chain = this.#deps.chains.chain(chainId)
    const round = this.#deps.chains.latestRound(chainId)
    const actions = round ? this.#deps.chains.actions(chainId, round.no) : []
    const step = nextStep(chain, round, actions)
    switch (step.do) {
      case 'nothing':
        return false
      case 'evaluate':
        return (await this.#mayGoOn(chain)) && this.#evaluate(chain, step.round)
      case 'execute':
        return (await this.#mayGoOn(chain)) && this.#executor.execute(chain, step.action)
      case 'withdraw':
        await this.#commit('chain-decide', chain, (tx) =>
          this.#deps.chains.moveAction(tx, step.action.id, 'superseded'),
        )
        return true
      case 'recover':
        return this.#executor.recover(chain, step.action)
      case 'wait':
        await this.#move(chain, 'waiting')
        return false
      case 'finish':
        await this.#commit('chain-finish', chain, (tx) => {
          if (round) this.#deps.chains.finishRound(tx, chain.id, round.no)
          this.#deps.chains.moveChain(tx, chain.id, step.state, step.error)
        })
        return false
    }
  }

  /** *Off* holds a chain between two steps; everything else lets it run. */
  async #mayGoOn(chain: ChainRecord): Promise<boolean> {
    const held = this.#deps.mode() === 'off'
    if (held && chain.state !== 'queued') await this.#move(chain, 'queued')
    if (!held && chain.state === 'waiting') await this.#move(chain, 'running')
    return !held
  }

  async #move(chain: ChainRecord, to: 'waiting' | 'queued' | 'running'): Promise<void> {
    if (chain.state === to) return
    await this.#commit('chain-decide', chain, (tx) => {
      if (chain.state === 'queued' && to === 'waiting') this.#deps.chains.moveChain(tx, chain.id, 'running')
      this.#deps.chains.moveChain(tx, chain.id, to)
    })
  }

  async #evaluate(chain: ChainRecord, no: number): Promise<boolean> {
    const deps = this.#deps
    await deps.policy.version(chain.policyVersionId)
    const history = historyBefore(deps, chain.id, no)
    const alert = deps.alertInput(chain.subjectId)
    const attrs = withPersistent(deps, chain.namespace, chain.attrs)
    const env = await deps.env()
    const stamp = { nowNs: deps.clock.nowNs(), seed: deps.ids.seed() }
    const parts = { alert, attrs, env, seq: no, called: history.called, declined: history.declined }
    const request = {
      versionId: chain.policyVersionId,
      generation: chain.generation,
      parts,
      settled: history.settled,
      newId: () => deps.ids.uuid(),
      ...stamp,
    }
    const round = await evaluateRound(deps.policy, request)
    const context = {
      chain,
      roundNo: no,
      alert,
      run: round.evaluations.find((entry) => entry.kind === 'run'),
      reusable: this.#reusable(chain),
      ...stamp,
    }
    const prepared: PreparedAction[] = []
    for (const [position, proposal] of round.proposals.entries())
      prepared.push(await prepareAction(deps, context, proposal, position))
    return this.#commitRound(chain, no, { round, prepared, attrs, env, history, ...stamp })
  }

  #reusable(chain: ChainRecord): ReturnType<ChainDeps['chains']['actionsBefore']> {
    return chain.rerunWhat === 'failed' && chain.rerunOf
      ? this.#deps.chains.actionsBefore(chain.rerunOf, Number.MAX_SAFE_INTEGER)
      : []
  }

  async #commitRound(chain: ChainRecord, no: number, evaluated: EvaluatedRound): Promise<boolean> {
    const { round, prepared } = evaluated
    const isOver = round.failure !== null || round.isInitAborted || prepared.length === 0
    const waiting = prepared.filter(({ approval }) => approval !== null)
    await this.#commit('chain-round', chain, (tx) => {
      if (this.#deps.chains.chain(chain.id).isStopping)
        throw new TocsinError('chain_stopping', 'The chain is being stopped')
      this.#deps.chains.moveChain(tx, chain.id, 'running')
      const decisionId = this.#insertDecisions(tx, chain, no, evaluated)
      this.#deps.chains.insertRound(
        tx,
        { chainId: chain.id, no, decisionId, attrsBefore: round.attrs, isAborted: round.isInitAborted },
        round.init,
      )
      this.#deps.chains.setAttrs(chain.id, round.attrs)
      this.#persist(tx, chain, no === 0 ? [...chain.attrs, ...round.initAttrs] : round.initAttrs, round.attrs)
      for (const { action, approval } of prepared) {
        this.#deps.chains.insertAction(tx, action)
        if (approval) this.#deps.approvals.insert(tx, approval)
      }
      if (isOver) this.#endWithRound(tx, chain, no, round)
    }).catch((error: unknown) => {
      if (errorCode(error) !== 'chain_stopping') throw error
    })
    for (const { action } of waiting)
      this.#deps.bus.news('waiting', `Waiting for you: ${action.title}`, {
        alertId: chain.subjectId,
        actionId: action.id,
      })
    return !isOver
  }

  #endWithRound(tx: Tx, chain: ChainRecord, no: number, round: RoundEvaluation): void {
    this.#deps.chains.finishRound(tx, chain.id, no)
    const state = round.failure ? 'failed' : round.isInitAborted ? 'aborted' : 'completed'
    this.#deps.chains.moveChain(tx, chain.id, state, round.failure)
    if (round.failure)
      this.#deps.recordProblem(tx, { code: 'policy_error', chainId: chain.id, message: round.failure.message })
  }

  /** Attributes of the alert policy and of `init` that are meant to persist become records of the namespace. */
  #persist(tx: Tx, chain: ChainRecord, candidates: readonly Attribute[], attrs: readonly Attribute[]): void {
    if (chain.namespace === '') return
    const stored = new Set(this.#deps.attributes.now(chain.namespace, tx.at).map((record) => record.id))
    const fresh = new Map(
      candidates
        .filter((attribute) => attribute.persist && !stored.has(attribute.id))
        .map((attribute) => [attribute.key, attribute]),
    )
    for (const attribute of attrs)
      if (attribute.persist && !stored.has(attribute.id) && fresh.has(attribute.key))
        this.#deps.attributes.write(tx, chain.namespace, attribute, { chainId: chain.id, attemptId: null })
  }

  #insertDecisions(tx: Tx, chain: ChainRecord, no: number, evaluated: EvaluatedRound): string | null {
    let last: string | null = null
    for (const recorded of evaluated.round.evaluations)
      last = this.#deps.decisions.insert(
        tx,
        newDecision(chain, { roundNo: no, actionId: null }, recorded, evaluated, inputRecord(evaluated)),
      )
    return last
  }

  async #fail(chainId: string, failure: Failure): Promise<void> {
    const chain = this.#deps.chains.chain(chainId)
    if (
      this.#executor.isStopped ||
      ['completed', 'aborted', 'failed', 'cancelled', 'round_limit'].includes(chain.state)
    )
      return
    await this.#commit('chain-finish', chain, (tx) => {
      if (chain.state === 'queued') this.#deps.chains.moveChain(tx, chainId, 'running')
      this.#deps.chains.moveChain(tx, chainId, 'failed', failure)
      this.#deps.recordProblem(tx, { code: failure.code, chainId, message: failure.message })
    }).catch((error: unknown) =>
      this.#deps.log.error('A failed chain could not be recorded', { chain: chainId, message: errorMessage(error) }),
    )
  }

  async #commit(label: string, chain: ChainRecord, work: (tx: Tx) => unknown): Promise<void> {
    await this.#deps.writer.commit(label, work)
    this.#deps.bus.changed(['chains', 'alerts', 'approvals'], { alertIds: [chain.subjectId], chainIds: [chain.id] })
  }
}

interface EvaluatedRound {
  round: RoundEvaluation
  prepared: PreparedAction[]
  attrs: Attribute[]
  env: Record<string, string>
  history: History
  nowNs: string
  seed: string
}

/** What rebuilds the input byte for byte: the alert is in its own rows, the called actions in theirs. */
function inputRecord(evaluated: Pick<EvaluatedRound, 'attrs' | 'env' | 'history'>): JsonValue {
  return {
    attrs: evaluated.attrs.map((attribute) => ({ ...attribute })),
    env: evaluated.env,
    called: evaluated.history.called.map(({ action, status }) => ({ id: action.id, status })),
    declined: evaluated.history.declined.map(({ action, status }) => ({ id: action.id, status })),
  }
}

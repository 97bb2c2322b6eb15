import { actInWords } from '../../../shared/model/act-title.ts'
import type { Attribute } from '../../../shared/model/alert.ts'
import type { ResponseMode } from '../../../shared/model/states.ts'
import type { Failure } from '../../../shared/model/views.ts'
import type { PersistentAttribute } from '../store/persistent-attribute-store.ts'
import type { Tx } from '../store/writer.ts'
import type { ChainDeps } from './chain-deps.ts'
import { newDecision } from './decision-row.ts'
import { attrsAfter, type History } from './history.ts'
import { inputRecord } from './policy-input.ts'
import type { PreparedAction } from './proposer.ts'
import type { ChainRecord } from './records.ts'
import type { RoundEvaluation } from './round-evaluation.ts'

/** A round as it was evaluated, with all that its rows need. */
export interface EvaluatedRound {
  round: RoundEvaluation
  prepared: PreparedAction[]
  /** The attributes that `init` (or `run`) saw. */
  attrs: Attribute[]
  env: Record<string, string>
  history: History
  /** The response mode that decided what waits. */
  mode: ResponseMode
  nowNs: string
  seed: string
}

/** Writes what one evaluation decided: its decisions, the round, what `init` keeps, the actions and their approvals. */
export class RoundCommits {
  readonly #deps: ChainDeps

  constructor(deps: ChainDeps) {
    this.#deps = deps
  }

  /** @returns whether the chain has a next step: also when the round came too late and only its evaluation was written */
  async commit(chain: ChainRecord, no: number, evaluated: EvaluatedRound): Promise<boolean> {
    const { round, prepared, mode } = evaluated
    const isOver = round.failure !== null || round.isInitAborted || prepared.length === 0
    const write = (tx: Tx): boolean => {
      const { isStopping, isHeld } = this.#deps.chains.chainNow(chain.id)
      const isOvertaken = isStopping || isHeld || this.#deps.mode() !== mode
      // What came too late was evaluated all the same.
      if (isOvertaken) this.#insertDecisions(tx, chain, no, evaluated, { isTaken: false })
      else {
        if (!isOver) this.#deps.chains.moveChain(tx, chain.id, 'running')
        this.#write(tx, chain, no, evaluated)
        if (isOver) this.#endWithRound(tx, chain, no, round)
      }
      return isOvertaken
    }
    const isOvertaken = await this.#deps.writer.commit('chain-round', write, { isPatient: true })
    if (isOvertaken) return true
    this.#announce(chain, prepared)
    this.#tell(chain, no, evaluated)
    return !isOver
  }

  #write(tx: Tx, chain: ChainRecord, no: number, evaluated: EvaluatedRound): void {
    const { round, prepared } = evaluated
    const { chains, approvals } = this.#deps
    if (no > 0) chains.finishRound(tx, chain.id, no - 1)
    const decisionId = this.#insertDecisions(tx, chain, no, evaluated, { isTaken: true })
    const aborted = round.isInitAborted
    chains.insertRound(
      tx,
      { chainId: chain.id, no, decisionId, attrsBefore: round.attrs, isAborted: aborted },
      round.init,
    )
    chains.noteValues(chain, '', round.initAttrs)
    if (evaluated.mode !== 'dry-run') this.#persist(tx, chain, no, round)
    for (const { action, approval } of prepared) {
      chains.insertAction(tx, action)
      if (approval) approvals.insert(tx, approval)
    }
    // What a re-run takes over has settled with the round.
    const settled = prepared.map(({ action }) => action)
    chains.setAttrs(chain.id, attrsAfter(round.attrs, chain.subjectId, settled))
  }

  #announce(chain: ChainRecord, prepared: readonly PreparedAction[]): void {
    const { bus } = this.#deps
    bus.changed(['chains', 'alerts', 'approvals'], { alertIds: [chain.subjectId], chainIds: [chain.id] })
    for (const { action, approval } of prepared)
      if (approval)
        bus.news('waiting', `Waiting for you: ${actInWords(action)}`, { alertId: chain.subjectId, actionId: action.id })
  }

  #tell(chain: ChainRecord, no: number, { round, prepared, attrs }: EvaluatedRound): void {
    const { log } = this.#deps
    const about = { alert_id: chain.subjectId, chain: chain.id, seq: no }
    const persistent = attrs.filter(({ persist }) => persist).length
    log.debug('queried action policy', { ...about, actions: prepared.length, attrs: attrs.length, persistent })
    if (round.isInitAborted) log.debug('abort action', about)
    tellFailure(log, chain, round.failure)
  }

  #endWithRound(tx: Tx, chain: ChainRecord, no: number, round: RoundEvaluation): void {
    this.#deps.chains.finishRound(tx, chain.id, no)
    const state = round.failure ? 'failed' : round.isInitAborted ? 'aborted' : 'completed'
    this.#deps.chains.moveChain(tx, chain.id, state, round.failure, { isThrough: true })
    if (round.failure)
      this.#deps.recordProblem(tx, { code: 'policy_error', chainId: chain.id, message: round.failure.message })
  }

  /**
   * Attributes that are meant to persist become records of the namespace. What is stored wins over the alert policy
   * (`behaviour/alertchain.md` §4.1); what `init` says replaces the record, or ends it.
   */
  #persist(tx: Tx, chain: ChainRecord, no: number, round: RoundEvaluation): void {
    if (chain.namespace === '') return
    const { attributes } = this.#deps
    const origin = { chainId: chain.id, attemptId: null }
    const stored = new Map(attributes.now(chain.namespace, tx.at).map((record) => [record.id, record]))
    const ofInit = new Map(round.initAttrs.map((attribute) => [attribute.id, attribute]))
    for (const attribute of no === 0 ? chain.attrs : [])
      if (attribute.persist && !stored.has(attribute.id) && !ofInit.has(attribute.id))
        attributes.write(tx, chain.namespace, attribute, origin)
    for (const attribute of ofInit.values()) {
      if (!attribute.persist) attributes.end(tx, chain.namespace, attribute, origin)
      else if (!isWritten(stored.get(attribute.id), attribute, chain.id))
        attributes.write(tx, chain.namespace, attribute, origin)
    }
  }

  #insertDecisions(
    tx: Tx,
    chain: ChainRecord,
    no: number,
    evaluated: EvaluatedRound,
    { isTaken }: { isTaken: boolean },
  ): string | null {
    const { attrs, env, history, mode } = evaluated
    const inputParts = inputRecord({ attrs, env, ...history })
    const place = {
      chainId: chain.id,
      roundNo: no,
      actionId: null,
      eventId: no === 0 ? this.#deps.alerts.eventId(chain.subjectId) : null,
      policyVersionId: chain.policyVersionId,
      purpose: 'live',
      isTaken,
      mode,
    } as const
    let last: string | null = null
    for (const recorded of evaluated.round.evaluations)
      last = this.#deps.decisions.insert(tx, newDecision(place, recorded, evaluated, inputParts))
    return last
  }
}

/** The alert's chain failed: nobody need be looking at the screen. */
export function tellFailure(log: ChainDeps['log'], chain: ChainRecord, error: Failure | null): void {
  if (error === null) return
  log.error('A chain failed', { alert_id: chain.subjectId, chain: chain.id, code: error.code, reason: error.message })
}

/** `init` says the same in every round: once per chain is a version, again is none. */
function isWritten(record: PersistentAttribute | undefined, attribute: Attribute, chainId: string): boolean {
  return (
    record?.chainId === chainId &&
    record.key === attribute.key &&
    record.type === attribute.type &&
    JSON.stringify(record.value) === JSON.stringify(attribute.value)
  )
}

import { actInWords } from '../../../../shared/model/act-title.ts'
import type { Attribute } from '../../../../shared/model/alert.ts'
import type { ResponseMode } from '../../../../shared/model/states.ts'
import type { Failure } from '../../../../shared/model/views.ts'
import type { PersistentAttribute } from '../../store/persistent-attribute-store.ts'
import type { Tx } from '../../store/writer.ts'
import type { ChainDeps } from '../chain-deps.ts'
import type { FirstDecision, NewChain } from '../records/chain-store.ts'
import { newDecision } from './decision-row.ts'
import { recordedAtHand, type FirstRoundAtHand } from './first-round-at-hand.ts'
import { attrsAfter, type History } from './history.ts'
import { inputRecord } from './policy-input.ts'
import type { PreparedAction } from './proposer.ts'
import type { ChainRecord } from '../records/records.ts'
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
  /** A first round that was evaluated before, of which another input or the time made nothing. */
  passedOver: FirstRoundAtHand | null
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
      const { passedOver } = evaluated
      if (passedOver) this.insertPassedOver(tx, { ...chain, eventId: this.#eventId(chain, 0) }, passedOver)
      const isOvertaken = isStopping || isHeld || this.#deps.mode() !== mode
      // What came too late was evaluated all the same.
      if (isOvertaken) this.#insertDecisions(tx, chain, no, evaluated, { isTaken: false })
      else {
        if (!isOver) this.#deps.chains.moveChain(tx, chain.id, 'running')
        const first = no === 0 && isOver ? this.#firstDecision(chain, evaluated) : null
        if (first) {
          if (mode !== 'dry-run') this.#persist(tx, chain, no, round)
          this.#deps.chains.endWithFirstRound(tx, { ...chain, attrs: evaluated.attrs, isQueued: true }, first)
        } else {
          this.#write(tx, chain, no, evaluated)
          if (isOver) this.#endWithRound(tx, chain, no, round)
        }
      }
      return isOvertaken
    }
    const isOvertaken = await this.#deps.writer.commit('chain-round', write, { isPatient: true })
    if (isOvertaken) return true
    this.#announce(chain, prepared)
    this.#tell(chain, no, evaluated)
    return !isOver
  }

  /** The chain of an alert whose first round proposes nothing: queued, evaluated and completed at once. */
  insertEnded(tx: Tx, chain: NewChain, { round, env, mode, form, evaluatorHash }: FirstRoundAtHand): void {
    const [run] = round.evaluations
    if (!run || run.kind !== 'run') throw new Error('A first round that proposes nothing has one evaluation')
    const { inputSha256, text: output, durationUs, prints, evaluator } = run
    const { nowNs, seed } = round
    const decided = { policyVersionId: chain.policyVersionId, policyForm: form, evaluator, evaluatorHash }
    const decision = { ...decided, mode, env, inputSha256, output, nowNs, seed, durationUs, prints }
    this.#deps.chains.endWithFirstRound(tx, { ...chain, isQueued: false }, decision)
  }

  /** @returns null where the round is more than one evaluation that proposed nothing */
  #firstDecision(chain: ChainRecord, { round, env, mode, nowNs, seed }: EvaluatedRound): FirstDecision | null {
    const [run] = round.evaluations
    const isQuiet = chain.generation === 'commit' && chain.state === 'queued' && round.failure === null
    if (!isQuiet || run?.kind !== 'run') return null
    const { form, evaluator, evaluatorHash, text: output, durationUs, prints } = run.evaluation
    const decided = { policyVersionId: chain.policyVersionId, policyForm: form, evaluator, evaluatorHash }
    return { ...decided, mode, env, inputSha256: run.inputSha256, output, nowNs, seed, durationUs, prints }
  }

  /** What was evaluated with the event and decided nothing is on record all the same. */
  insertPassedOver(
    tx: Tx,
    chain: Pick<ChainRecord, 'id' | 'policyVersionId' | 'attrs'> & { eventId: string | null },
    atHand: FirstRoundAtHand,
  ): void {
    const { env, mode, round } = atHand
    const inputParts = inputRecord({ attrs: chain.attrs, env, called: [], declined: [] })
    const place = { ...placeOf(chain, 0), eventId: chain.eventId, isTaken: false, mode }
    for (const recorded of recordedAtHand(atHand))
      this.#deps.decisions.insert(tx, newDecision(place, recorded, round, inputParts))
  }

  #eventId({ subjectKind, subjectId }: Pick<ChainRecord, 'subjectKind' | 'subjectId'>, no: number): string | null {
    return no === 0 && subjectKind === 'alert' ? this.#deps.alerts.eventId(subjectId) : null
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
        bus.news('waiting', `Waiting for you: ${actInWords(action)}`, {
          alertId: this.#deps.chains.subjectHead(chain).alertId,
          actionId: action.id,
        })
  }

  #tell(chain: ChainRecord, no: number, { round, prepared, attrs }: EvaluatedRound): void {
    const { log } = this.#deps
    tellQueried(log, chain, no, attrs, prepared.length)
    if (round.isInitAborted) log.debug('abort action', { alert_id: chain.subjectId, chain: chain.id, seq: no })
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
    const place = { ...placeOf(chain, no), eventId: this.#eventId(chain, no), isTaken, mode }
    let last: string | null = null
    for (const recorded of evaluated.round.evaluations)
      last = this.#deps.decisions.insert(tx, newDecision(place, recorded, evaluated, inputParts))
    return last
  }
}

function placeOf({ id, policyVersionId }: Pick<ChainRecord, 'id' | 'policyVersionId'>, roundNo: number) {
  return { chainId: id, roundNo, actionId: null, policyVersionId, purpose: 'live' } as const
}

/** A round was evaluated on these attributes, and proposed so many actions. */
export function tellQueried(
  log: ChainDeps['log'],
  { subjectId, id }: Pick<ChainRecord, 'subjectId' | 'id'>,
  seq: number,
  attrs: readonly Attribute[],
  actions = 0,
): void {
  const persistent = attrs.filter(({ persist }) => persist).length
  log.debug('queried action policy', { alert_id: subjectId, chain: id, seq, actions, attrs: attrs.length, persistent })
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

import type { JsonObject, JsonValue } from '../../../../shared/model/json.ts'
import { errorCode, errorMessage } from '../../../../shared/errors.ts'
import { actInWords } from '../../../../shared/model/act-title.ts'
import { ACTION_STATE_WORDS, type ResponseMode } from '../../../../shared/model/states.ts'
import type { Failure } from '../../../../shared/model/views.ts'
import type { Acceptance, SettledOutcome } from '../../actions/action-port.ts'
import { changedNothing } from '../../actions/prior-state.ts'
import type { Tx } from '../../store/writer.ts'
import { SYSTEM, type ChainDeps } from '../chain-deps.ts'
import { lastingOf } from '../containing/lasting.ts'
import { resolveCommits } from '../rounds/commit-path.ts'
import { endUnrun, listUnknown, mayHaveHappened, notTriedAgain } from './end-unrun.ts'
import { newDecision } from '../rounds/decision-row.ts'
import { asExecuted, attrsAfter, calledOf, committedAttributes, historyBefore, namedAct } from '../rounds/history.ts'
import { haltsRound, isHaltingFailure, supersededBy, wasExecuted } from '../rounds/machine.ts'
import { notRunAfter } from './not-run.ts'
import { exitInput, inputRecord } from '../rounds/policy-input.ts'
import type { Lasting } from '../records/containment-store.ts'
import type { ActionRecord, ChainRecord, CommitSpec, RoundRecord } from '../records/records.ts'
import {
  entrypointOfChain,
  evaluateRecorded,
  failureOf,
  readExit,
  type RecordedEvaluation,
} from '../rounds/round-evaluation.ts'

/** What `exit` adds to an outcome. */
interface Exit {
  /** The evaluation as it is recorded; null when there was none. */
  decision: {
    recorded: RecordedEvaluation
    stamp: { nowNs: string; seed: string }
    mode: ResponseMode
    inputParts: JsonObject
  } | null
  commits: CommitSpec[]
  isAborted: boolean
  failure: Failure | null
}

export interface SettledBy {
  /** Who knows the outcome: the action itself, its probe, the analyst, or nobody after a restart. */
  by: 'action' | 'confirmation' | 'probe' | 'analyst' | 'restart'
  /** What is written in the same transaction. */
  alongside?: (tx: Tx) => void
}

/** Settles actions: outcome, commits and the chain's position in one transaction. */
export class Outcomes {
  readonly #deps: ChainDeps

  constructor(deps: ChainDeps) {
    this.#deps = deps
  }

  /**
   * Settles an action that needed no attempt: nothing to execute, an abort, or a mistake seen beforehand. A mistake that
   * keeps it from being tried again does not deny what an earlier attempt may have done.
   */
  settleWithoutAttempt(chain: ChainRecord, action: ActionRecord, outcome: SettledOutcome): Promise<boolean> {
    const isOpen = outcome.outcome === 'failed' && mayHaveHappened(this.#deps.approvals.latestAttempt(action.id))
    const settled: SettledOutcome = isOpen
      ? { outcome: 'unknown', error: notTriedAgain(outcome.error.message) }
      : outcome
    return this.settle(chain, action, null, settled, { by: 'action' })
  }

  /**
   * @throws TocsinError `illegal_transition`: somebody else has settled it; what the store throws
   */
  async settle(
    chain: ChainRecord,
    action: ActionRecord,
    attemptId: string | null,
    outcome: SettledOutcome,
    { by, alongside }: SettledBy,
  ): Promise<boolean> {
    const round = this.#deps.chains.round(chain.id, action.roundNo)
    if (!round) throw new Error(`Round ${action.roundNo} of chain ${chain.id} is missing`)
    const result = outcome.outcome === 'succeeded' ? outcome.result : null
    const error = outcome.outcome === 'succeeded' ? null : outcome.error
    const settled: ActionRecord = {
      ...action,
      state: outcome.outcome,
      error,
      resolvedCommits: this.#commits(chain, action, outcome),
    }
    const exit =
      chain.generation === 'exit' && wasExecuted(settled) && !action.isAbort
        ? await this.#exit(chain, round, settled, result)
        : null
    if (exit) settled.resolvedCommits = exit.commits
    const write = (tx: Tx): void => {
      this.#move(tx, settled, by)
      alongside?.(tx)
      if (settled.state === 'unknown') listUnknown(this.#deps, tx, settled)
      if (attemptId !== null) {
        this.#deps.approvals.insertOutcome(tx, attemptId, { outcome: outcome.outcome, by, result, error })
        const lasting = outcome.outcome === 'succeeded' ? this.#lasting(chain, attemptId, outcome.result, tx.at) : null
        if (lasting !== null) this.#deps.containments.last(tx, attemptId, lasting)
      }
      if (exit) this.#recordExit(tx, chain, round, settled, exit)
      this.#applyCommits(tx, chain, round, settled, attemptId)
      // AlertChain ends there when `exit` fails: what has happened stays, nothing more begins.
      if (exit?.failure || haltsRound(settled, chain.generation))
        this.#supersede(tx, chain, settled, !haltsRound(settled, chain.generation))
    }
    await this.#deps.writer.commit('chain-outcome', write, { isPatient: true })
    this.#announce(chain, settled, by)
    return true
  }

  /** It was requested and its target does not read so yet: from here `Confirmations` goes on, also after a restart. */
  async accept(
    chain: ChainRecord,
    action: ActionRecord,
    attemptId: string,
    acceptance: Acceptance,
    by: SettledBy['by'],
  ): Promise<void> {
    await this.#deps.writer.commit(
      'chain-accept',
      (tx) => {
        this.#deps.chains.moveAction(tx, action.id, 'confirming', { by, why: acceptance.error.message })
        this.#deps.containments.accept(tx, attemptId, acceptance)
        this.#deps.approvals.tellAccepted(tx, attemptId, by, acceptance)
      },
      { isPatient: true },
    )
    this.#deps.bus.changed(['chains', 'alerts', 'containments'], {
      alertIds: [chain.subjectId],
      chainIds: [chain.id],
    })
  }

  #commits(chain: ChainRecord, action: ActionRecord, outcome: SettledOutcome): CommitSpec[] {
    if (chain.generation === 'exit' || action.isAbort) return []
    if (outcome.outcome === 'succeeded') return resolveCommits(action.commits, outcome.result)
    if (outcome.outcome !== 'failed') return []
    const failed: ActionRecord = { ...action, state: 'failed', error: outcome.error }
    return isHaltingFailure(failed, chain.generation) ? [] : resolveCommits(action.commits, null)
  }

  /** What was so before is not ours: neither looked at nor ended by itself. */
  #lasting(chain: ChainRecord, attemptId: string, result: JsonValue, at: number): Lasting | null {
    const attempt = this.#deps.approvals.attempt(attemptId)
    if (attempt === null || attempt.effect !== 'contain' || attempt.undoes !== null || changedNothing(result))
      return null
    const facts = this.#deps.actions.describe(attempt.uses, attempt.args, chain.policyVersionId)
    return lastingOf(facts, result, at)
  }

  #move(tx: Tx, settled: ActionRecord, by: SettledBy['by']): void {
    const more = { by, resolvedCommits: settled.resolvedCommits, ...(settled.error ? { error: settled.error } : {}) }
    this.#deps.chains.moveAction(tx, settled.id, settled.state, more)
  }

  /** `exit` sees the action that settled, `called` including it, and the alert as of the round's start. Never throws. */
  async #exit(chain: ChainRecord, round: RoundRecord, settled: ActionRecord, result: JsonValue): Promise<Exit> {
    const exit: Exit = { decision: null, commits: [], isAborted: false, failure: null }
    try {
      const history = historyBefore(this.#deps, chain.id, round.no)
      const ofRound = this.#deps.chains.actions(chain.id, round.no).filter((other) => other.id !== settled.id)
      const self = { action: asExecuted(this.#deps, settled), status: settled.state, result }
      const called = [...history.called, ...calledOf(this.#deps, ofRound), self]
      const { declined } = history
      const policy = await this.#deps.policy.version(chain.policyVersionId)
      const subject = this.#deps.alerts.forPolicy(chain, policy)
      const env = await this.#deps.env()
      const { generation } = chain
      const parts = { subject, attrs: round.attrsBefore, env, seq: round.no, called, declined, generation }
      const mode = this.#deps.mode()
      const stamp = { nowNs: this.#deps.clock.nowNs(), seed: this.#deps.ids.seed() }
      const request = { versionId: chain.policyVersionId, entrypoint: entrypointOfChain(chain), ...stamp }
      const recorded = await evaluateRecorded(this.#deps.policy, request, 'exit', exitInput(parts, self))
      exit.decision = { recorded, stamp, mode, inputParts: { ...inputRecord(parts), action: settled.id } }
      exit.failure = failureOf(recorded.evaluation)
      if (exit.failure) return exit
      const { attrs, isAborted } = readExit(recorded.evaluation.result)
      return { ...exit, commits: attrs.map((attribute) => ({ ...attribute, path: '' })), isAborted }
    } catch (error) {
      return { ...exit, failure: { code: errorCode(error), message: errorMessage(error) } }
    }
  }

  #recordExit(tx: Tx, chain: ChainRecord, round: RoundRecord, settled: ActionRecord, exit: Exit): void {
    if (exit.decision) {
      const { recorded, stamp, mode, inputParts } = exit.decision
      const { id: chainId, policyVersionId } = chain
      const place = { chainId, roundNo: round.no, actionId: settled.id, eventId: null, policyVersionId, mode }
      const row = newDecision({ ...place, purpose: 'live', isTaken: true }, recorded, stamp, inputParts)
      this.#deps.decisions.insert(tx, row)
    }
    // An exit rule that fails must not undo the outcome that has happened: it ends the chain after this round.
    if (exit.isAborted || exit.failure) this.#deps.chains.abortRound(chain.id, round.no)
    if (exit.failure)
      this.#deps.recordProblem(tx, { code: exit.failure.code, chainId: chain.id, message: exit.failure.message })
  }

  #applyCommits(tx: Tx, chain: ChainRecord, round: RoundRecord, settled: ActionRecord, attemptId: string | null): void {
    if (settled.resolvedCommits.length === 0) return
    const actions = this.#deps.chains.actions(chain.id, round.no)
    this.#deps.chains.setAttrs(chain.id, attrsAfter(round.attrsBefore, chain.subjectId, actions))
    const committed = committedAttributes(chain.subjectId, settled.policyId, settled.resolvedCommits)
    this.#deps.chains.noteValues(chain, settled.id, committed)
    // Dry-run writes none; what an attempt did before the switch is written all the same.
    if (chain.namespace === '' || (attemptId === null && this.#deps.mode() === 'dry-run')) return
    for (const attribute of committed) {
      const origin = { chainId: chain.id, attemptId }
      if (attribute.persist) this.#deps.attributes.write(tx, chain.namespace, attribute, origin)
      else this.#deps.attributes.end(tx, chain.namespace, attribute, origin)
    }
  }

  #supersede(tx: Tx, chain: ChainRecord, settled: ActionRecord, isExitFailed: boolean): void {
    const error = notRunAfter(settled, isExitFailed)
    for (const other of supersededBy(settled, this.#deps.chains.actions(chain.id, settled.roundNo))) {
      endUnrun(this.#deps, tx, other, 'superseded', { error })
      const approval = this.#deps.approvals.ofAction(other.id)
      if (approval) this.#deps.approvals.close(tx, approval.id, 'withdrawn', SYSTEM, error.message)
    }
  }

  #announce(chain: ChainRecord, settled: ActionRecord, by: SettledBy['by']): void {
    this.#deps.bus.changed(['chains', 'alerts', 'approvals', 'containments', 'problems'], {
      alertIds: [chain.subjectId],
      chainIds: [chain.id],
    })
    if (settled.state === 'unknown')
      this.#deps.bus.news('waiting', `Outcome unknown: ${actInWords(namedAct(this.#deps, settled))}`, {
        alertId: this.#deps.chains.subjectHead(chain).alertId,
        actionId: settled.id,
      })
    else if (settled.effect === 'contain' || by === 'analyst')
      this.#deps.bus.news(
        'decision',
        `${ACTION_STATE_WORDS[settled.state]}: ${actInWords(namedAct(this.#deps, settled))}`,
        {
          alertId: this.#deps.chains.subjectHead(chain).alertId,
          actionId: settled.id,
        },
      )
  }
}

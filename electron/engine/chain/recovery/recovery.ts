import { errorMessage } from '../../../../shared/errors.ts'
import type { ProbeOutcome } from '../../actions/action-port.ts'
import type { ChainDeps } from '../chain-deps.ts'
import type { Outcomes } from '../outcomes/outcomes.ts'
import type { ActionRecord, AttemptRecord, ChainRecord } from '../records/records.ts'
import { subjectOf } from '../rounds/subject.ts'

export const INTERRUPTED =
  'Tocsin stopped between the intent and the outcome, and the action cannot tell whether it took effect: check the target, then say so here'

/** What a crash left between intent and outcome (`design.md` §5, *Intent before effect*). */
export class Recovery {
  readonly #deps: ChainDeps
  readonly #outcomes: Outcomes

  constructor(deps: ChainDeps, outcomes: Outcomes) {
    this.#deps = deps
    this.#outcomes = outcomes
  }

  /** An intent without an outcome: ask the action; without an answer only an idempotent one may run again. */
  async recover(chain: ChainRecord, action: ActionRecord): Promise<boolean> {
    const attempt = this.#deps.approvals.latestAttempt(action.id)
    if (!attempt) throw new Error(`Action ${action.id} is running without an intent`)
    const found = await this.#probe(chain, attempt)
    switch (found.state) {
      case 'done':
        return this.#outcomes.settle(
          chain,
          action,
          attempt.id,
          { outcome: 'succeeded', result: found.result },
          { by: 'probe' },
        )
      case 'accepted':
        await this.#outcomes.accept(chain, action, attempt.id, found, 'probe')
        return true
      case 'not_done':
        return this.#retry(chain, action, attempt, 'probe')
      case 'repeatable':
        if (!chain.isStopping) return this.#retry(chain, action, attempt, 'restart')
        return this.#settleUnknown(chain, action, attempt, INTERRUPTED)
      case 'unknown':
        return this.#settleUnknown(chain, action, attempt, found.message)
    }
  }

  #settleUnknown(chain: ChainRecord, action: ActionRecord, attempt: AttemptRecord, message: string): Promise<boolean> {
    const error = { code: 'outcome_unknown', message }
    return this.#outcomes.settle(chain, action, attempt.id, { outcome: 'unknown', error }, { by: 'restart' })
  }

  /** `repeatable`: it may have been done, and may be done again. */
  async #probe(chain: ChainRecord, attempt: AttemptRecord): Promise<ProbeOutcome | { state: 'repeatable' }> {
    try {
      const facts = this.#deps.actions.describe(attempt.uses, attempt.args, chain.policyVersionId)
      if (facts?.isIdempotent && !facts.canProbe) return { state: 'repeatable' }
      if (!facts?.canProbe) return { state: 'unknown', message: INTERRUPTED }
      const intent = { key: attempt.key, uses: attempt.uses, args: attempt.args, plan: attempt.plan }
      const found = await this.#deps.actions.probe(intent, subjectOf(this.#deps, chain), new AbortController().signal)
      if (found.state === 'unknown' && facts.isIdempotent) return { state: 'repeatable' }
      return found
    } catch (error) {
      return { state: 'unknown', message: `${INTERRUPTED} (${errorMessage(error)})` }
    }
  }

  /** The effect did not happen, or may be repeated: the same attempt key, another attempt row. */
  async #retry(
    chain: ChainRecord,
    action: ActionRecord,
    attempt: AttemptRecord,
    by: 'probe' | 'restart',
  ): Promise<boolean> {
    await this.#deps.writer.commit('chain-outcome', (tx) => {
      this.#deps.approvals.insertOutcome(tx, attempt.id, {
        outcome: 'failed',
        by,
        result: null,
        error: { code: 'interrupted', message: 'Tocsin stopped before it took effect; it is tried again' },
      })
      this.#deps.chains.moveAction(tx, action.id, 'approved')
    })
    this.#deps.bus.changed(['chains', 'approvals', 'alerts'], { alertIds: [chain.subjectId], chainIds: [chain.id] })
    return true
  }
}

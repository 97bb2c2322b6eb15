import { actInWords } from '../../../../shared/model/act-title.ts'
import type { Failure } from '../../../../shared/model/views.ts'
import type { Tx } from '../../store/writer.ts'
import type { ChainDeps } from '../chain-deps.ts'
import type { MoveOfAction } from '../records/chain-store.ts'
import { namedAct } from '../rounds/history.ts'
import type { ActionRecord, AttemptRecord } from '../records/records.ts'

/** The states that say: this did not happen. */
type Unrun = 'rejected' | 'expired' | 'skipped' | 'superseded'
type Deps = Pick<ChainDeps, 'chains' | 'approvals' | 'recordProblem'>

/** Only a probe's word excludes that an earlier attempt took effect. */
export function mayHaveHappened(earlier: AttemptRecord | null): boolean {
  return earlier !== null && !(earlier.outcome === 'failed' && earlier.outcomeBy === 'probe')
}

/**
 * Ends an action that is not run, or not again. What an earlier attempt may have done is not denied by that: such an action
 * becomes *unknown*, and its chain waits until the analyst says whether it happened.
 * @param more what a plain end would carry
 * @throws TocsinError `illegal_transition`: somebody else has moved it
 */
export function endUnrun(deps: Deps, tx: Tx, action: ActionRecord, to: Unrun, more: MoveOfAction = {}): void {
  if (!mayHaveHappened(deps.approvals.latestAttempt(action.id))) return deps.chains.moveAction(tx, action.id, to, more)
  const error = notTriedAgain(more.error?.message ?? more.why ?? '')
  const { by, why } = more
  deps.chains.moveAction(tx, action.id, 'unknown', { error, ...(by && { by }), ...(why && { why }) })
  listUnknown(deps, tx, { ...action, state: 'unknown', error })
}

/** @param cause why it is not tried again */
export function notTriedAgain(cause: string): Failure {
  const told = 'An earlier attempt may have taken effect, and it is not tried again: check the target, then say so here'
  return { code: 'outcome_unknown', message: cause === '' ? told : `${told} (${cause})` }
}

/** What nobody knows is listed until somebody says it. */
export function listUnknown(deps: Deps, tx: Tx, action: ActionRecord & { error: Failure | null }): void {
  const message = `${actInWords(namedAct(deps, action))}: ${action.error?.message ?? 'nobody knows whether it happened'}`
  deps.recordProblem(tx, { code: 'outcome_unknown', chainId: action.chainId, actionId: action.id, message })
}

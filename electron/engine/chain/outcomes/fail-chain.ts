import type { Failure } from '../../../../shared/model/views.ts'
import type { Tx } from '../../store/writer.ts'
import { SYSTEM, type ChainDeps } from '../chain-deps.ts'
import type { ActionRecord } from '../records/records.ts'
import { isUnstarted } from '../rounds/machine.ts'
import { endUnrun } from './end-unrun.ts'
import { notRunFailed } from './not-run.ts'

/**
 * Takes away what has not started; what was asked about it needs no answer any more.
 * @returns the actions of the chain's last round as they are after it
 */
export function supersedeUnstarted(
  deps: ChainDeps,
  tx: Tx,
  chainId: string,
  by: string,
  error: Failure,
): ActionRecord[] {
  const round = deps.chains.latestRound(chainId)
  const actions = (): ActionRecord[] => (round ? deps.chains.actions(chainId, round.no) : [])
  for (const action of actions().filter(isUnstarted)) {
    endUnrun(deps, tx, action, 'superseded', { error, by })
    const approval = deps.approvals.ofAction(action.id)
    if (approval) deps.approvals.close(tx, approval.id, 'withdrawn', by, error.message)
  }
  return actions()
}

/** Ends a chain on an error that is not one of its actions': a defect, or a policy version that cannot be loaded. */
export function failChain(deps: ChainDeps, tx: Tx, chainId: string, failure: Failure): void {
  const actions = supersedeUnstarted(deps, tx, chainId, SYSTEM, notRunFailed(failure))
  for (const { id } of actions.filter(({ state }) => state === 'running')) {
    const attempt = deps.approvals.latestAttempt(id)
    const outcome = { outcome: 'unknown', by: 'action', result: null, error: failure } as const
    if (attempt) deps.approvals.insertOutcome(tx, attempt.id, outcome)
    deps.chains.moveAction(tx, id, 'unknown', { error: failure })
  }
  const isOpen = actions.some(({ state }) => state === 'running' || state === 'confirming' || state === 'unknown')
  if (deps.chains.chain(chainId).state === 'queued') deps.chains.moveChain(tx, chainId, 'running')
  if (isOpen) deps.chains.setStopping(tx, chainId)
  deps.chains.moveChain(tx, chainId, isOpen ? 'waiting' : 'failed', failure)
  deps.recordProblem(tx, { code: failure.code, chainId, message: failure.message })
}

import { TocsinError } from '../../../../shared/errors.ts'
import { bodyDeleted } from '../../store/deleted.ts'
import type { Subject } from './alert-inputs.ts'
import type { ChainDeps } from '../chain-deps.ts'
import { resultOf } from './history.ts'
import type { ActionRecord, RerunWhat } from '../records/records.ts'

const ALL_ROUNDS = Number.MAX_SAFE_INTEGER

export interface RerunScope {
  /** The chain that is run again. */
  id: string
  what: RerunWhat
  /** With `step`: the action of that chain from which on everything runs anew. */
  fromActionId?: string | undefined
}

/**
 * Actions of the earlier run whose recorded results may stand in for running them again.
 * @throws TocsinError `step_missing`
 */
export function reusableActions(
  deps: Pick<ChainDeps, 'chains'>,
  { id, what, fromActionId }: RerunScope,
): ActionRecord[] {
  if (what === 'everything') return []
  const succeeded = deps.chains.actionsBefore(id, ALL_ROUNDS).filter(({ state }) => state === 'succeeded')
  if (what === 'failed') return succeeded
  const step = fromActionId === undefined ? null : deps.chains.action(fromActionId)
  if (step?.chainId !== id)
    throw new TocsinError('step_missing', 'This step is not one of this run: choose another one')
  return succeeded.filter((action) => isBefore(action, step))
}

/** Effects of the earlier run that running again could repeat: they are listed and need confirmation. */
export function repeatableEffects(deps: Pick<ChainDeps, 'chains'>, scope: RerunScope): ActionRecord[] {
  if (scope.what === 'failed') return []
  const kept = new Set(reusableActions(deps, scope).map(({ id }) => id))
  return deps.chains
    .actionsBefore(scope.id, ALL_ROUNDS)
    .filter(
      ({ id, effect, state }) =>
        !kept.has(id) && effect !== null && effect !== 'observe' && (state === 'succeeded' || state === 'unknown'),
    )
}

/**
 * Makes sure that everything which the new run would be evaluated from is still there.
 * @throws TocsinError `body_deleted`, `result_deleted`, `step_missing`
 */
export function assertEvaluable(
  deps: Pick<ChainDeps, 'chains' | 'alerts' | 'approvals'>,
  scope: RerunScope,
  subject: Subject,
): void {
  if (!deps.alerts.isComplete(subject)) throw bodyDeleted()
  for (const action of reusableActions(deps, scope)) resultOf(deps, action)
}

function isBefore(action: ActionRecord, step: ActionRecord): boolean {
  return action.roundNo < step.roundNo || (action.roundNo === step.roundNo && action.position < step.position)
}

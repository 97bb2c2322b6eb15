import { TocsinError } from '../../../../shared/errors.ts'
import type { JsonValue } from '../../../../shared/model/json.ts'
import type { ActionPlan } from '../../actions/action-port.ts'
import { changedSince } from '../../actions/prior-state.ts'

/**
 * An undo takes back what this desk did, never what somebody else did since.
 * @param result of what is undone
 * @throws TocsinError `changed_since`, with the difference
 */
export function assertAsLeft(result: JsonValue, undoPlan: Pick<ActionPlan, 'bound'>): void {
  const differences = changedSince(result, undoPlan)
  if (differences.length === 0) return
  throw new TocsinError(
    'changed_since',
    `It was changed elsewhere since: ${differences.join('; ')}. Undoing would take back somebody else's act: look there, then mark it as lifted`,
  )
}

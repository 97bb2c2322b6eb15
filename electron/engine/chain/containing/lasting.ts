import type { JsonValue } from '../../../../shared/model/json.ts'
import type { ActionFacts } from '../../actions/action-port.ts'
import { leftState } from '../../actions/prior-state.ts'
import type { Lasting } from '../records/containment-store.ts'

/** How often a containment in force is looked at by itself. */
export const CHECK_EVERY_MS = 3_600_000

/**
 * What is to be done about a containment after its success.
 * @param facts null where its action is gone: then nothing is
 * @param at when it succeeded (epoch ms)
 */
export function lastingOf(facts: ActionFacts | null, result: JsonValue, at: number): Lasting | null {
  if (facts === null) return null
  // Of one that the analyst settled nobody knows as what it was left.
  const canCheck = facts.canVerify && leftState(result) !== null
  const { expiry } = facts
  if (!canCheck && expiry === null) return null
  return {
    nextCheckAt: canCheck ? at + CHECK_EVERY_MS : null,
    endsAt: expiry === null ? null : at + expiry.afterMs,
    isEndedByTarget: expiry?.isByTarget === true,
  }
}

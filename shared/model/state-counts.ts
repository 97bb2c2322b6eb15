import type { ActionState } from './states.ts'
import type { StateCount } from './views.ts'

/** What the analyst has to know of first stands first; what went well stands last. */
export const WORST_FIRST: readonly ActionState[] = [
  'failed',
  'unknown',
  'waiting',
  'expired',
  'rejected',
  'running',
  'confirming',
  'approved',
  'proposed',
  'superseded',
  'skipped',
  'succeeded',
]

/** The counts without those of none, the worst first. */
export function worstFirst(counts: readonly StateCount[]): StateCount[] {
  return counts
    .filter(({ count }) => count > 0)
    .toSorted((a, b) => WORST_FIRST.indexOf(a.state) - WORST_FIRST.indexOf(b.state))
}

/** How many of a list are in which state, the worst first. */
export function countStates(states: readonly ActionState[]): StateCount[] {
  return worstFirst(WORST_FIRST.map((state) => ({ state, count: states.filter((each) => each === state).length })))
}

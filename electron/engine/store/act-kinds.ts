/** Acts by which a row moves from one state to another, and attempts: with all other acts in one global order (`act.seq`). */
export const TRANSITION_KINDS = [
  'chain.state',
  'action.state',
  'attempt.intent',
  'attempt.accepted',
  'attempt.outcome',
  'event.outcome',
] as const

/** SQL for a column `kind`: what somebody decided, without the transitions that followed. */
export const IS_DECISION = `kind NOT IN (${TRANSITION_KINDS.map((kind) => `'${kind}'`).join(', ')})`

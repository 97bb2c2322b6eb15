import type { ActionState } from '../../../shared/model/states.ts'
import type { ActionView } from '../../../shared/model/views.ts'

/** So many alike ones stand in full before the rest folds. */
const SHOWN = 3
/** Fewer than this are not worth a fold. */
const LEAST_FOLDED = 3
/** What needs a look never folds. */
const NEVER_FOLDED: readonly ActionState[] = ['failed', 'unknown', 'running']

/** An action in its place, or the rest of a kind: alike, in the same state. `kind` holds those that stand in full too. */
export type Entry = { action: ActionView } | { alike: readonly ActionView[]; kind: readonly ActionView[] }

/** The actions of a round in their order, where the fourth and later ones of one rule, `uses` and state are one entry. */
export function folded(actions: readonly ActionView[]): Entry[] {
  const kinds = Map.groupBy(actions, ({ alike, state }) => `${state} ${alike}`)
  const rest = new Map<ActionView, { alike: readonly ActionView[]; kind: readonly ActionView[] }>()
  for (const kind of kinds.values()) {
    const [first] = kind
    if (!first || kind.length < SHOWN + LEAST_FOLDED || NEVER_FOLDED.includes(first.state)) continue
    for (const action of kind.slice(SHOWN)) rest.set(action, { alike: kind.slice(SHOWN), kind })
  }
  return actions.flatMap((action): Entry[] => {
    const entry = rest.get(action)
    if (!entry) return [{ action }]
    return entry.alike[0] === action ? [entry] : []
  })
}

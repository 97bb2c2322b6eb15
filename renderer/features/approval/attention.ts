import { create } from 'zustand'
import { isDecidedHere } from './decided.ts'

interface Attention {
  /** Decisions that the page holds, in its order */
  offered: readonly string[]
  /** Those of them whose controls are drawn */
  drawn: ReadonlySet<string>
  /** The one that the analyst went to */
  chosen: string | null
  /** What the analyst had in front, when somebody else settled it; null once the analyst moved on */
  lost: string | null
}

const NOBODY: Attention = { offered: [], drawn: new Set(), chosen: null, lost: null }

/** Which decision the keys act on. It changes by the analyst's hand alone. */
export const useAttention = create<Attention>(() => NOBODY)

/** The decision that `a` and `r` go to. */
export function targetOf({ offered, drawn, chosen }: Attention): string | null {
  if (chosen !== null && drawn.has(chosen)) return chosen
  return offered.find((id) => drawn.has(id)) ?? offered[0] ?? null
}

/**
 * Tells which decisions the page holds now. When the one in front is not among them any more, and it was not decided in
 * this window, the keys hold still until the analyst moves.
 */
export function offerDecisions(offered: readonly string[]): void {
  useAttention.setState((attention) => {
    const before = attention.chosen ?? targetOf(attention)
    if (before === null || offered.includes(before)) return { offered }
    return { offered, chosen: null, lost: isDecidedHere(before) ? attention.lost : before }
  })
}

/** The analyst went to this one: by a move, a click, or a key. */
export function attend(actionId: string): void {
  const { chosen, lost } = useAttention.getState()
  if (chosen !== actionId || lost !== null) useAttention.setState({ chosen: actionId, lost: null })
}

/** The focus came to it: a move of the analyst, unless the page moved under the pointer. */
export function attendFocused(actionId: string): void {
  if (useAttention.getState().lost === null) attend(actionId)
}

/** A page that was opened this short ago is not being read yet: it may scroll to what waits. */
const JUST_OPENED_MS = 2000
let openedAt = 0

/** The analyst opened a page that may hold decisions. */
export function openDecisions(): void {
  openedAt = performance.now()
}

/** Whether what waits may come into sight by itself: the page was just opened, and nothing on it was gone to. */
export function isJustOpened(): boolean {
  const { chosen, lost, drawn } = useAttention.getState()
  return performance.now() - openedAt < JUST_OPENED_MS && chosen === null && lost === null && drawn.size === 1
}

/** The analyst went elsewhere. */
export function leaveDecisions(): void {
  useAttention.setState({ offered: [], chosen: null, lost: null })
}

/** The controls of a decision are drawn. @returns a function that says that they are not any more */
export function drawDecision(actionId: string): () => void {
  const change = (isDrawn: boolean) =>
    useAttention.setState(({ drawn }) => {
      const next = new Set(drawn)
      if (isDrawn) next.add(actionId)
      else next.delete(actionId)
      return { drawn: next }
    })
  change(true)
  return () => change(false)
}

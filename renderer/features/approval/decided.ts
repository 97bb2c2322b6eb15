import { create } from 'zustand'

/** Actions that this window decided since it was opened, the last one last. */
const useDecided = create<{ ids: readonly string[] }>(() => ({ ids: [] }))

/** Remembers that the analyst decided it here: what comes next comes by an act of this window. */
export function markDecided(actionId: string): void {
  forgetDecided(actionId)
  useDecided.setState(({ ids }) => ({ ids: [...ids, actionId] }))
}

export function isDecidedHere(actionId: string): boolean {
  return useDecided.getState().ids.includes(actionId)
}

/** It waits again: who decides it next is open. */
export function forgetDecided(actionId: string): void {
  useDecided.setState(({ ids }) => ({ ids: ids.filter((id) => id !== actionId) }))
}

/** The action that this window decided last; null when it decided none. */
export function useLastDecided(): string | null {
  return useDecided(({ ids }) => ids.at(-1) ?? null)
}

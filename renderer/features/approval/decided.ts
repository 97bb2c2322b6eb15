/** Actions that this window decided since it was opened. */
const decided = new Set<string>()

/** Remembers that the analyst decided it here: what comes next comes by an act of this window. */
export function markDecided(actionId: string): void {
  decided.add(actionId)
}

export function isDecidedHere(actionId: string): boolean {
  return decided.has(actionId)
}

/** It waits again: who decides it next is open. */
export function forgetDecided(actionId: string): void {
  decided.delete(actionId)
}

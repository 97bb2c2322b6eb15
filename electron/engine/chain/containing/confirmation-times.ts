/** The first wait between two looks at a target; later ones grow with the time that has passed. */
export const SHORTEST_LOOK_MS = 2000
const LONGEST_MS = 300_000

/** How long is looked whether a service carries out what it took: a host that is off may come back within the day. */
const TAKEN_MS = 24 * 3_600_000
/** How long, where nobody knows whether it was taken, and the target shows nothing of it. */
const NOT_TAKEN_MS = 120_000

/** @returns the wait until the next look, of something that was requested so long ago (ms) */
export function nextLookMs(sinceMs: number): number {
  return Math.min(LONGEST_MS, Math.max(SHORTEST_LOOK_MS, Math.floor(sinceMs / 2)))
}

/**
 * Whether looking has an end: what has not come by then is for the analyst to look at.
 * @param isTaken the service said that it took the request, or the target shows that it is under way
 */
export function isLookedForNoMore(sinceMs: number, isTaken: boolean): boolean {
  return sinceMs >= (isTaken ? TAKEN_MS : NOT_TAKEN_MS)
}

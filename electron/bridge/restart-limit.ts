/** An engine that dies this often within the window would only die again (`design.md` §3). */
const MAX_RESTARTS = 3
const WINDOW_MS = 60_000

/** Whether a dead engine may be started once more: three times in sixty seconds, then no more. */
export class RestartLimit {
  #restarts: number[] = []

  /** @param now epoch milliseconds; a true answer counts as a restart */
  allows(now: number): boolean {
    this.#restarts = this.#restarts.filter((at) => now - at < WINDOW_MS)
    if (this.#restarts.length >= MAX_RESTARTS) return false
    this.#restarts.push(now)
    return true
  }
}

import type { Clock } from '../ports/ports.ts'

/** Guessing 256 bits is hopeless anyway; the bound keeps a broken sender from filling the log. */
const MAX_FAILURES = 10
const WINDOW_MS = 60_000

/** Counts presented tokens that were wrong. A right one is never held up by it. */
export class Backoff {
  readonly #clock: Clock
  #since = 0
  #failures = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Notes a failure. @returns whether there have been too many within the last minute */
  fail(): boolean {
    const now = this.#clock.now()
    if (now - this.#since >= WINDOW_MS) {
      this.#since = now
      this.#failures = 0
    }
    this.#failures += 1
    return this.#failures > MAX_FAILURES
  }
}

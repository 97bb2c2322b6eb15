import type { Clock } from '../ports/ports.ts'

/** How often the clock is looked at: a machine that slept and a clock that was set are noticed within this time. */
const LOOK_MS = 30_000

/**
 * Calls back when the next of several persisted times is up. The times are of the wall clock; the wait is not: a clock that is
 * set back delays nothing beyond what was left, and one that is set forward is noticed at the next look.
 */
export class Timers {
  readonly #clock: Clock
  readonly #fire: (now: number) => void
  #cancel: () => void = () => undefined
  #next: number | null = null

  /** @param fire told a time by which everything up to it is due */
  constructor(clock: Clock, fire: (now: number) => void) {
    this.#clock = clock
    this.#fire = fire
  }

  /**
   * Waits for a time, instead of the one before.
   * @param at epoch ms; null waits for nothing
   * @param longestMs the longest that this time can be away: a clock that was set back makes it no longer
   */
  arm(at: number | null, longestMs: number): void {
    this.stop()
    this.#next = at
    if (at !== null) this.#wait(Math.min(Math.max(0, at - this.#clock.now()), longestMs))
  }

  stop(): void {
    this.#cancel()
    this.#cancel = () => undefined
  }

  #wait(leftMs: number): void {
    const stepMs = Math.min(leftMs, LOOK_MS)
    this.#cancel = this.#clock.after(stepMs, () => {
      const next = this.#next
      if (next === null) return
      const now = this.#clock.now()
      if (leftMs > stepMs && now < next) this.#wait(leftMs - stepMs)
      else this.#fire(Math.max(now, next))
    })
  }
}

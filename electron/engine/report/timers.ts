import type { Clock } from '../ports/ports.ts'

/** How often the clock is looked at: a machine that slept and a clock that was set are noticed within this time. */
const LOOK_MS = 30_000

/**
 * Calls back when the next of several persisted times may be up: at that time, and at the latest at the next look at the
 * clock. What is up is in the store, and so is what a clock that was set did to it.
 */
export class Timers {
  readonly #clock: Clock
  readonly #look: () => void
  #cancel: () => void = () => undefined

  /** @param look told to look at what is up, and to arm again */
  constructor(clock: Clock, look: () => void) {
    this.#clock = clock
    this.#look = look
  }

  /**
   * Waits for a time, instead of the one before.
   * @param at epoch ms; null waits for nothing
   */
  arm(at: number | null): void {
    this.stop()
    if (at === null) return
    const leftMs = Math.max(0, at - this.#clock.now())
    this.#cancel = this.#clock.after(Math.min(leftMs, LOOK_MS), this.#look)
  }

  stop(): void {
    this.#cancel()
    this.#cancel = () => undefined
  }
}

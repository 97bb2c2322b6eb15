import type { Clock } from '../ports/ports.ts'

const NS_PER_MS = 1_000_000n

/** An action's longest wait: up to here time passes by itself. */
const OWN_WAITS_MS = 300_000

interface Timer {
  dueAt: number
  callback: () => void
}

/**
 * The time of a scratch desk. It stands still but for two things: what an action waits for comes at once, as if the time had
 * passed, and what the desk waits for (an expiry, the next look) comes when a scenario lets time pass.
 */
export class ScratchClock implements Clock {
  #now: number
  readonly #timers = new Set<Timer>()

  constructor(now: number) {
    this.#now = now
  }

  now(): number {
    return this.#now
  }

  nowNs(): string {
    return (BigInt(this.#now) * NS_PER_MS).toString()
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { dueAt: this.#now + Math.max(0, delayMs), callback }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** The same time for actions: their own waits end at once. */
  readonly ofActions: Clock = {
    now: () => this.#now,
    nowNs: () => this.nowNs(),
    after: (delayMs, callback) => {
      if (delayMs > OWN_WAITS_MS) return this.after(delayMs, callback)
      const timer = setImmediate(() => {
        this.spend(delayMs)
        callback()
      })
      return () => clearImmediate(timer)
    },
  }

  /** The same for actions that wait for what has a time of its own. */
  readonly ofSlowActions: Clock = {
    ...this.ofActions,
    after: (delayMs, callback) => {
      const timer = setTimeout(() => {
        this.spend(delayMs)
        callback()
      }, delayMs)
      return () => clearTimeout(timer)
    },
  }

  /** Time that a request takes: nothing of the desk is due meanwhile. */
  spend(ms: number): void {
    this.#now += Math.max(0, ms)
  }

  /** When the desk looks next at something; null when it waits for nothing. */
  nextDue(): number | null {
    return this.#timers.size === 0 ? null : Math.min(...[...this.#timers].map(({ dueAt }) => dueAt))
  }

  /** Lets so much time pass and calls what is due then, the first due first. */
  pass(ms: number): void {
    const end = this.#now + ms
    for (;;) {
      const due = [...this.#timers].filter(({ dueAt }) => dueAt <= end).sort((a, b) => a.dueAt - b.dueAt)[0]
      if (due === undefined) break
      this.#now = Math.max(this.#now, due.dueAt)
      this.#timers.delete(due)
      due.callback()
    }
    this.#now = Math.max(this.#now, end)
  }
}

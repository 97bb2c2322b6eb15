import type { Clock, Log } from '../../electron/engine/ports/ports.ts'

/** A time that only moves when a test moves it. */
export class FakeClock implements Clock {
  #now: number
  #timers: { at: number; callback: () => void }[] = []

  constructor(now = 1_700_000_000_000) {
    this.#now = now
  }

  now(): number {
    return this.#now
  }

  nowNs(): string {
    return (BigInt(this.#now) * 1_000_000n).toString()
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { at: this.#now + delayMs, callback }
    this.#timers.push(timer)
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer)
    }
  }

  /** The machine sleeps, or somebody sets the clock, back where `ms` is negative: no timer goes with the time. */
  sleep(ms: number): void {
    this.#now += ms
    for (const timer of this.#timers) timer.at += ms
  }

  /** Moves the time and calls what falls due, in order. */
  advance(ms: number): void {
    const end = this.#now + ms
    for (;;) {
      const next = this.#timers.filter((timer) => timer.at <= end).sort((a, b) => a.at - b.at)[0]
      if (next === undefined) break
      this.#timers = this.#timers.filter((other) => other !== next)
      this.#now = Math.max(this.#now, next.at)
      next.callback()
    }
    this.#now = end
  }
}

/** A log that keeps its lines. */
export class FakeLog implements Log {
  readonly lines: { level: string; message: string; fields: object }[] = []

  debug(message: string, fields: object = {}): void {
    this.lines.push({ level: 'debug', message, fields })
  }

  info(message: string, fields: object = {}): void {
    this.lines.push({ level: 'info', message, fields })
  }

  warn(message: string, fields: object = {}): void {
    this.lines.push({ level: 'warn', message, fields })
  }

  error(message: string, fields: object = {}): void {
    this.lines.push({ level: 'error', message, fields })
  }
}

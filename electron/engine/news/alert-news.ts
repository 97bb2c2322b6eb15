import type { Bus } from './bus.ts'
import type { Clock } from '../ports/ports.ts'

/** A sentence a second is what a person can follow, and a screen reader can say. */
const PAUSE_MS = 1000

interface NewAlert {
  id: string
  title: string
}

/** Says that alerts came: the first at once, those of the next second together in one sentence. */
export class AlertNews {
  readonly #bus: Bus
  readonly #clock: Clock
  #isPausing = false
  #first: NewAlert | null = null
  #more = 0

  constructor(bus: Bus, clock: Clock) {
    this.#bus = bus
    this.#clock = clock
  }

  add(alerts: readonly NewAlert[]): void {
    const [first, ...others] = alerts
    if (first === undefined) return
    this.#more += this.#first === null ? others.length : alerts.length
    this.#first ??= first
    if (!this.#isPausing) this.#say(first)
  }

  #say({ id, title }: NewAlert): void {
    const more = this.#more > 0 ? ` and ${this.#more} more` : ''
    this.#first = null
    this.#more = 0
    this.#isPausing = true
    this.#bus.news('alert', `New alert: ${title}${more}`, { alertId: id })
    this.#clock.after(PAUSE_MS, () => {
      this.#isPausing = false
      if (this.#first !== null) this.#say(this.#first)
    })
  }
}

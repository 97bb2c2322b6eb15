import { randomBytes } from 'node:crypto'
import { v7 } from 'uuid'
import type { Clock, Ids } from './ports.ts'

/** The longest delay that Node's timers take; a longer one would fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1
const NS_PER_MS = 1_000_000n

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),

  nowNs() {
    // Date has milliseconds; the monotonic clock lends the digits below, so that two evaluations rarely share a time.
    return (BigInt(Date.now()) * NS_PER_MS + (process.hrtime.bigint() % NS_PER_MS)).toString()
  },

  after(delayMs, callback) {
    const dueAt = Date.now() + delayMs
    let timer = arm()
    function arm(): NodeJS.Timeout {
      const rest = Math.max(0, dueAt - Date.now())
      const next = setTimeout(
        () => (rest > LONGEST_TIMER_MS ? (timer = arm()) : callback()),
        Math.min(rest, LONGEST_TIMER_MS),
      )
      return next.unref()
    }
    return () => clearTimeout(timer)
  },
}

/** UUIDv7 (sortable by time) and seeds from the system's random source. */
export const systemIds: Ids = {
  uuid: () => v7(),
  seed: () => randomBytes(16).toString('hex'),
}

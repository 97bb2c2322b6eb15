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

/** Random bytes are asked for in one piece: a system call for every id cost more than the id. */
const RANDOM_POOL_BYTES = 4096
const RANDOM_BYTES = 16
let pool = Buffer.alloc(0)
/** Counts ids of one millisecond; starts low enough that it never overflows its 31 bits within one. */
const SEQUENCE_START = 2 ** 24
let lastMs = 0
let sequence = 0

/** UUIDv7 (each later than the one before, also within a millisecond) and seeds, from the system's random source. */
export const systemIds: Ids = {
  uuid() {
    const now = Date.now()
    if (now > lastMs) {
      lastMs = now
      sequence = takeRandom().readUInt32BE(0) % SEQUENCE_START
    } else {
      sequence += 1
    }
    return v7({ msecs: lastMs, seq: sequence, random: takeRandom() })
  },

  seed: () => takeRandom().toString('hex'),
}

function takeRandom(): Buffer {
  if (pool.length < RANDOM_BYTES) pool = randomBytes(RANDOM_POOL_BYTES)
  const taken = pool.subarray(0, RANDOM_BYTES)
  pool = pool.subarray(RANDOM_BYTES)
  return taken
}

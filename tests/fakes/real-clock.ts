import type { Clock } from '../../electron/engine/ports.ts'

/** The machine's time, for tests against real servers. */
export const realClock: Clock = {
  now: () => Date.now(),
  nowNs: () => `${BigInt(Date.now()) * 1_000_000n}`,
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs).unref()
    return () => clearTimeout(timer)
  },
}

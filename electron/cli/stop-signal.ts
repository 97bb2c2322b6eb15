import { setTimeout as wait } from 'node:timers/promises'
import { TocsinError } from '../../shared/errors.ts'

const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const

/** What a shell adds to a signal's number to make an exit status. */
const SIGNAL_EXIT = 128

/** A start that was told to stop and does not get to its end is given up after this time. */
const START_ENDS_MS = 2_000

export interface StopSignal {
  received: Promise<NodeJS.Signals>
  /** From now on a signal does what it does to any program. */
  ignore: () => void
}

/**
 * Waits for the first signal to stop. A second one ends the process at once: something that should stop does not.
 * @returns the promise, and what takes the listeners away again
 */
export function stopSignal(): StopSignal {
  const { promise, resolve } = Promise.withResolvers<NodeJS.Signals>()
  let count = 0
  const listeners = Object.entries(SIGNALS).map(([name, number]) => {
    const signal = name as keyof typeof SIGNALS // a key of it
    const listener = (): void => {
      count += 1
      if (count > 1) process.exit(SIGNAL_EXIT + number)
      resolve(signal)
    }
    process.on(signal, listener)
    return { signal, listener }
  })
  return {
    received: promise,
    ignore: () => listeners.forEach(({ signal, listener }) => process.off(signal, listener)),
  }
}

/**
 * A start that can be stopped: what was started when the signal came is stopped in order by the caller.
 * @throws TocsinError `start_stopped` when the signal came and the start did not end; what the start throws
 */
export async function startOrStop<Started>(starting: Promise<Started>, signal: StopSignal): Promise<Started> {
  const isOver = Symbol('over')
  const over = signal.received.then(() => wait(START_ENDS_MS, isOver, { ref: false }))
  const first = await Promise.race([starting, over])
  if (first !== isOver) return first
  throw new TocsinError('start_stopped', 'Stopped while it was starting.')
}

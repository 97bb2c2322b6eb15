const SIGNALS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const

/** What a shell adds to a signal's number to make an exit status. */
const SIGNAL_EXIT = 128

/**
 * Waits for the first signal to stop. A second one ends the process at once: something that should stop does not.
 * @returns the promise, and what takes the listeners away again
 */
export function stopSignal(): { received: Promise<NodeJS.Signals>; ignore: () => void } {
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

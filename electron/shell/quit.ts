import type { App } from 'electron'

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export interface QuitOptions {
  app: App
  process: Pick<NodeJS.Process, 'on'>
  /** Finishes what was acknowledged and closes the database; bounded by nobody but the second signal. */
  stop: () => Promise<void>
  onFailed: (error: unknown) => void
}

/**
 * Ends the app in order: whatever asks it to quit first stops the engine. A second signal ends it at once.
 * @returns asks to quit, as the menu does
 */
export function quitInOrder({ app, process, stop, onFailed }: QuitOptions): () => void {
  let isStopping = false
  const begin = (): void => {
    if (isStopping) return
    isStopping = true
    stop().then(
      () => app.exit(0),
      (error: unknown) => {
        onFailed(error)
        app.exit(1)
      },
    )
  }
  app.on('before-quit', (event) => {
    // `app.exit` ends the process without asking again.
    event.preventDefault()
    begin()
  })
  for (const signal of SIGNALS) {
    process.on(signal, () => {
      if (isStopping) app.exit(1)
      else begin()
    })
  }
  return () => app.quit()
}

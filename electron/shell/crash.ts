import { app, clipboard, crashReporter, dialog, type App } from 'electron'

/** A page that crashes again so soon would only crash once more. */
const RELOAD_WINDOW_MS = 60_000

/** What a crashed page's process left behind. */
export interface RenderGone {
  reason: string
  exitCode: number
}

/**
 * What to do after a page's process has ended: reload once, then ask.
 * @param lastReloadAt when it was last reloaded for that, or null
 * @param now epoch milliseconds
 */
export function afterRenderGone(
  reason: string,
  lastReloadAt: number | null,
  now: number,
): 'nothing' | 'reload' | 'ask' {
  if (reason === 'clean-exit') return 'nothing'
  return lastReloadAt === null || now - lastReloadAt > RELOAD_WINDOW_MS ? 'reload' : 'ask'
}

/** Keeps crash dumps on this machine. Runs before anything that could crash. */
export function keepCrashDumps(): void {
  crashReporter.start({ uploadToServer: false })
}

/** What a person may paste into a bug report: versions and reasons, nothing of what was on the screen. */
export function diagnostics(what: string, { reason, exitCode }: RenderGone): string {
  const { electron, chrome, node } = process.versions
  return [
    `Tocsin ${app.getVersion()}, Electron ${electron}, Chromium ${chrome}, Node ${node}, ${process.platform}-${process.arch}`,
    `${what}: ${reason} (exit code ${exitCode})`,
    `Crash dumps: ${app.getPath('crashDumps')}`,
  ].join('\n')
}

/**
 * Asks what to do about a page that keeps crashing. A dialog of the system: it shares no code with what is broken. The
 * engine runs on behind it.
 */
export async function askAfterCrash(gone: RenderGone): Promise<'reload' | 'quit'> {
  const text = diagnostics('The window crashed', gone)
  for (;;) {
    const { response } = await dialog.showMessageBox({
      type: 'error',
      message: 'The window has crashed twice.',
      detail: `Alerts are still received and stored; nothing is approved without you.\n\n${text}`,
      buttons: ['Reload', 'Copy diagnostics', 'Quit'],
      defaultId: 0,
      cancelId: 0,
    })
    if (response === 0) return 'reload'
    if (response === 2) return 'quit'
    await clipboard.writeText(text)
  }
}

export interface ProcessWatchOptions {
  app: App
  process: Pick<NodeJS.Process, 'on'>
  log: (message: string, fields: Record<string, string | number>) => void
}

/**
 * Logs processes that die, and ends this one on a bug of its own: a main process in an unknown state must not go on
 * passing approvals. The window says so; what was committed is safe.
 */
export function watchProcesses({ app: watched, process: main, log }: ProcessWatchOptions): void {
  watched.on('child-process-gone', (_event, { type, reason, exitCode }) =>
    log('process gone', { type, reason, exitCode }),
  )
  const end = (error: unknown): void => {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
    log('bug in the main process', { message })
    dialog.showErrorBox('Tocsin has to close', `What was received is stored. Start Tocsin again.\n\n${message}`)
    watched.exit(1)
  }
  main.on('uncaughtException', end)
  main.on('unhandledRejection', end)
}

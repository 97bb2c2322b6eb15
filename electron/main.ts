import { Command } from 'commander'
import { app, dialog, Menu, nativeTheme, powerMonitor, session } from 'electron'
import { fileURLToPath } from 'node:url'
import { errorCode, errorMessage } from '../shared/errors.ts'
import { Router } from './bridge/router.ts'
import { readBundleFile } from './bridge/static-files.ts'
import { engineConfig } from './cli/engine-config.ts'
import { FAILED_STOP_MS, readyLine, startEngine, type EngineProcess, type FolderConfig } from './cli/engine-process.ts'
import { given } from './cli/options.ts'
import { RENDERER_DIR } from './cli/paths.ts'
import { keepCrashDumps, watchProcesses } from './shell/crash.ts'
import { ExternalLinks } from './shell/external-link.ts'
import { holdInstance } from './shell/instance.ts'
import { IpcBridge } from './shell/ipc-bridge.ts'
import { menuTemplate } from './shell/menu.ts'
import { guardNavigation } from './shell/navigation-guard.ts'
import { WaitingNotifier } from './shell/notifications.ts'
import { DESK_ORIGIN } from './shell/origin.ts'
import { registerDeskScheme, serveDesk } from './shell/protocol.ts'
import { quitInOrder } from './shell/quit.ts'
import { openKeychainCipher } from './shell/safe-storage-cipher.ts'
import { applySessionPolicy } from './shell/session-policy.ts'
import { watchSleep } from './shell/sleep.ts'
import { keepWasmCode } from './shell/wasm-flags.ts'
import { DeskWindow } from './shell/window.ts'

/** `tocsin desk` hands its options over as `TOCSIN_*` variables; arguments of this process are nobody's. */
const OPTIONS = ['data', 'policyDir', 'addr', 'mode', 'enablePrint', 'allowHost', 'graphql'] as const
const EXIT_FAILED = 1
const EXIT_USAGE = 2

// Before the first file is made, and before the first await: Electron wants the scheme and the sandbox early.
process.umask(0o077)
keepCrashDumps()
app.enableSandbox()
registerDeskScheme()
keepWasmCode(app)

const config = readConfig()
const hasDevTools = !app.isPackaged
const preload = fileURLToPath(new URL('../preload/preload.cjs', import.meta.url))
const ipc = new IpcBridge()

const desk = new DeskWindow({
  preload,
  hasDevTools,
  isDark: () => nativeTheme.shouldUseDarkColors,
  now: () => Date.now(),
  onContents: (contents) => ipc.admit(contents),
  onGone: (gone) => process.stderr.write(`The window's process ended: ${gone.reason}\n`),
  quit: () => app.quit(),
})

if (holdInstance(config.dataDir, () => void desk.show())) {
  // Not awaited at the top level: Electron becomes ready only after this module has been evaluated.
  app.whenReady().then(start).catch(failStart)
} else {
  process.stderr.write(`Tocsin already runs on ${config.dataDir}; its window has been brought to the front.\n`)
  app.exit(EXIT_FAILED)
}

async function start(): Promise<void> {
  const starting = startOnKeychain()
  quitInOrder({
    app,
    process,
    // Asked to quit while it starts: first it is there, then it is stopped.
    stop: async () => (await starting.catch(() => null))?.stop(),
    onFailed: (error) => process.stderr.write(`The engine did not stop in order: ${errorMessage(error)}\n`),
  })
  const engine = await starting
  try {
    await openDesk(engine)
  } catch (error) {
    await engine.stop(FAILED_STOP_MS)
    throw error
  }
  process.stdout.write(readyLine(config, engine.started.receiver.url, null))
}

async function openDesk(engine: EngineProcess): Promise<void> {
  guard(engine)
  connect(engine)
  watchSleep({ powerMonitor, now: () => Date.now(), onWoke: (sleptMs) => engine.client.wokeUp(sleptMs) })
  app.on('activate', () => void desk.show())
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit()
  })
  await desk.show()
}

async function startOnKeychain(): Promise<EngineProcess> {
  return startEngine(config, (await openKeychainCipher(process.platform)) ?? undefined)
}

/** Everything that keeps the page where it is and what it is; before the first window. */
function guard({ log }: EngineProcess): void {
  watchProcesses({ app, process, log: (message, fields) => log.error(message, fields) })
  const links = new ExternalLinks((reason) => log.warn('link refused', { reason }))
  guardNavigation({
    app,
    onExternalLink: (link) => void links.open(link, desk.current()),
    onRefused: (what) => log.warn('refused to the page', { what }),
  })
  applySessionPolicy({
    session: session.defaultSession,
    hasDevTools,
    onRefused: (what, origin) => log.warn('refused to the page', { what, origin }),
  })
  serveDesk((path) => readBundleFile(RENDERER_DIR, path))
}

/** The page to the engine and back, and the engine's news to the analyst. */
function connect({ client, log }: EngineProcess): void {
  const show = (route: string): void => void desk.show(route)
  const router = new Router({
    origin: DESK_ORIGIN,
    target: (name, arg) => client.call(name, arg),
    onRefused: (code, sender, name) => log.warn('desk call refused', { code, name, origin: sender.origin }),
  })
  ipc.listen((sender, name, arg) => router.handle(sender, name, arg))
  const waiting = new WaitingNotifier({
    after: (delayMs, callback) => setTimeout(callback, delayMs),
    isFocused: () => desk.isFocused(),
    show,
    onFailed: (reason) => log.warn('notification failed', { reason }),
  })
  client.onTopic((topic, payload) => {
    ipc.tell(topic, payload)
    if (topic !== 'news' || !('kind' in payload)) return
    if (payload.kind === 'waiting' && payload.actionId !== null) waiting.add({ actionId: payload.actionId })
  })
  const menu = menuTemplate({ isMac: process.platform === 'darwin', hasDevTools, show })
  Menu.setApplicationMenu(Menu.buildFromTemplate(menu))
}

function readConfig(): FolderConfig {
  try {
    const options = { ...given(new Command('desk'), OPTIONS, process.env), host: 'electron' }
    return engineConfig({ command: 'desk', given: options, env: process.env, cwd: process.cwd() }) as FolderConfig // a desk has one
  } catch (error) {
    process.stderr.write(`${errorMessage(error)}\n`)
    process.exit(EXIT_USAGE)
  }
}

/** Nothing runs yet that could show it: the system's dialog does, and the terminal. */
function failStart(error: unknown): void {
  process.stderr.write(`${errorMessage(error)}\n`)
  // The dialog waits for the analyst, and a handler in JavaScript would wait for the dialog.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(signal)
  dialog.showErrorBox('Tocsin could not start', `${errorMessage(error)}\n\n(${errorCode(error)})`)
  app.exit(EXIT_FAILED)
}

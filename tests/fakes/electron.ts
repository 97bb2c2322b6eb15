import { EventEmitter } from 'node:events'
import type Electron from 'electron'

/**
 * Stands in for `electron` in tests: `vi.mock('electron', () => import('…/tests/fakes/electron.ts'))`. It does nothing but
 * remember what was installed and asked, so that a test can say what the shell wires. Names and shapes are checked against
 * Electron's own typings at the end.
 */

type Handler = (...args: never[]) => unknown

/** A frame of a page. */
export class FakeFrame {
  origin: string
  constructor(origin: string) {
    this.origin = origin
  }
  isDestroyed(): boolean {
    return false
  }
}

export class FakeWebContents extends EventEmitter {
  mainFrame = new FakeFrame('app://desk')
  sent: unknown[][] = []
  windowOpenHandler: ((details: { url: string }) => { action: string }) | null = null
  isGone = false
  send(...args: unknown[]): void {
    this.sent.push(args)
  }
  setWindowOpenHandler(handler: (details: { url: string }) => { action: string }): void {
    this.windowOpenHandler = handler
  }
  isDestroyed(): boolean {
    return this.isGone
  }
}

export class FakeSession extends EventEmitter {
  handlers: Record<string, Handler> = {}
  isSpellCheckerEnabled = true
  webRequest = { onBeforeRequest: (handler: Handler): void => this.#keep('beforeRequest', handler) }
  setPermissionCheckHandler(handler: Handler): void {
    this.#keep('permissionCheck', handler)
  }
  setPermissionRequestHandler(handler: Handler): void {
    this.#keep('permissionRequest', handler)
  }
  setDevicePermissionHandler(handler: Handler): void {
    this.#keep('devicePermission', handler)
  }
  setDisplayMediaRequestHandler(handler: Handler): void {
    this.#keep('displayMedia', handler)
  }
  setSpellCheckerEnabled(isEnabled: boolean): void {
    this.isSpellCheckerEnabled = isEnabled
  }
  #keep(name: string, handler: Handler): void {
    this.handlers[name] = handler
  }
}

class FakeBrowserWindow extends EventEmitter {
  static opened: FakeBrowserWindow[] = []
  webContents = new FakeWebContents()
  options: Electron.BrowserWindowConstructorOptions
  calls: string[] = []
  hasFocus = false
  constructor(options: Electron.BrowserWindowConstructorOptions) {
    super()
    this.options = options
    FakeBrowserWindow.opened.push(this)
  }
  loadURL(url: string): Promise<void> {
    this.calls.push(`load ${url}`)
    return Promise.resolve()
  }
  reload(): void {
    this.calls.push('reload')
  }
  show(): void {
    this.calls.push('show')
  }
  focus(): void {
    this.hasFocus = true
  }
  restore(): void {
    this.calls.push('restore')
  }
  isFocused(): boolean {
    return this.hasFocus
  }
  isMinimized(): boolean {
    return false
  }
  isDestroyed(): boolean {
    return false
  }
}

class FakeNotification extends EventEmitter {
  static shown: FakeNotification[] = []
  static isSupported(): boolean {
    return true
  }
  options: { title: string; body: string }
  constructor(options: { title: string; body: string }) {
    super()
    this.options = options
  }
  show(): void {
    FakeNotification.shown.push(this)
  }
  close(): void {
    FakeNotification.shown = FakeNotification.shown.filter((notification) => notification !== this)
  }
}

/** What was done, in order: `['exit', 0]`, `['openExternal', 'https://…']`. */
export const done: unknown[][] = []

/** What the fake answers; a test changes it. */
export const answers = {
  hasLock: true,
  /** Buttons pressed in message boxes, one after the other. */
  dialogButtons: [] as number[],
  hasKeychain: true,
  isKeyRotated: false,
  linuxStore: 'gnome_libsecret' as ReturnType<Electron.SafeStorage['getSelectedStorageBackend']>,
}

/** Back to the state of a fresh process. */
export function resetElectron(): void {
  done.length = 0
  FakeBrowserWindow.opened = []
  FakeNotification.shown = []
  app.removeAllListeners()
  const keychain = { hasKeychain: true, isKeyRotated: false, linuxStore: 'gnome_libsecret' }
  Object.assign(answers, { hasLock: true, dialogButtons: [], ...keychain })
}

export const app = Object.assign(new EventEmitter(), {
  isPackaged: true,
  whenReady: () => Promise.resolve(),
  enableSandbox: () => void done.push(['enableSandbox']),
  getPath: (name: string) => `/fake/${name}`,
  setPath: (name: string, path: string) => void done.push(['setPath', name, path]),
  getVersion: () => '0.0.0',
  requestSingleInstanceLock: () => answers.hasLock,
  quit: () => void app.emit('before-quit', { preventDefault: () => done.push(['quit prevented']) }),
  exit: (code: number) => void done.push(['exit', code]),
  commandLine: {
    appendSwitch: (name: string, value: string) => void done.push(['appendSwitch', name, value]),
  },
})

export const powerMonitor = new EventEmitter()

export const session = { defaultSession: new FakeSession() }

export const nativeTheme = { shouldUseDarkColors: true }

export const Menu = {
  buildFromTemplate: (template: Electron.MenuItemConstructorOptions[]) => template,
  setApplicationMenu: (menu: unknown) => void done.push(['menu', menu]),
}

export const ipcMain = {
  handle: (channel: string, listener: Handler) => void done.push(['handle', channel, listener]),
}

export const protocol = {
  registerSchemesAsPrivileged: (schemes: Electron.CustomScheme[]) => void done.push(['schemes', schemes]),
  handle: (scheme: string, handler: Handler) => void done.push(['protocol', scheme, handler]),
}

export const crashReporter = {
  start: (options: Electron.CrashReporterStartOptions) => void done.push(['crashReporter', options]),
}

export const clipboard = {
  writeText: (text: string) => Promise.resolve(void done.push(['clipboard', text])),
}

export const dialog = {
  showErrorBox: (title: string) => void done.push(['errorBox', title]),
  showMessageBox: (...args: unknown[]) => {
    done.push(['messageBox', args.at(-1)])
    return Promise.resolve({ response: answers.dialogButtons.shift() ?? 0, checkboxChecked: false })
  },
}

export const shell = {
  openExternal: (url: string) => Promise.resolve(void done.push(['openExternal', url])),
}

/** A keychain that reverses the text: enough to see that it was asked. */
export const safeStorage = {
  isAsyncEncryptionAvailable: () => Promise.resolve(answers.hasKeychain),
  getSelectedStorageBackend: () => answers.linuxStore,
  encryptStringAsync: (text: string) => Promise.resolve(Buffer.from(text).reverse()),
  decryptStringAsync: (sealed: Buffer) =>
    Promise.resolve({ result: Buffer.from(sealed).reverse().toString(), shouldReEncrypt: answers.isKeyRotated }),
}

export { FakeBrowserWindow as BrowserWindow, FakeNotification as Notification }

/** Compile errors here mean that a fake has something that Electron has not, or answers otherwise. */
type Called<Fake, Real> = { [Name in keyof Fake & keyof Real]: ReturnOf<Real[Name]> }
type ReturnOf<Method> = Method extends (...args: never[]) => infer Result ? (...args: never[]) => Result : unknown
type SubsetOf<Fake, Real> = Exclude<keyof Fake, keyof Real> extends never ? Called<Fake, Real> : never

app.commandLine satisfies SubsetOf<typeof app.commandLine, Electron.CommandLine>
clipboard satisfies SubsetOf<typeof clipboard, Electron.Clipboard>
crashReporter satisfies SubsetOf<typeof crashReporter, Electron.CrashReporter>
dialog satisfies SubsetOf<typeof dialog, Electron.Dialog>
protocol satisfies SubsetOf<typeof protocol, Electron.Protocol>
safeStorage satisfies SubsetOf<typeof safeStorage, Electron.SafeStorage>
shell satisfies SubsetOf<typeof shell, Electron.Shell>

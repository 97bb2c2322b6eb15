import { BrowserWindow, type WebContents } from 'electron'
import { afterRenderGone, askAfterCrash, type RenderGone } from './crash.ts'
import { DESK_ORIGIN } from './origin.ts'
import { webPreferences } from './web-preferences.ts'

/** The mock's own widths: three columns at 1440, two at 1024 (analyst's screens). */
const SIZE = { width: 1440, height: 900, minWidth: 900, minHeight: 600 }

/** The page's own backgrounds (`renderer/styles/tokens.css`): no flash of white before it is drawn. */
const BACKGROUND = { dark: '#0e1116', light: '#f7f8fa' }

export interface DeskWindowOptions {
  preload: string
  hasDevTools: boolean
  isDark: () => boolean
  now: () => number
  /** Called with each new page, before it is loaded. */
  onContents: (contents: WebContents) => void
  onGone: (gone: RenderGone) => void
  quit: () => void
}

/** The desk's one window: opened on demand, brought to the front, led to a place, restarted when its page crashed. */
export class DeskWindow {
  readonly #options: DeskWindowOptions
  #window: BrowserWindow | null = null
  #lastReloadAt: number | null = null

  constructor(options: DeskWindowOptions) {
    this.#options = options
  }

  /** @returns the window, or null while it is closed */
  current(): BrowserWindow | null {
    return this.#window
  }

  isFocused(): boolean {
    return this.#window?.isFocused() ?? false
  }

  /**
   * Opens the window or brings it to the front.
   * @param route where to (`waiting/<id>`); without one it stays where it is
   */
  async show(route?: string): Promise<void> {
    const window = this.#window ?? this.#create()
    const isNew = window !== this.#window
    this.#window = window
    if (isNew || route !== undefined) await window.loadURL(deskAddress(route))
    if (window.isMinimized()) window.restore()
    window.show()
    window.focus()
  }

  #create(): BrowserWindow {
    const { preload, hasDevTools, isDark, onContents } = this.#options
    const window = new BrowserWindow({
      ...SIZE,
      title: 'Tocsin',
      show: false,
      backgroundColor: isDark() ? BACKGROUND.dark : BACKGROUND.light,
      webPreferences: webPreferences(preload, hasDevTools),
    })
    onContents(window.webContents)
    window.webContents.on('render-process-gone', (_event, details) => void this.#onGone(window, details))
    window.on('closed', () => (this.#window = null))
    return window
  }

  async #onGone(window: BrowserWindow, gone: RenderGone): Promise<void> {
    this.#options.onGone(gone)
    const decision = afterRenderGone(gone.reason, this.#lastReloadAt, this.#options.now())
    if (decision === 'nothing' || window.isDestroyed()) return
    if (decision === 'ask' && (await askAfterCrash(gone)) === 'quit') return this.#options.quit()
    this.#lastReloadAt = this.#options.now()
    if (!window.isDestroyed()) window.reload()
  }
}

/** The page reads its place from the fragment; one that differs in nothing else moves the page without loading it. */
export function deskAddress(route?: string): string {
  return route === undefined ? `${DESK_ORIGIN}/` : `${DESK_ORIGIN}/#/${route}`
}

import { Notification } from 'electron'

/** A burst of proposals (one policy, many alerts) is one notification. */
const COALESCE_MS = 500

/** An action that has begun to wait for the analyst. Ids only: what it would do is text from an alert. */
export interface WaitingNews {
  actionId: string
}

/** Where a click leads: the action when there was one, else the list. */
export function waitingRoute(actionIds: readonly string[]): string {
  const [only] = actionIds
  return actionIds.length === 1 && only !== undefined ? `waiting/${encodeURIComponent(only)}` : 'waiting'
}

/**
 * What a notification says. Never an alert's own words: they are the attacker's, and lock screens show them.
 * @param count how many actions began to wait
 */
export function waitingText(count: number): { title: string; body: string } {
  const title = 'Waiting for you'
  return {
    title,
    body: count === 1 ? 'One action waits for your decision.' : `${count} actions wait for your decision.`,
  }
}

export interface WaitingNotifierOptions {
  /** Calls back once after so many milliseconds. */
  after: (delayMs: number, callback: () => void) => void
  /** Whether the analyst looks at the desk already. */
  isFocused: () => boolean
  /** Shows the desk at a route (`waiting/<action>`). */
  show: (route: string) => void
  onFailed: (reason: string) => void
}

/** Tells the analyst, outside of the window, that actions wait: bursts as one, nothing while the window has the focus. */
export class WaitingNotifier {
  readonly #options: WaitingNotifierOptions
  readonly #waiting = new Set<string>()
  /** A shown notification without a reference is collected, and its click with it. */
  #shown: Notification | null = null

  constructor(options: WaitingNotifierOptions) {
    this.#options = options
  }

  add({ actionId }: WaitingNews): void {
    if (this.#waiting.size === 0) this.#options.after(COALESCE_MS, () => this.#flush())
    this.#waiting.add(actionId)
  }

  #flush(): void {
    const actionIds = [...this.#waiting]
    this.#waiting.clear()
    if (this.#options.isFocused() || !Notification.isSupported()) return
    this.#shown?.close()
    const notification = new Notification(waitingText(actionIds.length))
    notification.on('click', () => this.#options.show(waitingRoute(actionIds)))
    // macOS refuses unsigned apps this way.
    notification.on('failed', (_event, reason) => this.#options.onFailed(reason))
    notification.show()
    this.#shown = notification
  }
}

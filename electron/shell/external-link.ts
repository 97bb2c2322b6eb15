import { dialog, shell, type BrowserWindow } from 'electron'

/** Longer than any honest link; the question must stay readable. */
const MAX_LINK = 2048

export type LinkDecision = { kind: 'ask'; url: string; host: string } | { kind: 'refuse'; reason: string }

/**
 * What is done with a link out of the app (checklist item 15). Links come from alerts, which come from attackers: the
 * system's handlers of other schemes are programs, so that only https is even asked about.
 * @returns the normalised address and its host in ASCII (punycode, so that look-alike letters show), or why not
 */
export function decideExternalLink(link: string): LinkDecision {
  if (link.length > MAX_LINK) return refuse('too long')
  // oxlint-disable-next-line no-control-regex -- line breaks and NUL split arguments of the programs behind a handler
  if (/[\u0000-\u0020\u007f\\]/.test(link)) return refuse('characters that do not belong in an address')
  const url = URL.parse(link)
  if (url === null) return refuse('not an address')
  if (url.protocol !== 'https:') return refuse(`not https (${url.protocol})`)
  if (url.username !== '' || url.password !== '') return refuse('a user name in front of the host')
  return { kind: 'ask', url: url.href, host: url.host }
}

function refuse(reason: string): LinkDecision {
  return { kind: 'refuse', reason }
}

/** Opens links in the browser after asking, one question at a time. */
export class ExternalLinks {
  readonly #onRefused: (reason: string) => void
  #isAsking = false

  constructor(onRefused: (reason: string) => void) {
    this.#onRefused = onRefused
  }

  /** @param window the question's parent; null when it is gone */
  async open(link: string, window: BrowserWindow | null): Promise<void> {
    const decision = decideExternalLink(link)
    if (decision.kind === 'refuse') return this.#onRefused(decision.reason)
    if (this.#isAsking) return this.#onRefused('another link is being asked about')
    this.#isAsking = true
    try {
      // oxlint-disable-next-line no-restricted-properties -- the one place that opens links
      if (await this.#isConfirmed(decision, window)) await shell.openExternal(decision.url)
    } finally {
      this.#isAsking = false
    }
  }

  async #isConfirmed({ host, url }: { host: string; url: string }, window: BrowserWindow | null): Promise<boolean> {
    const question = {
      type: 'question' as const,
      message: `Open ${host} in your browser?`,
      detail: `${url}\n\nThe link comes from an alert. Who runs ${host} will see that you opened it.`,
      buttons: ['Cancel', 'Open in browser'],
      defaultId: 0,
      cancelId: 0,
    }
    const { response } = await (window === null
      ? dialog.showMessageBox(question)
      : dialog.showMessageBox(window, question))
    return response === 1
  }
}

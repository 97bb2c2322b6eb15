import type { App, WebContents } from 'electron'
import { isDeskUrl } from './origin.ts'

export interface NavigationGuardOptions {
  app: App
  /** A link that wants out of the app (`target=_blank`, `window.open`). */
  onExternalLink: (link: string, contents: WebContents) => void
  onRefused: (what: string) => void
}

/**
 * Keeps every window, of whatever origin, where it is (checklist items 12 to 14): no navigation and no redirect out of
 * the app, no second window, no webview. Installed for all contents at once, so that none can be forgotten.
 */
export function guardNavigation({ app, onExternalLink, onRefused }: NavigationGuardOptions): void {
  app.on('web-contents-created', (_event, contents) => {
    const stayInside = (details: { url: string; preventDefault: () => void }): void => {
      if (isDeskUrl(details.url)) return
      details.preventDefault()
      onRefused('navigation')
    }
    contents.on('will-navigate', stayInside)
    contents.on('will-frame-navigate', stayInside)
    contents.on('will-redirect', stayInside)
    contents.on('will-attach-webview', (event) => {
      event.preventDefault()
      onRefused('webview')
    })
    contents.setWindowOpenHandler(({ url }) => {
      onExternalLink(url, contents)
      return { action: 'deny' }
    })
  })
}

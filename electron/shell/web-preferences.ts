import type { WebPreferences } from 'electron'

/**
 * What the page's process may do (Electron's security checklist, items 2 to 4, 11 and 12). Stated even where it is
 * Electron's default: a default changes silently, this does not. Keys that only weaken are forbidden by lint.
 * @param preload path of the built preload script
 * @param hasDevTools only in development
 */
export function webPreferences(preload: string, hasDevTools: boolean) {
  return {
    preload,
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
    webviewTag: false,
    navigateOnDragDrop: false,
    // Electron fetches its dictionaries from the network.
    spellcheck: false,
    devTools: hasDevTools,
  } as const satisfies WebPreferences
}

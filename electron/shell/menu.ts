import type { MenuItemConstructorOptions } from 'electron'

export interface MenuOptions {
  isMac: boolean
  /** Reload and the developer tools: in development only. */
  hasDevTools: boolean
  /** Shows a place of the desk, by its route. */
  show: (route: string) => void
}

const SEPARATOR = { type: 'separator' } as const

/** Places of the desk with the route under which the page knows them. No accelerator decides anything. */
const PLACES = [
  { label: 'Waiting for you', route: 'waiting', accelerator: 'CommandOrControl+1' },
  { label: 'Inbox', route: 'inbox', accelerator: 'CommandOrControl+2' },
  { label: 'Events', route: 'events', accelerator: 'CommandOrControl+3' },
  { label: 'Problems', route: 'problems', accelerator: 'CommandOrControl+4' },
  { label: 'Active containments', route: 'containments', accelerator: 'CommandOrControl+5' },
  { label: 'Settings', route: 'settings', accelerator: 'CommandOrControl+,' },
]

/**
 * The application menu. Built of roles: without them copy, paste and undo do not work on macOS, and the labels would not
 * be in the system's language.
 */
export function menuTemplate({ isMac, hasDevTools, show }: MenuOptions): MenuItemConstructorOptions[] {
  const go = PLACES.map(({ label, route, accelerator }) => ({ label, accelerator, click: () => show(route) }))
  return [
    ...(isMac ? [{ role: 'appMenu' as const }] : []),
    { role: 'fileMenu' },
    { role: 'editMenu' },
    { label: 'Go', submenu: go },
    { label: 'View', submenu: viewMenu(hasDevTools) },
    { role: 'windowMenu' },
    ...(isMac ? [] : [{ role: 'help' as const, submenu: [{ role: 'about' as const }] }]),
  ]
}

function viewMenu(hasDevTools: boolean): MenuItemConstructorOptions[] {
  const zoom: MenuItemConstructorOptions[] = [{ role: 'resetZoom' }, { role: 'zoomIn' }, { role: 'zoomOut' }]
  const development: MenuItemConstructorOptions[] = [SEPARATOR, { role: 'reload' }, { role: 'toggleDevTools' }]
  return [...zoom, SEPARATOR, { role: 'togglefullscreen' }, ...(hasDevTools ? development : [])]
}

import type { Session } from 'electron'
import { isDeskUrl } from './origin.ts'

type Permission = Parameters<NonNullable<Parameters<Session['setPermissionCheckHandler']>[0]>>[1]

/** Every permission that Chromium knows (checklist item 5). A new one in the typings is a compile error here. */
export const PERMISSIONS = {
  // The only one: "Copy" of ids and hashes, on a click.
  'clipboard-sanitized-write': true,
  // Reading it would show the page what was copied elsewhere.
  'clipboard-read': false,
  'deprecated-sync-clipboard-read': false,
  // Notifications are made by the main process, which decides what they say.
  notifications: false,
  // Links are opened by external-link.ts, after a question.
  openExternal: false,
  // The page has no network, local or other.
  'local-network': false,
  'local-network-access': false,
  'loopback-network': false,
  'background-fetch': false,
  'background-sync': false,
  'periodic-background-sync': false,
  ar: false,
  'automatic-fullscreen': false,
  'captured-surface-control': false,
  'display-capture': false,
  fileSystem: false,
  fullscreen: false,
  geolocation: false,
  'geolocation-approximate': false,
  'hand-tracking': false,
  hid: false,
  'idle-detection': false,
  keyboardLock: false,
  'local-fonts': false,
  media: false,
  mediaKeySystem: false,
  midi: false,
  midiSysex: false,
  nfc: false,
  'payment-handler': false,
  'persistent-storage': false,
  pointerLock: false,
  'screen-wake-lock': false,
  sensors: false,
  serial: false,
  'smart-card': false,
  'speaker-selection': false,
  'storage-access': false,
  'system-wake-lock': false,
  'top-level-storage-access': false,
  unknown: false,
  usb: false,
  vr: false,
  'web-app-installation': false,
  'web-printing': false,
  'window-management': false,
} as const satisfies Record<Permission, boolean>

/** @param origin who asks; anything but the app itself has no permission at all */
export function isPermitted(permission: string, origin: string): boolean {
  return isDeskUrl(origin) && Object.hasOwn(PERMISSIONS, permission) && PERMISSIONS[permission as Permission] // hasOwn says so
}

/**
 * Whether the page's process may load an address: its own files, pictures that CSS carries inside, and in development the
 * developer tools. The second wall behind the CSP; it also holds against code that found a way around that.
 */
export function mayLoad(address: string, resourceType: string, hasDevTools: boolean): boolean {
  if (isDeskUrl(address)) return true
  const scheme = URL.parse(address)?.protocol
  if (scheme === 'data:') return resourceType === 'image'
  return hasDevTools && scheme === 'devtools:'
}

export interface SessionPolicyOptions {
  session: Session
  hasDevTools: boolean
  /** Told of every refusal, with the origin only: a full address may hold an alert's text. */
  onRefused: (what: string, origin: string) => void
}

/** Installs the rules above. Everything that a page could ask for is answered here, mostly with no. */
export function applySessionPolicy({ session, hasDevTools, onRefused }: SessionPolicyOptions): void {
  session.setPermissionCheckHandler((_contents, permission, origin) => isPermitted(permission, origin))
  session.setPermissionRequestHandler((_contents, permission, callback, details) => {
    const isGranted = isPermitted(permission, details.requestingUrl)
    if (!isGranted) onRefused(`permission ${permission}`, originOf(details.requestingUrl))
    callback(isGranted)
  })
  session.setDevicePermissionHandler(() => false)
  session.setDisplayMediaRequestHandler((_request, callback) => callback(null))
  session.webRequest.onBeforeRequest((details, callback) => {
    const isAllowed = mayLoad(details.url, details.resourceType, hasDevTools)
    if (!isAllowed) onRefused(`request of type ${details.resourceType}`, originOf(details.url))
    callback({ cancel: !isAllowed })
  })
  // Exports are written by the engine; a download would be something else.
  session.on('will-download', (event, item) => {
    event.preventDefault()
    onRefused('download', originOf(item.getURL()))
  })
  session.setSpellCheckerEnabled(false)
}

function originOf(address: string): string {
  const url = URL.parse(address)
  return url === null ? 'unreadable address' : `${url.protocol}//${url.host}`
}

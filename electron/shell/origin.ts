/** The one place that the app's window shows. A custom scheme, so that no file:// and no web page is ever the same origin. */
export const DESK_SCHEME = 'app'
export const DESK_HOST = 'desk'
export const DESK_ORIGIN = `${DESK_SCHEME}://${DESK_HOST}`

/**
 * Whether an address lies in the app itself. Parsed, never compared by its beginning: `app://desk.evil` and
 * `app://desk@evil` begin with the origin, too.
 */
export function isDeskUrl(address: string): boolean {
  const url = URL.parse(address)
  if (url === null || url.protocol !== `${DESK_SCHEME}:` || url.host !== DESK_HOST) return false
  return url.username === '' && url.password === ''
}

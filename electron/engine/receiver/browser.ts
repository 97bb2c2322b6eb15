import { refusal, type Refusal } from './refusal.ts'

/**
 * Refuses what only a browser sends. Senders are programs; a page that posts here is somebody else's, whatever its
 * origin says, so no origin is ever admitted and no CORS header is ever answered.
 */
export function checkBrowser(rawHeaders: readonly string[]): Refusal | null {
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]?.toLowerCase() ?? ''
    if (name === 'origin' || name.startsWith('sec-fetch-')) {
      return refusal(403, 'browser_not_allowed', `browser refused: requests with ${name} are not taken`)
    }
  }
  return null
}

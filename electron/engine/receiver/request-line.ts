import { refusal, type Refusal } from './refusal.ts'

export interface Target {
  /** As it was sent, still percent-encoded: what routes are matched on, segment by segment. */
  rawPath: string
  /** Decoded, as Go's `URL.Path`: what `authz` sees. */
  path: string
  query: URLSearchParams
}

/**
 * Reads the request line. Node hands on absolute-form targets and HTTP/1.0 requests; both would let a client name a host
 * that the `Host` check does not see, so only origin-form over HTTP/1.1 is read.
 */
export function readTarget(httpVersion: string, url: string): Target | Refusal {
  if (httpVersion !== '1.1') return malformed(`HTTP/${httpVersion} is not spoken here, use HTTP/1.1`)
  if (!url.startsWith('/') || url.startsWith('//')) return malformed('the target must be a path with one leading slash')
  const mark = url.indexOf('?')
  const rawPath = mark === -1 ? url : url.slice(0, mark)
  const path = decodePath(rawPath)
  if (path === null) return malformed('the path is not valid percent-encoded UTF-8')
  return { rawPath, path, query: new URLSearchParams(mark === -1 ? '' : url.slice(mark + 1)) }
}

/** @returns null where the encoding is broken */
export function decodePath(text: string): string | null {
  try {
    return decodeURIComponent(text)
  } catch {
    return null
  }
}

function malformed(why: string): Refusal {
  return refusal(400, 'malformed_request', `malformed request: ${why}`)
}

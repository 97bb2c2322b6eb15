import { headerValues } from './host.ts'
import { refusal, type Refusal } from './refusal.ts'

export interface Target {
  /** As it was sent, still percent-encoded: what routes are matched on, segment by segment. */
  rawPath: string
  /** Decoded, as Go's `URL.Path`: what `authz` sees. */
  path: string
  query: URLSearchParams
}

/** Proxies and probes still send 1.0. */
const VERSIONS: ReadonlySet<string> = new Set(['1.0', '1.1'])

/**
 * Reads the request line. Node hands on absolute-form targets, which would let a client name a host that the `Host` check
 * does not see: only origin-form is read.
 */
export function readTarget(httpVersion: string, url: string): Target | Refusal {
  if (!VERSIONS.has(httpVersion)) return malformed(`HTTP/${httpVersion} is not spoken here, use HTTP/1.1`)
  if (!url.startsWith('/') || url.startsWith('//')) return malformed('the target must be a path with one leading slash')
  const mark = url.indexOf('?')
  const rawPath = mark === -1 ? url : url.slice(0, mark)
  const path = decodePath(rawPath)
  if (path === null) return malformed('the path is not valid percent-encoded UTF-8')
  return { rawPath, path, query: new URLSearchParams(mark === -1 ? '' : url.slice(mark + 1)) }
}

/**
 * Node reads a body whose last transfer coding is `chunked` and passes over the others: it would be stored as it was packed.
 * In HTTP/1.0 there are none (RFC 9112 §6.1).
 */
export function checkFraming(httpVersion: string, rawHeaders: readonly string[]): Refusal | null {
  const codings = headerValues(rawHeaders, 'transfer-encoding')
  const [coding] = codings
  if (coding === undefined) return null
  const isChunked = codings.length === 1 && coding.toLowerCase() === 'chunked'
  return isChunked && httpVersion !== '1.0'
    ? null
    : malformed('the only Transfer-Encoding taken is chunked, over HTTP/1.1')
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

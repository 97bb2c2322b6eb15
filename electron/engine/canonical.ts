import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'

/** RFC 8785 text of a JSON value: the same bytes for the same value, whatever the order of its keys. */
export function canonicalJson(value: unknown): string {
  const text = canonicalize(value)
  if (text === undefined) throw new TypeError('Only JSON values have a canonical form')
  return text
}

/** SHA-256 as 64 lower-case hex digits. */
export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}

/** SHA-256 of the canonical text of a JSON value. */
export function canonicalHash(value: unknown): string {
  return sha256(canonicalJson(value))
}

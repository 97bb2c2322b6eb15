import { createHash } from 'node:crypto'
import canonicalize from 'canonicalize'

/**
 * RFC 8785 text of a JSON value. Text with a lone surrogate, which RFC 8785 refuses, is taken with U+FFFD in its place:
 * hostile input must not keep a record from being written.
 * @throws TypeError when the value is not JSON (undefined, a function, NaN)
 */
export function canonicalText(value: unknown): string {
  const text = canonicalize(isWellFormed(value) ? value : wellFormed(value))
  if (text === undefined) throw new TypeError('This value has no canonical JSON form')
  return text
}

/** @returns lower-case hex */
export function sha256Hex(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}

/** SHA-256 of the RFC 8785 text, lower-case hex. */
export function canonicalHash(value: unknown): string {
  return sha256Hex(canonicalText(value))
}

function isWellFormed(value: unknown): boolean {
  if (typeof value === 'string') return value.isWellFormed()
  if (Array.isArray(value)) return value.every(isWellFormed)
  if (value === null || typeof value !== 'object') return true
  return Object.entries(value).every(([key, member]) => key.isWellFormed() && isWellFormed(member))
}

function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.toWellFormed()
  if (Array.isArray(value)) return value.map(wellFormed)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key.toWellFormed(), wellFormed(member)]))
}

import { hash } from 'node:crypto'
import canonicalize from 'canonicalize'

/**
 * RFC 8785 text of a JSON value: the same bytes for the same value, whatever the order of its keys. Text with a lone
 * surrogate, which RFC 8785 refuses, is taken with U+FFFD in its place: hostile input must not keep a record from being
 * written.
 * @throws TypeError when the value is not JSON
 */
export function canonicalJson(value: unknown): string {
  const text = serialized(value)
  if (text === undefined) throw new TypeError('Only JSON values have a canonical form')
  return text
}

/** Canonical text of an object's members by their keys, where it is at hand: an event is made canonical once. */
export type CanonicalMembers = Readonly<Record<string, string>>

/** @returns the canonical text of the object that these members make */
export function canonicalObject(members: CanonicalMembers): string {
  // By code unit, as RFC 8785 has it.
  const keys = Object.keys(members).toSorted((a, b) => (a < b ? -1 : Number(a > b)))
  return `{${keys.map((key) => `${JSON.stringify(key)}:${members[key] ?? 'null'}`).join(',')}}`
}

function serialized(value: unknown): string | undefined {
  const text = plainText(value)
  if (text !== null) return text
  try {
    return canonicalize(value)
  } catch (error) {
    if (isWellFormed(value)) throw error
    return canonicalize(wellFormed(value))
  }
}

/** What only the library knows how to write, or to refuse. */
class NotPlain extends Error {}

/**
 * The canonical text of a plain value by the engine's own serialiser, which writes numbers and strings as RFC 8785 has
 * them, at half the library's cost; null where the value is not plain enough for it.
 */
function plainText(value: unknown): string | null {
  try {
    const text = JSON.stringify(sorted(value)) as string | undefined
    // A lone surrogate is written as an escape.
    return text === undefined || text.includes('\\ud') ? null : text
  } catch (error) {
    if (error instanceof NotPlain || error instanceof RangeError) return null
    throw error
  }
}

/** The same value with the members of its objects in the order of their keys. */
function sorted(value: unknown): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || 'toJSON' in value) throw new NotPlain()
  const members: Record<string, unknown> = {}
  for (const key of Object.keys(value).sort()) {
    if (isMisplaced(key)) throw new NotPlain()
    const member = (value as Record<string, unknown>)[key]
    if (member !== undefined) members[key] = sorted(member)
  }
  return members
}

/** Whether an object does not keep the key where it is added: numbers come first, and `__proto__` sets the prototype. */
function isMisplaced(key: string): boolean {
  const first = key.charCodeAt(0)
  return (first >= 0x30 && first <= 0x39) || key === '__proto__'
}

/** SHA-256 as 64 lower-case hex digits. */
export function sha256(data: string | Uint8Array): string {
  return hash('sha256', data)
}

/** SHA-256 of the canonical text of a JSON value. */
export function canonicalHash(value: unknown): string {
  return sha256(canonicalJson(value))
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

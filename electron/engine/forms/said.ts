import type { JsonValue } from '../../../shared/model/json.ts'

/** What needs no quotes among others: it holds no mark that puts values together. */
const PLAIN = /^[\w.:@/+-]+$/

/** A value of a state in words: `sg-1, sg-2`, `eni-1: sg-1; eni-2: none`. A text among others is quoted where it could be taken for more than one. */
export function said(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : inner(value)
}

function inner(value: JsonValue | undefined): string {
  if (value === undefined || value === null) return 'none'
  if (typeof value === 'string') return PLAIN.test(value) && value !== 'none' ? value : JSON.stringify(value)
  if (typeof value !== 'object') return String(value)
  const parts = Array.isArray(value)
    ? value.map(grouped)
    : Object.entries(value).map(([name, one]) => `${inner(name)}: ${isPlainList(one) ? inner(one) : grouped(one)}`)
  if (parts.length === 0) return JSON.stringify(value)
  return parts.join(Array.isArray(value) ? ', ' : '; ')
}

function grouped(value: JsonValue): string {
  if (typeof value !== 'object' || value === null) return inner(value)
  return Array.isArray(value) ? `[${inner(value)}]` : `{${inner(value)}}`
}

function isPlainList(value: JsonValue): boolean {
  return Array.isArray(value) && value.every((one) => typeof one !== 'object')
}

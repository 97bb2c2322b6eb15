import { sorted, sortedEntries } from './canonical-order.ts'
import { numberText, RegoNumber, RegoSet, type RegoValue } from './rego-value.ts'

/** The value as OPA writes it in Rego: `{"a": [1, 2]}`, `{1, 2}`, `set()`, strings in Go's quotes. */
export function regoText(value: RegoValue): string {
  if (value === null || typeof value === 'boolean') return String(value)
  if (typeof value === 'number' || value instanceof RegoNumber) return numberText(value)
  if (typeof value === 'string') return goQuote(value)
  if (Array.isArray(value)) return `[${value.map(regoText).join(', ')}]`
  if (value instanceof RegoSet) {
    return value.elements.length === 0 ? 'set()' : `{${sorted(value).map(regoText).join(', ')}}`
  }
  const entries = sortedEntries(value).map(([key, element]) => `${regoText(key)}: ${regoText(element)}`)
  return `{${entries.join(', ')}}`
}

const SHORT_ESCAPES = new Map([
  [7, '\\a'],
  [8, '\\b'],
  [9, '\\t'],
  [10, '\\n'],
  [11, '\\v'],
  [12, '\\f'],
  [13, '\\r'],
  [34, '\\"'],
  [92, '\\\\'],
])

/** Letters, marks, numbers, punctuation, symbols and the ASCII space: what Go's strconv.IsPrint lets through. */
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u

/**
 * A string as Go's strconv.Quote writes it.
 * @param isAscii as strconv.QuoteToASCII: everything beyond ASCII escaped
 */
export function goQuote(text: string, isAscii = false): string {
  let out = '"'
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0
    const short = SHORT_ESCAPES.get(code)
    if (short !== undefined) out += short
    else if (code < 128 ? code >= 32 && code < 127 : !isAscii && PRINTABLE.test(character)) out += character
    else if (code < 128) out += `\\x${code.toString(16).padStart(2, '0')}`
    else if (code > 0xffff) out += `\\U${code.toString(16).padStart(8, '0')}`
    else out += `\\u${code.toString(16).padStart(4, '0')}`
  }
  return `${out}"`
}

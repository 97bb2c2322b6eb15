import type { JsonValue } from '../../../shared/model/json.ts'

/** What AlertChain writes in a masked value's place (`behaviour/alertchain.md` §9). */
export const REDACTED = '[REDACTED]'

/** Shorter secrets are refused: to redact them by value would tear ordinary text apart (`design.md` §4). */
export const MIN_SECRET_LENGTH = 8

/** Bounds the memory and the time per line; the least recently used value is forgotten first. */
const MAX_VALUES = 200

/** Characters that every encoding for URLs and JSON leaves as they are. */
const PLAIN = /^[A-Za-z0-9._~-]*$/

interface Needle {
  literals: string[]
  /** For values with characters that URL or JSON encodings rewrite, in any mixture of them. */
  pattern: RegExp | null
}

/**
 * Takes secrets out of text by value: as they are, URL-encoded, JSON-escaped (also twice), hexadecimal, and inside base64 or
 * base64url at each of the three alignments. It knows every value that was revealed in this process.
 */
export class Redactor {
  readonly #needles = new Map<string, Needle>()

  /** @param values what is secret from the start */
  constructor(values: readonly string[] = []) {
    for (const value of values) this.add(value)
  }

  /**
   * From now on this value is taken out; of an address (a webhook) also its path and query, which servers echo without the
   * host. Values under 8 characters are ignored.
   */
  add(value: string): void {
    this.#add(value)
    const url = URL.parse(value)
    if (url !== null && /^https?:$/.test(url.protocol)) {
      this.#add(url.pathname + url.search)
      this.#add(url.pathname)
      this.#add(url.search.slice(1))
    }
  }

  #add(value: string): void {
    if (value.length < MIN_SECRET_LENGTH) return
    const known = this.#needles.get(value)
    this.#needles.delete(value)
    this.#needles.set(value, known ?? { literals: literalForms(value), pattern: encodedForms(value) })
    const [oldest] = this.#needles.keys()
    if (this.#needles.size > MAX_VALUES && oldest !== undefined) this.#needles.delete(oldest)
  }

  text(text: string): string {
    let clean = text
    for (const { literals, pattern } of this.#needles.values()) {
      for (const literal of literals) if (clean.includes(literal)) clean = clean.replaceAll(literal, REDACTED)
      if (pattern !== null) clean = clean.replace(pattern, REDACTED)
    }
    return clean
  }

  /** The same value when nothing in it is secret, else a copy; object keys are cleaned as well. */
  json(value: JsonValue): JsonValue {
    if (this.#needles.size === 0) return value
    const text = JSON.stringify(value)
    return this.text(text) === text ? value : this.#clean(value)
  }

  #clean(value: JsonValue): JsonValue {
    if (typeof value === 'string') return this.text(value)
    if (typeof value === 'number') {
      const text = this.text(String(value))
      return text === String(value) ? value : text
    }
    if (Array.isArray(value)) return value.map((item) => this.#clean(item))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [this.text(key), this.#clean(item)]))
  }
}

function literalForms(value: string): string[] {
  const bytes = Buffer.from(value)
  const hex = bytes.toString('hex')
  const base64 = [0, 1, 2].map((offset) => base64Inside(bytes, offset))
  const forms = [hex, hex.toUpperCase(), ...base64, ...base64.map(toBase64Url)]
  if (PLAIN.test(value)) forms.push(value)
  return [...new Set(forms)].sort((a, b) => b.length - a.length)
}

/** The base64 characters that depend on the value alone when `offset` unknown bytes stand before it. */
function base64Inside(bytes: Buffer, offset: number): string {
  const text = Buffer.concat([Buffer.alloc(offset), bytes])
    .toString('base64')
    .replaceAll('=', '')
  // A first character group shares bits with what stands before, a last incomplete one with what follows.
  const isComplete = (bytes.length + offset) % 3 === 0
  return text.slice(offset === 0 ? 0 : offset + 1, isComplete ? undefined : -1)
}

function toBase64Url(text: string): string {
  return text.replaceAll('+', '-').replaceAll('/', '_')
}

function encodedForms(value: string): RegExp | null {
  if (PLAIN.test(value)) return null
  const parts = value.match(/\\+|[^\\]/gsu) ?? []
  return new RegExp(parts.map(anyForm).join(''), 'g')
}

const SHORT_ESCAPES: Record<string, string> = { '\b': 'b', '\f': 'f', '\n': 'n', '\r': 'r', '\t': 't' }

/** The backslashes that one or two levels of JSON put before a character; bounded, so that matching stays linear. */
const ESCAPE = '\\\\{1,3}'

/** One character: literal, `%XX` of its UTF-8 bytes, `+` for a space, `\uXXXX`, or a short JSON escape. */
function anyForm(char: string): string {
  if (PLAIN.test(char)) return escapeRegExp(char)
  // A run of backslashes as one part: each level of JSON doubles them.
  if (char.startsWith('\\')) return `(?:\\\\{${char.length},${char.length * 4}}|(?:%5[cC]){${char.length}})`
  const percent = Array.from(Buffer.from(char), (byte) => `%${anyCase(byte.toString(16).padStart(2, '0'))}`).join('')
  const unicode = char
    .split('')
    .map((unit) => `${ESCAPE}u${anyCase(unit.charCodeAt(0).toString(16).padStart(4, '0'))}`)
    .join('')
  const forms = [percent, unicode, `\\\\{0,3}${escapeRegExp(char)}`]
  const short = SHORT_ESCAPES[char]
  if (short !== undefined) forms.push(ESCAPE + short)
  if (char === ' ') forms.push('\\+')
  return `(?:${forms.join('|')})`
}

function anyCase(hex: string): string {
  return hex.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`)
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`)
}

import type { JsonValue } from '../../../shared/model/json.ts'
import { decodeLayer, type Layer } from './decode-layer.ts'
import { NeedleIndex } from './needle-index.ts'

/** What AlertChain writes in a masked value's place (`behaviour/alertchain.md` §9). */
export const REDACTED = '[REDACTED]'

/** Shorter secrets are refused: to redact them by value would tear ordinary text apart (`design.md` §4). */
export const MIN_SECRET_LENGTH = 8

/** Of a value of several lines, shorter ones are words. */
const MIN_LINE_LENGTH = 24

/** Bounds the memory and the time per line; the least recently used value is forgotten first. */
const MAX_VALUES = 200

/** Encodings one in another that are looked through: a URL in JSON in HTML in a log line. */
const MAX_LAYERS = 4
/** base64 in base64; deeper is nothing that a server does by itself. */
const MAX_BASE64 = 3
/** Characters that one call decodes; several times the largest answer. */
const MAX_DECODED = 48 * 1024 * 1024

/** What base64 looks like, also broken into lines (MIME 76, PEM 64); short runs are words. */
const BASE64_RUN = /[A-Za-z0-9+/_-]{12,}(?:\r?\n[ \t]*[A-Za-z0-9+/_-]{2,})*={0,2}/g

/** Where something secret begins and ends. */
type Range = readonly [begin: number, end: number]

/**
 * Takes secrets out of text by value, in any case of letters: as they are, byte by byte (hexadecimal, decimal), inside base64 or base64url at each of
 * the three alignments, in lines, and again in base64; and all of it under up to four layers of URL encoding, HTML entities
 * and JSON escapes. It knows every value that was revealed in this process.
 */
export class Redactor {
  /** By value: the folded forms to look for. */
  readonly #needles = new Map<string, string[]>()
  /** Of all of them; made when it is needed. */
  #index: NeedleIndex | null = null

  /** @param values what is secret from the start */
  constructor(values: readonly string[] = []) {
    for (const value of values) this.add(value)
  }

  /**
   * From now on this value is taken out; of an address (a webhook) also its path and query, which servers echo without the
   * host, and its password; of several lines (a key) also each long one. Values under 8 characters are ignored.
   */
  add(value: string): void {
    if (value.length < MIN_SECRET_LENGTH) return
    const known = this.#needles.get(value)
    this.#needles.delete(value)
    this.#needles.set(value, known ?? [...new Set(partsOf(value).flatMap(formsOf))])
    if (known === undefined) this.#index = null
    const [oldest] = this.#needles.keys()
    if (this.#needles.size > MAX_VALUES && oldest !== undefined) this.#needles.delete(oldest)
  }

  text(text: string): string {
    if (this.#needles.size === 0) return text
    const ranges = this.#ranges(text, MAX_BASE64, { left: MAX_DECODED })
    return ranges.length === 0 ? text : without(text, ranges)
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

  /** @param budget what may still be decoded, shared by all that is looked into */
  #ranges(text: string, depth: number, budget: { left: number }): Range[] {
    const found: Range[] = []
    const above: Layer[] = []
    for (let layer = text; ;) {
      const here = [...this.#literal(layer), ...this.#inBase64(layer, depth, budget)]
      found.push(...here.map((range) => above.reduceRight(toTextAbove, range)))
      const next = above.length < MAX_LAYERS && budget.left > 0 ? decodeLayer(layer) : null
      if (next === null) return found
      budget.left -= next.text.length
      above.push(next)
      layer = next.text
    }
  }

  #literal(text: string): Range[] {
    this.#index ??= new NeedleIndex([...this.#needles.values()].flat())
    return this.#index.find(fold(text))
  }

  /** Runs that hold a secret once they are decoded, as a whole: where in them it stands is of no use to anybody. */
  #inBase64(text: string, depth: number, budget: { left: number }): Range[] {
    if (depth === 0) return []
    const found: Range[] = []
    for (const match of text.matchAll(BASE64_RUN)) {
      const run = match[0].replace(/\s+/g, '')
      // What stands before it may look like base64 as well: any of four characters may be its first.
      const isSecret = [0, 1, 2, 3].some((skipped) => this.#isSecret(run.slice(skipped), depth, budget))
      if (isSecret) found.push([match.index, match.index + match[0].length])
    }
    return found
  }

  #isSecret(run: string, depth: number, budget: { left: number }): boolean {
    budget.left -= run.length
    if (budget.left < 0) return false
    // Without the zeros of UTF-16, in which PowerShell encodes.
    const decoded = Buffer.from(run, 'base64').toString('utf8').replaceAll('\0', '')
    return this.#ranges(decoded, depth - 1, budget).length > 0
  }
}

/** A value and what of it is as secret by itself: without the white space around it, which a header loses. */
function partsOf(value: string): string[] {
  const lines = value.split(/\r?\n/).map((line) => line.trim())
  // Those that say which kind of key it is are no secret.
  const keyLines = lines.filter((line) => line.length >= MIN_LINE_LENGTH && !line.startsWith('-----'))
  const url = URL.parse(value)
  const isAddress = url !== null && /^https?:$/.test(url.protocol)
  const ofAddress = isAddress ? [url.pathname + url.search, url.pathname, url.search.slice(1), url.password] : []
  return [value, value.trim(), ...keyLines, ...ofAddress].filter((part) => part.length >= MIN_SECRET_LENGTH)
}

/** One case, and one of the two ways to write a space in a URL. The length stays: U+0130 is the only letter that would grow. */
function fold(text: string): string {
  return text.replaceAll('\u0130', 'i').toLowerCase().replaceAll('+', ' ')
}

function toTextAbove([begin, end]: Range, { begins, ends }: Layer): Range {
  return [begins[begin] ?? 0, ends[end - 1] ?? 0]
}

function without(text: string, ranges: readonly Range[]): string {
  let clean = ''
  let done = 0
  for (const [begin, end] of ranges.toSorted((a, b) => a[0] - b[0] || b[1] - a[1])) {
    if (end <= done) continue
    // What overlaps is one.
    if (begin >= done) clean += text.slice(done, begin) + REDACTED
    done = end
  }
  return clean + text.slice(done)
}

function formsOf(value: string): string[] {
  const bytes = Buffer.from(value)
  const base64 = [0, 1, 2].map((offset) => base64Inside(bytes, offset))
  const hex = bytes.toString('hex')
  const pairs = hex.match(/../g) ?? []
  const bytewise = [hex, pairs.join(' '), pairs.join(':'), bytes.join(','), bytes.join(', ')]
  const forms = [value, ...bytewise, ...base64, ...base64.map(toBase64Url)]
  return [...new Set(forms.map(fold))]
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

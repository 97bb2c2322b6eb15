import { compareStrings } from './canonical-order.ts'
import { isEscaped } from './number-text.ts'
import { RegoMap, RegoNumber, RegoSet, setKey, type RegoValue } from './rego-value.ts'

const QUOTE = 34

/** Digits that every double holds exactly. */
const SAFE_DIGITS = 15

/**
 * Reads what a compiled policy writes about a value (`opa_value_dump`): JSON with `{1, 2}` and `set()` for sets and keys
 * of any type. Unlike JSON it tells sets from arrays, and it is read without loss of digits.
 */
export class ValueReader {
  readonly #text: string
  #at = 0
  /** Whether anything was read that JSON cannot say; then `toJson` must convert it. */
  isPlain = true

  constructor(text: string) {
    this.#text = text
  }

  /** @throws SyntaxError when the text is not one value; the policy's module is damaged then */
  read(): RegoValue {
    const value = this.#value()
    if (this.#at !== this.#text.length) throw this.#broken()
    return value
  }

  #value(): RegoValue {
    const code = this.#text.charCodeAt(this.#at)
    if (code === QUOTE) return this.#string()
    if (code === 123) return this.#braces() // {
    if (code === 91) return this.#array() // [
    if (isNumberCode(code) && code !== 101) return this.#number() // a literal may begin with its point
    return this.#word()
  }

  #string(): string {
    const text = this.#text
    const start = this.#at
    let end = text.indexOf('"', start + 1)
    if (end < 0) throw this.#broken()
    const slice = text.slice(start + 1, end)
    if (!slice.includes('\\')) {
      this.#at = end + 1
      return slice
    }
    while (isEscaped(text, end)) {
      end = text.indexOf('"', end + 1)
      if (end < 0) throw this.#broken()
    }
    this.#at = end + 1
    // A JSON string literal gives a string.
    return JSON.parse(text.slice(start, this.#at)) as string
  }

  #number(): number | RegoNumber {
    const start = this.#at
    let code = this.#text.charCodeAt(start)
    let isInteger = code !== 46
    if (code === 45) code = this.#text.charCodeAt(++this.#at)
    while (isNumberCode(code)) {
      if (code < 48 || code > 57) isInteger = false
      code = this.#text.charCodeAt(++this.#at)
    }
    const text = this.#text.slice(start, this.#at)
    if (isInteger && text.length <= SAFE_DIGITS) return Number(text)
    const double = Number(text)
    if (String(double) === text) return double
    this.isPlain = false
    return new RegoNumber(text)
  }

  #array(): RegoValue[] {
    const elements: RegoValue[] = []
    this.#at++
    if (this.#takes(']')) return elements
    do elements.push(this.#value())
    while (this.#takesSeparator())
    this.#expect(']')
    return elements
  }

  /** An object or a set: the first element's following character tells. */
  #braces(): RegoValue {
    this.#at++
    if (this.#takes('}')) return {}
    const first = this.#value()
    return this.#takes(':') ? this.#object(first) : this.#set(first)
  }

  #set(first: RegoValue): RegoSet {
    const elements = [first]
    while (this.#takesSeparator()) elements.push(this.#value())
    this.#expect('}')
    this.isPlain = false
    return new RegoSet(elements)
  }

  #object(firstKey: RegoValue): RegoValue {
    const entries: [RegoValue, RegoValue][] = []
    let key = firstKey
    let hasOtherKeys = false
    for (;;) {
      this.#takes(' ')
      if (typeof key !== 'string') hasOtherKeys = true
      entries.push([key, this.#value()])
      if (!this.#takesSeparator()) break
      key = this.#value()
      this.#expect(':')
    }
    this.#expect('}')
    if (hasOtherKeys) {
      this.isPlain = false
      return new RegoMap(entries)
    }
    return objectOf(entries as [string, RegoValue][])
  }

  #word(): RegoValue {
    for (const [word, value] of WORDS) {
      if (!this.#text.startsWith(word, this.#at)) continue
      this.#at += word.length
      if (word !== 'set()') return value
      this.isPlain = false
      return new RegoSet([])
    }
    throw this.#broken()
  }

  #takes(character: string): boolean {
    if (this.#text[this.#at] !== character) return false
    this.#at++
    return true
  }

  #takesSeparator(): boolean {
    if (!this.#takes(',')) return false
    this.#takes(' ')
    return true
  }

  #expect(character: string): void {
    if (!this.#takes(character)) throw this.#broken()
  }

  #broken(): SyntaxError {
    return new SyntaxError(`The policy's answer is damaged at ${this.#at}`)
  }
}

/** Keys in order, as Go writes them: both evaluators then give the same text. */
function objectOf(entries: [string, RegoValue][]): { [key: string]: RegoValue } {
  const object: { [key: string]: RegoValue } = {}
  if (entries.some(([key], i) => i > 0 && key < (entries[i - 1]?.[0] ?? ''))) {
    entries.sort(([a], [b]) => compareStrings(a, b))
  }
  for (const [name, value] of entries) setKey(object, name, value)
  return object
}

const WORDS: readonly [string, null | boolean][] = [
  ['true', true],
  ['false', false],
  ['null', null],
  ['set()', null],
]

/** Digits, sign, point, exponent. */
function isNumberCode(code: number): boolean {
  return (code >= 48 && code <= 57) || code === 46 || code === 101 || code === 69 || code === 43 || code === 45
}

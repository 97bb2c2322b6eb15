import { createHmac, timingSafeEqual } from 'node:crypto'
import type { JsonValue } from '../../../shared/model/json.ts'
import { readableText } from '../forms/readable-text.ts'

/** Names of secrets and of variables; the same as the contract's `secrets.set`. */
export const SECRET_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/

/** An escape of JSON that stands for a character of a handle, and every other one, so that none is read in the middle. */
const ESCAPES = /\\(?:u00([3-7][0-9a-fA-F])|[^])/g
const HANDLE_CHARACTER = /^[A-Za-z0-9_:]$/
/** What a handle begins with, and what each of its characters may be escaped as. */
export const HANDLE_BEGIN = 'secret:'
const ESCAPED_CHARACTER = /\\u00(?:3[0-9aA]|[46][1-9a-fA-F]|5[0-9aAfF]|7[0-9aA])/

const HANDLE = /secret:([A-Za-z_][A-Za-z0-9_]{0,127}):([0-9a-f]{64})/g

/** Whether a value holds what looks like a handle, genuine or not. */
export function hasHandle(value: JsonValue): boolean {
  return JSON.stringify(value).search(HANDLE) !== -1
}

/**
 * Handles stand for secrets in policies, arguments and the database: `secret:NAME:<HMAC-SHA-256 of NAME>`. The key is per
 * install, so a handle that an event makes up is just text; the text is stable, so that policies can compare it.
 */
export class Handles {
  readonly #key: Uint8Array

  /** @param key 32 bytes from `SecretPort.handleKey()` */
  constructor(key: Uint8Array) {
    this.#key = Uint8Array.from(key)
  }

  make(name: string): string {
    return `secret:${name}:${this.#mac(name)}`
  }

  /** Names of the genuine handles anywhere in a value, object keys included; sorted, each once. */
  find(value: JsonValue): string[] {
    const names = new Set<string>()
    this.#collect(value, names)
    return [...names].sort()
  }

  /** A copy in which every genuine handle inside a string is replaced. Object keys and forged handles stay as they are. */
  replace(value: JsonValue, reveal: (name: string) => string): JsonValue {
    if (typeof value === 'string') return this.#replaceText(value, reveal)
    if (Array.isArray(value)) return value.map((item) => this.replace(item, reveal))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.replace(item, reveal)]))
  }

  /**
   * A JSON text in which no string and no key holds a genuine handle: each reads `‹NAME›`, also one that is written with
   * escapes. For what comes from outside, so that only `input.env` hands handles to a policy.
   */
  broken(json: string): string {
    const plain = ESCAPED_CHARACTER.test(json) ? json.replace(ESCAPES, unescaped) : json
    const broken = this.print(plain)
    return broken === plain ? json : broken
  }

  /** The same for the bytes of a JSON text. @returns the same bytes where there is no genuine handle in them */
  brokenBytes(bytes: Uint8Array): Uint8Array {
    const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    if (!view.includes(HANDLE_BEGIN) && !(view.includes('\\u00') && ESCAPED_CHARACTER.test(view.toString('latin1'))))
      return bytes
    const { text } = readableText(bytes)
    const broken = this.broken(text)
    return broken === text ? bytes : new TextEncoder().encode(broken)
  }

  /** The same for a value. @returns the same value where there is no genuine handle in it */
  brokenValue<Value extends JsonValue>(value: Value): Value {
    if (value === null || typeof value === 'number' || typeof value === 'boolean') return value
    const json = JSON.stringify(value)
    if (!json.includes(HANDLE_BEGIN)) return value
    const broken = this.print(json)
    return broken === json ? value : (JSON.parse(broken) as Value) // of the same shape
  }

  /** The text with genuine handles written as a person reads them: `‹NAME›`. */
  print(text: string): string {
    return this.#replaceText(text, (name) => `‹${name}›`)
  }

  #replaceText(text: string, reveal: (name: string) => string): string {
    return text.replace(HANDLE, (handle, name: string, mac: string) =>
      this.#isGenuine(name, mac) ? reveal(name) : handle,
    )
  }

  #collect(value: JsonValue, names: Set<string>): void {
    if (typeof value === 'string') this.#collectText(value, names)
    else if (Array.isArray(value)) for (const item of value) this.#collect(item, names)
    else if (typeof value === 'object' && value !== null) {
      for (const [key, item] of Object.entries(value)) {
        this.#collectText(key, names)
        this.#collect(item, names)
      }
    }
  }

  #collectText(text: string, names: Set<string>): void {
    for (const [, name = '', mac = ''] of text.matchAll(HANDLE)) if (this.#isGenuine(name, mac)) names.add(name)
  }

  #isGenuine(name: string, mac: string): boolean {
    return timingSafeEqual(Buffer.from(mac), Buffer.from(this.#mac(name)))
  }

  #mac(name: string): string {
    return createHmac('sha256', this.#key).update(name).digest('hex')
  }
}

function unescaped(escape: string, code: string | undefined): string {
  const character = code === undefined ? '' : String.fromCharCode(Number.parseInt(code, 16))
  return HANDLE_CHARACTER.test(character) ? character : escape
}

/**
 * A Rego value, exact: what JSON has, and beside it sets, objects with keys of any type, and numbers that a double
 * cannot hold. Objects whose keys are all strings are plain objects with own properties.
 */
export type RegoValue =
  | null
  | boolean
  | number
  | string
  | RegoNumber
  | RegoSet
  | RegoMap
  | RegoValue[]
  | { [key: string]: RegoValue }

/** A number whose text says more than a double: `12345678901234567890`, `1.00`. */
export class RegoNumber {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** A set; its elements are in no order until they are sorted (`canonical-order.ts`). */
export class RegoSet {
  readonly elements: RegoValue[]

  constructor(elements: RegoValue[]) {
    this.elements = elements
  }
}

/** An object with at least one key that is not a string. */
export class RegoMap {
  readonly entries: [RegoValue, RegoValue][]

  constructor(entries: [RegoValue, RegoValue][]) {
    this.entries = entries
  }
}

/** The value's type in OPA's words. */
export function typeName(value: RegoValue): 'null' | 'boolean' | 'number' | 'string' | 'array' | 'object' | 'set' {
  if (value === null) return 'null'
  if (typeof value === 'boolean') return 'boolean'
  if (typeof value === 'number' || value instanceof RegoNumber) return 'number'
  if (typeof value === 'string') return 'string'
  if (Array.isArray(value)) return 'array'
  return value instanceof RegoSet ? 'set' : 'object'
}

/** Keys and values of an object of either form, in no particular order. */
export function entriesOf(value: RegoMap | { [key: string]: RegoValue }): [RegoValue, RegoValue][] {
  return value instanceof RegoMap ? value.entries : Object.entries(value)
}

/** A number as its text; a double's text is the shortest that gives it back. */
export function numberText(value: number | RegoNumber): string {
  return typeof value === 'number' ? String(value) : value.text
}

/** Sets a key as data: `__proto__` becomes a property like any other. */
export function setKey<Value>(target: { [key: string]: Value }, key: string, value: Value): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true })
  } else {
    target[key] = value
  }
}

/** JSON text of a value without sets, for a host function's answer to a compiled policy; number text is kept. */
export function encodeJson(value: RegoValue | bigint): string {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'number' || value instanceof RegoNumber) return numberText(value)
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(encodeJson).join(',')}]`
  if (value instanceof RegoSet || value instanceof RegoMap) throw new TypeError('Only JSON values are returned')
  return `{${Object.entries(value)
    .map(([key, element]) => `${JSON.stringify(key)}:${encodeJson(element)}`)
    .join(',')}}`
}

import { TocsinError } from '../../../shared/errors.ts'
import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'

/**
 * Reads one object of a policy's result by Go's rules, as AlertChain does (`behaviour/alertchain.md` §3): field names match
 * whatever their case, unknown fields are ignored, a missing or null field is the zero value (so a null object has none), a
 * wrong type is an error.
 */
export class ResultObject {
  readonly #fields: JsonObject
  /** How the author finds it: "run[0]". */
  readonly where: string

  /**
   * @throws TocsinError `policy_result` when it is not an object
   */
  constructor(value: JsonValue, where: string) {
    if (typeof value !== 'object' || Array.isArray(value)) throw wrongType(where, 'an object', value)
    this.#fields = value ?? {}
    this.where = where
  }

  text(name: string): string {
    const value = this.any(name)
    if (value === null) return ''
    if (typeof value !== 'string') throw wrongType(this.place(name), 'a string', value)
    return value
  }

  flag(name: string): boolean {
    const value = this.any(name)
    if (value === null) return false
    if (typeof value !== 'boolean') throw wrongType(this.place(name), 'a boolean', value)
    return value
  }

  integer(name: string): number {
    const value = this.any(name)
    if (value === null) return 0
    if (typeof value !== 'number' || !Number.isSafeInteger(value))
      throw wrongType(this.place(name), 'an integer', value)
    return value
  }

  /** Elements of an array (or set), each as an object with its place. */
  objects(name: string): ResultObject[] {
    return this.list(name).map((element, index) => new ResultObject(element, `${this.place(name)}[${index}]`))
  }

  list(name: string): JsonValue[] {
    const value = this.any(name)
    if (value === null) return []
    if (!Array.isArray(value)) throw wrongType(this.place(name), 'an array or a set', value)
    return value
  }

  /** An object as it is; null where it is missing. */
  object(name: string): JsonObject | null {
    const value = this.any(name)
    if (value === null) return null
    if (typeof value !== 'object' || Array.isArray(value)) throw wrongType(this.place(name), 'an object', value)
    return value
  }

  /** How the author finds a field: "run[0].approval". */
  place(name: string): string {
    return `${this.where}.${name}`
  }

  /** The value as it is; null where it is missing. An exact name wins over one in another case. */
  any(name: string): JsonValue {
    const exact = Object.hasOwn(this.#fields, name) ? this.#fields[name] : undefined
    if (exact !== undefined) return exact
    const lower = name.toLowerCase()
    for (const [key, value] of Object.entries(this.#fields)) if (key.toLowerCase() === lower) return value
    return null
  }
}

/**
 * The elements of one rule of a package document.
 * @param document what the entrypoint evaluated to; undefined when the package does not exist
 * @throws TocsinError `policy_result` when the rule is neither an array nor a set
 */
export function ruleElements(document: JsonValue | undefined, rule: string): ResultObject[] {
  if (document === undefined || document === null) return []
  return new ResultObject(document, 'data')
    .list(rule)
    .map((element, index) => new ResultObject(element, `${rule}[${index}]`))
}

function wrongType(where: string, expected: string, value: JsonValue): TocsinError {
  const actual =
    value === null
      ? 'null'
      : Array.isArray(value)
        ? 'an array'
        : typeof value === 'object'
          ? 'an object'
          : `a ${typeof value}`
  return new TocsinError(
    'policy_result',
    `The policy's ${where} is ${actual}, ${expected} is expected: change the rule and re-process`,
  )
}

/** Of a wrong value in a message. */
const MAX_SHOWN = 100

/**
 * The failure for a value of the right type that means nothing here.
 * @param where how the author finds it: "run[0].effect"
 * @param expected what is known, with its verb: "observe, notify or contain is"
 */
export function wrongValue(where: string, value: JsonValue, expected: string): TocsinError {
  const shown = JSON.stringify(value)
  const short = shown.length > MAX_SHOWN ? `${shown.slice(0, MAX_SHOWN)}…` : shown
  return new TocsinError('policy_result', `The policy's ${where} is ${short}: ${expected} expected`)
}

import type { JsonObject, JsonValue } from '../../../../shared/model/json.ts'
import type { ReportAttribute } from '../../../../shared/model/report.ts'

/** Of a text in an answer, what a person reads. */
const MAX_TEXT = 512
/** Of a list in an answer. */
const MAX_ITEMS = 50
const MAX_DEPTH = 8
/** Of a whole answer: small enough to stand in every later round's input. */
const MAX_CHARACTERS = 65_536

/** Controls, and what turns the direction of writing or is not seen. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]/gu

/** A new attribute's context where a service outside named it. */
const FROM_OUTSIDE = ['remote', 'additional']

/** How many new attributes one answer may bring up. */
const MAX_ATTRIBUTES = 5

/** @returns a text of an answer without unseen characters, cut; '' where it is none */
export function textOf(value: JsonValue | undefined): string {
  if (typeof value !== 'string') return ''
  return value.slice(0, MAX_TEXT).replaceAll(UNSEEN, ' ').trim()
}

/** @returns the texts of a list that are none twice and not empty; a text alone counts as a list of one */
export function textsOf(value: JsonValue | undefined): string[] {
  const texts = (Array.isArray(value) ? value.slice(0, MAX_ITEMS) : [value]).map(textOf)
  return [...new Set(texts)].filter((text) => text !== '')
}

/** @returns a finite number, or null */
export function numberOf(value: JsonValue | undefined): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null
}

export function objectOf(value: JsonValue | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
}

/** @returns the objects of a list, the first fifty */
export function objectsOf(value: JsonValue | undefined): JsonObject[] {
  return Array.isArray(value) ? value.slice(0, MAX_ITEMS).map(objectOf) : []
}

/** @returns RFC 3339 of seconds since 1970 or of a date in ISO's form; undefined where it is neither */
export function timeOf(value: JsonValue | undefined): string | undefined {
  const ms = typeof value === 'number' ? value * 1000 : typeof value === 'string' ? Date.parse(value.slice(0, 40)) : NaN
  return Number.isNaN(ms) || Math.abs(ms) > 8.64e15 ? undefined : new Date(ms).toISOString()
}

/** The fields of these names that are there and not null. */
export function pick(value: JsonObject, names: readonly string[]): JsonObject {
  const isThere = (name: string): boolean => value[name] !== undefined && value[name] !== null
  return Object.fromEntries(names.filter(isThere).map((name) => [name, value[name] ?? null]))
}

/** An object without the fields that say nothing. */
export function told<T extends object>(value: T): T {
  const isTold = (field: unknown): boolean =>
    field !== undefined && field !== '' && !(Array.isArray(field) && field.length === 0)
  return Object.fromEntries(Object.entries(value).filter(([, field]) => isTold(field))) as T
}

/** An answer with every text, list and depth cut, and no more than 64 K characters in all. */
export function bounded(value: JsonValue): JsonValue {
  let left = MAX_CHARACTERS
  const cut = (one: JsonValue, depth: number): JsonValue => {
    left -= 8
    if (left <= 0) return null
    if (typeof one === 'string') {
      const text = textOf(one)
      left -= text.length
      return text
    }
    if (typeof one !== 'object' || one === null) return one
    if (depth === 0) return null
    if (Array.isArray(one)) return one.slice(0, MAX_ITEMS).map((item) => cut(item, depth - 1))
    const entries = Object.entries(one).slice(0, MAX_ITEMS)
    return Object.fromEntries(
      entries.map(([name, field]) => {
        const shown = textOf(name)
        left -= shown.length
        return [shown, cut(field, depth - 1)]
      }),
    )
  }
  return cut(value, MAX_DEPTH)
}

/** New attributes of one type, each value once and few of them. @param key where the answer has them */
export function newAttributes(type: string, key: string, values: readonly (string | null)[]): ReportAttribute[] {
  const known = [...new Set(values)].filter((value) => value !== null && value !== '')
  return known.slice(0, MAX_ATTRIBUTES).map((value) => ({ type, key, value: value ?? '', context: [...FROM_OUTSIDE] }))
}

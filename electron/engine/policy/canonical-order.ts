import { TocsinError } from '../../../shared/errors.ts'
import type { JsonValue } from '../../../shared/model/json.ts'
import { entriesOf, numberText, RegoMap, RegoNumber, RegoSet, setKey, type RegoValue } from './rego-value.ts'
import { compareNumberText } from './decimal.ts'

/**
 * OPA's canonical order (`behaviour/alertchain.md` §7): null < boolean < number < string < array < object < set; strings by
 * their UTF-8 bytes; arrays element by element, then by length; objects by their sorted keys, each key followed by its
 * value, then by length; sets like arrays of their sorted elements.
 * @returns negative, 0 or positive
 */
export function compareValues(a: RegoValue, b: RegoValue): number {
  const rankA = rank(a)
  const rankB = rank(b)
  if (rankA !== rankB) return rankA - rankB
  if (typeof a === 'boolean') return Number(a) - Number(b)
  if (typeof a === 'string') return compareStrings(a, b as string) // equal ranks: the same type
  if (typeof a === 'number' || a instanceof RegoNumber) return compareNumbers(a, b as number | RegoNumber)
  if (a === null) return 0
  if (Array.isArray(a)) return compareArrays(a, b as RegoValue[])
  if (a instanceof RegoSet) return compareArrays(sorted(a), sorted(b as RegoSet))
  return compareObjects(a, b as RegoMap)
}

function rank(value: RegoValue): number {
  switch (typeof value) {
    case 'boolean':
      return 1
    case 'number':
      return 2
    case 'string':
      return 3
    default:
      if (value === null) return 0
      if (value instanceof RegoNumber) return 2
      if (Array.isArray(value)) return 4
      return value instanceof RegoSet ? 6 : 5
  }
}

/** By UTF-8 bytes, which is the order of code points; JavaScript's own order differs above U+FFFF. */
export function compareStrings(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i)
    const y = b.charCodeAt(i)
    if (x === y) continue
    const isSurrogateX = x >= 0xd800 && x <= 0xdfff
    const isSurrogateY = y >= 0xd800 && y <= 0xdfff
    if (isSurrogateX !== isSurrogateY) return isSurrogateX ? 1 : -1
    return x - y
  }
  return a.length - b.length
}

function compareNumbers(a: number | RegoNumber, b: number | RegoNumber): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  return compareNumberText(numberText(a), numberText(b))
}

function compareArrays(a: readonly RegoValue[], b: readonly RegoValue[]): number {
  const length = Math.min(a.length, b.length)
  for (let i = 0; i < length; i++) {
    const order = compareValues(a[i] ?? null, b[i] ?? null)
    if (order !== 0) return order
  }
  return a.length - b.length
}

type RegoObject = RegoMap | { [key: string]: RegoValue }

function compareObjects(a: RegoObject, b: RegoObject): number {
  const x = sortedEntries(a)
  const y = sortedEntries(b)
  for (let i = 0; i < Math.min(x.length, y.length); i++) {
    const [keyX, valueX] = x[i] ?? [null, null]
    const [keyY, valueY] = y[i] ?? [null, null]
    const order = compareValues(keyX, keyY) || compareValues(valueX, valueY)
    if (order !== 0) return order
  }
  return x.length - y.length
}

/** Entries in the order of their keys. */
export function sortedEntries(object: RegoObject): [RegoValue, RegoValue][] {
  return [...entriesOf(object)].sort((a, b) => compareValues(a[0], b[0]))
}

/** The set's elements in canonical order. */
export function sorted(set: RegoSet): RegoValue[] {
  return [...set.elements].sort(compareValues)
}

/**
 * The value as JSON, as OPA gives results out: sets become arrays in canonical order, keys that are not strings their
 * JSON text, numbers doubles. Reuses the given objects.
 * @throws TocsinError `policy_result` for a number that no double holds: as JSON it would be null
 */
export function toJson(value: RegoValue): JsonValue {
  if (value === null || typeof value !== 'object') return value
  if (value instanceof RegoNumber) return doubleOf(value)
  if (value instanceof RegoSet) return sorted(value).map(toJson)
  if (Array.isArray(value)) return value.map(toJson)
  const out: { [key: string]: JsonValue } = {}
  for (const [key, element] of value instanceof RegoMap ? entriesByText(value) : Object.entries(value)) {
    setKey(out, key, toJson(element))
  }
  return out
}

function doubleOf({ text }: RegoNumber): number {
  const double = Number(text)
  if (Number.isFinite(double)) return double
  throw new TocsinError('policy_result', `The policy gives the number ${text}, which is beyond 1.8e308: make it a text`)
}

/** As Go writes objects: in the order of the keys' texts. */
function entriesByText({ entries }: RegoMap): [string, RegoValue][] {
  return entries
    .map(([key, element]): [string, RegoValue] => [typeof key === 'string' ? key : keyText(key), element])
    .sort(([a], [b]) => compareStrings(a, b))
}

/** OPA writes a key that is not a string as the JSON text of its value. */
function keyText(key: RegoValue): string {
  if (typeof key === 'number' || key instanceof RegoNumber) return numberText(key)
  return typeof key === 'object' && key !== null ? JSON.stringify(toJson(key)) : JSON.stringify(key)
}

import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import type { EventForms } from '../policy/evaluation.ts'

/**
 * An event as AlertChain re-encodes it (`behaviour/alertchain.md` §3): two spaces of indent, keys sorted bytewise, `<>&`
 * and U+2028/9 escaped, numbers by ES6's rules, a newline at the end.
 */
export function rawText(event: JsonValue): string {
  const width = new Width()
  return rawTextOf(event, sortKeys(event, INDENT, width), width)
}

/**
 * The forms in which an event goes on: the input of its alerts' chains holds them.
 * @param event its text as policies see it, and what `JSON.parse` read there
 * @param options.withRaw the second as well; it takes several times as long
 */
export function eventForms({ text, value }: { text: string; value: JsonValue }, { withRaw = true } = {}): EventForms {
  return { json: text, raw: withRaw ? JSON.stringify(rawText(value)) : null }
}

/** The `raw` of an event, as JSON string. */
export function rawForm({ json, raw }: EventForms): string {
  return raw ?? JSON.stringify(rawText(JSON.parse(json) as JsonValue))
}

function rawTextOf(event: JsonValue, sorted: JsonValue | undefined, width: Width): string {
  const indent = width.characters > MAX_INDENT_CHARACTERS ? 0 : INDENT
  if (sorted !== undefined) {
    const text = JSON.stringify(sorted, null, indent)
    // What is written so may be half a surrogate pair, which becomes a replacement character.
    if (!text.includes('\\ud')) return `${escapeHtml(text)}\n`
  }
  return `${indent === 0 ? encodeText(event) : encode(event, '\n')}\n`
}

const INDENT = 2

/**
 * Many values deep down cost a hundred times their own size in spaces: a megabyte of it would not fit into one text.
 * Such an event is written without indent.
 */
const MAX_INDENT_CHARACTERS = 8 * 1024 * 1024

/** Adds up what all indents take. */
class Width {
  characters = 0

  add(characters: number): void {
    this.characters += characters
  }
}

/** Keys that JavaScript would put elsewhere: array indices come first, `__proto__` is no member, surrogates sort otherwise. */
const MISPLACED_KEY = /^\d+$|^__proto__$|[\uD800-\uDFFF]/

/**
 * The event with its keys in order, to be written natively: ten times faster than `encode`, on the way of every event.
 * @param indent of this value's members
 * @returns undefined where an object of JavaScript cannot hold the order
 */
function sortKeys(value: JsonValue, indent: number, width: Width): JsonValue | undefined {
  if (value === null || typeof value !== 'object') return value
  const isList = Array.isArray(value)
  const keys = isList ? [] : Object.keys(value).sort()
  width.add(indent * (isList ? value.length : keys.length))
  if (isList) {
    const members = value.map((member) => sortKeys(member, indent + INDENT, width))
    return members.includes(undefined) ? undefined : (members as JsonValue[]) // checked just now
  }
  const out: JsonObject = {}
  let isMisplaced = false
  for (const key of keys) {
    const member = sortKeys(value[key] ?? null, indent + INDENT, width)
    if (member === undefined || MISPLACED_KEY.test(key)) isMisplaced = true
    else out[key] = member
  }
  return isMisplaced ? undefined : out
}

/** @param newline a line feed and the indent of the enclosing value */
function encode(value: JsonValue, newline: string): string {
  if (typeof value === 'string') return encodeText(value.toWellFormed())
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  const inner = `${newline}  `
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]'
    return `[${inner}${value.map((member) => encode(member, inner)).join(`,${inner}`)}${newline}]`
  }
  const keys = Object.keys(value).sort(byteOrder)
  if (keys.length === 0) return '{}'
  const members = keys.map((key) => `${encodeText(key.toWellFormed())}: ${encode(value[key] ?? null, inner)}`)
  return `{${inner}${members.join(`,${inner}`)}${newline}}`
}

function encodeText(value: JsonValue): string {
  return escapeHtml(JSON.stringify(value))
}

/** JSON text as Go writes it: `<>&` and U+2028/9 as escapes, which stand in its strings alone. */
export function escapeHtml(json: string): string {
  return json.replaceAll(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** The order of the UTF-8 bytes, which differs from that of UTF-16 above U+FFFF. */
export function byteOrder(a: string, b: string): number {
  const isPlain = a.length === 0 || b.length === 0 || !/[\uD800-\uDFFF]/.test(a + b)
  if (isPlain) return a < b ? -1 : Number(a > b)
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}

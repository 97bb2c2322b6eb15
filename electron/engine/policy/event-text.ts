import type { JsonValue } from '../../../shared/model/json.ts'
import { readableText, withoutByteOrderMark } from '../forms/readable-text.ts'
import { withShortestNumbers } from './number-text.ts'

/** Deeper events are refused: no detector nests like that. Lower than the input's, because a chain's input holds the event. */
export const MAX_EVENT_DEPTH = 500

/** A policy's own reader is recursive. */
export const MAX_INPUT_DEPTH = 1000

/** A number is huge by its exponent or by its digits. */
const HUGE_EXPONENT = /[eE]\+?\d{3}/
const HUGE_DIGITS = 309

const QUOTE = 34
const BACKSLASH = 92
const encoder = new TextEncoder()

/**
 * Decides whether bytes are an input that both evaluators read alike. opa-wasm turns text that it cannot read into an
 * undefined input, which would look like "nothing detected", and accepts `{}x` and `[1,]`; so JSON.parse reads it first.
 * @returns the bytes and the text as policies see them (`readableText`, each number in its shortest form) and their value,
 *   or what is wrong with them
 */
export function checkEventText(
  bytes: Uint8Array,
  maxDepth = MAX_EVENT_DEPTH,
): { bytes: Uint8Array; text: string; value: JsonValue } | { malformed: string } {
  const { text, isReplaced } = readableText(bytes)
  const body = isReplaced ? encoder.encode(text) : withoutByteOrderMark(bytes)
  if (hasMoreBrackets(text, maxDepth) && depthExceeds(body, maxDepth)) {
    return { malformed: `The input is nested deeper than ${maxDepth} levels.` }
  }
  try {
    const value = JSON.parse(text) as JsonValue
    const flaw = flawIn(text, value)
    if (flaw !== null) return { malformed: flaw }
    const shortest = withShortestNumbers(text)
    return { bytes: shortest === text ? body : encoder.encode(shortest), text: shortest, value }
  } catch (error) {
    return { malformed: `The input is not one JSON value: ${error instanceof Error ? error.message : String(error)}` }
  }
}

/** What a policy sees of an input that was checked when it came. */
export function policyInput(bytes: Uint8Array): Uint8Array {
  const input = checkEventText(bytes, MAX_INPUT_DEPTH)
  return 'bytes' in input ? input.bytes : bytes
}

/** Counted natively: what has no more brackets than levels needs no look at each byte. */
function hasMoreBrackets(text: string, limit: number): boolean {
  let count = 0
  for (const bracket of '{[') {
    for (let at = text.indexOf(bracket); at >= 0; at = text.indexOf(bracket, at + 1)) {
      if (++count > limit) return true
    }
  }
  return false
}

/** Whether JSON text is nested deeper than so many levels. */
export function depthExceeds(bytes: Uint8Array, limit: number): boolean {
  let depth = 0
  let isInString = false
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]
    if (isInString) {
      if (byte === BACKSLASH) i++
      else if (byte === QUOTE) isInString = false
    } else if (byte === QUOTE) isInString = true
    else if (byte === 123 || byte === 91) {
      if (++depth > limit) return true
    } else if (byte === 125 || byte === 93) depth--
  }
  return false
}

/**
 * Looks for what cannot be written as JSON again.
 * @param value what `text` says
 * @returns what is wrong, or null
 */
export function flawIn(text: string, value: JsonValue): string | null {
  return isSuspicious(text) ? flawOf(value) : null
}

/** Whether the text may hold a flaw; `flawOf` decides. */
function isSuspicious(text: string): boolean {
  return HUGE_EXPONENT.test(text) || hasHugeDigits(text)
}

/** So many digits in a row hold one at a multiple of their number: only there it needs a look. */
function hasHugeDigits(text: string): boolean {
  for (let at = 0; at < text.length; at += HUGE_DIGITS) {
    let start = at
    let end = at
    while (isDigit(text, start - 1)) start--
    while (isDigit(text, end)) end++
    if (end - start >= HUGE_DIGITS) return true
  }
  return false
}

function isDigit(text: string, at: number): boolean {
  const code = text.charCodeAt(at)
  return code >= 48 && code <= 57
}

/** What has no place in the input of a chain: it could not be written as JSON again. */
function flawOf(value: unknown): string | null {
  if (typeof value === 'number') return Number.isFinite(value) ? null : 'The input has a number beyond 1.8e308.'
  if (typeof value !== 'object' || value === null) return null
  for (const element of Object.values(value)) {
    const flaw = flawOf(element)
    if (flaw !== null) return flaw
  }
  return null
}

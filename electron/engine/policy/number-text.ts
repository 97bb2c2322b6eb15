import { shortestNumber } from './decimal.ts'

const QUOTE = 34
const BACKSLASH = 92
const MINUS = 45
const ZERO = 48
const NINE = 57
/** `+` `-` `.` `E` `e` */
const NUMBER_MARKS = new Set([43, 45, 46, 69, 101])

/** Digits that every double holds exactly. */
const SAFE_LENGTH = 15

/**
 * Writes each number of JSON text in its shortest form, so that a policy finds `1.0`, `1e0` and `1` at the same index and
 * under the same key: AlertChain hands its policies doubles, which have one spelling each. Digits that a double would lose
 * stay. Strings are skipped; text without such a number comes back itself.
 * @param text one JSON value
 */
export function withShortestNumbers(text: string): string {
  let out = ''
  let kept = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) at = endOfString(text, at)
    else if (code === MINUS || isDigit(code)) {
      const end = endOfNumber(text, at)
      const number = isShortInteger(text, at, end) ? null : text.slice(at, end)
      const shortest = number === null ? null : shortestNumber(number)
      if (shortest !== number) {
        out += text.slice(kept, at) + shortest
        kept = end
      }
      at = end - 1
    }
  }
  return kept === 0 ? text : out + text.slice(kept)
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= NINE
}

/** Digits, sign, point, exponent. */
function endOfNumber(text: string, start: number): number {
  let end = start + 1
  for (let code = text.charCodeAt(end); isDigit(code) || NUMBER_MARKS.has(code);) code = text.charCodeAt(++end)
  return end
}

/** Whether it is an integer that is written as short as can be; most numbers are. */
function isShortInteger(text: string, start: number, end: number): boolean {
  if (end - start > SAFE_LENGTH) return false
  for (let at = end - 1; at > start; at--) if (!isDigit(text.charCodeAt(at))) return false
  return text.charCodeAt(start) !== MINUS || text.charCodeAt(start + 1) !== ZERO
}

/** @returns the place of the quote that ends the string */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1)
  while (end > 0 && isEscaped(text, end)) end = text.indexOf('"', end + 1)
  return end < 0 ? text.length : end
}

/** Whether the character has an odd number of backslashes before it. */
export function isEscaped(text: string, at: number): boolean {
  let backslashes = 0
  while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes++
  return backslashes % 2 === 1
}

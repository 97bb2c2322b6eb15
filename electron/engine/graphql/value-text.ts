import type { JsonValue } from '../../../shared/model/json.ts'
import { isSecretName, withoutWrittenOut } from '../secrets/written-out.ts'

/** A value as GraphQL's `String` has it: a text as it is, everything else as JSON (`interfaces.md` §4). */
export function valueText(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** One argument of an action, without secrets that are written out in it. */
export function argumentText(key: string, value: JsonValue): string {
  return valueText(withoutWrittenOut(value, isSecretName(key)))
}

/** JSON text without the spaces between its tokens; numbers, repeated keys and escapes stay as they were sent. */
export function compactJson(text: string): string {
  const pieces: string[] = []
  let start = 0
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) at = stringEnd(text, at)
    else if (isSpace(code)) {
      pieces.push(text.slice(start, at))
      start = at + 1
    }
  }
  pieces.push(text.slice(start))
  return pieces.join('')
}

const QUOTE = 0x22
const BACKSLASH = 0x5c

/** @returns where the closing quote of the string that begins at `start` stands */
function stringEnd(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) return at
    if (code === BACKSLASH) at += 1
  }
  return text.length
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09
}

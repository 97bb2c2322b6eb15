import type { JsonValue } from '../../../shared/model/json.ts'

/** A value as GraphQL's `String` has it: a text as it is, everything else as JSON (`interfaces.md` §4). */
export function valueText(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

const MASK = '[REDACTED]'

/** Names under which a policy may have written a secret out; the same that the action registry redacts. */
const SECRET_NAME = /^(secret_.*|password|bearer)$/

/** A secret's handle is no secret: it is printed as ‹NAME› when the answer leaves. */
const HANDLE = /secret:[A-Za-z_][A-Za-z0-9_]{0,127}:[0-9a-f]{64}/

/** One argument of an action, without secrets that are written out in it. */
export function argumentText(key: string, value: JsonValue): string {
  return valueText(mask(value, SECRET_NAME.test(key)))
}

function mask(value: JsonValue, isSecret: boolean): JsonValue {
  if (Array.isArray(value)) return value.map((item) => mask(item, isSecret))
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, mask(item, isSecret || SECRET_NAME.test(key))]),
    )
  }
  return isSecret && !HANDLE.test(String(value)) ? MASK : value
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

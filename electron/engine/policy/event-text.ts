/** Deeper events are refused: no detector nests like that. Lower than the input's, because a chain's input holds the event. */
export const MAX_EVENT_DEPTH = 500

/** A policy's own reader is recursive. */
export const MAX_INPUT_DEPTH = 1000

/** An escape is the only way to a lone surrogate once the bytes are UTF-8; a number is huge by its digits or its exponent. */
const SUSPICIOUS = /\\u[dD][89a-fA-F]|\d{309}|[eE]\+?\d{3}/

const QUOTE = 34
const BACKSLASH = 92
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Decides whether bytes are an input that both evaluators read alike. opa-wasm turns text that it cannot read into an
 * undefined input, which would look like "nothing detected", and accepts `{}x` and `[1,]`; so JSON.parse reads it first.
 * @returns the bytes without a byte order mark, or what is wrong with them
 */
export function checkEventText(
  bytes: Uint8Array,
  maxDepth = MAX_EVENT_DEPTH,
): { bytes: Uint8Array } | { malformed: string } {
  const body = hasByteOrderMark(bytes) ? bytes.subarray(3) : bytes
  let text: string
  try {
    text = decoder.decode(body)
  } catch {
    return { malformed: 'The input is not UTF-8 text.' }
  }
  if (depthExceeds(body, maxDepth)) return { malformed: `The input is nested deeper than ${maxDepth} levels.` }
  try {
    const value: unknown = JSON.parse(text)
    const flaw = SUSPICIOUS.test(text) ? flawOf(value) : null
    return flaw === null ? { bytes: body } : { malformed: flaw }
  } catch (error) {
    return { malformed: `The input is not one JSON value: ${error instanceof Error ? error.message : String(error)}` }
  }
}

function hasByteOrderMark(bytes: Uint8Array): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
}

function depthExceeds(bytes: Uint8Array, limit: number): boolean {
  if (bytes.length <= limit) return false
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

/** What has no place in the input of a chain: it could not be written as JSON again, or not as the same. */
function flawOf(value: unknown): string | null {
  if (typeof value === 'string') {
    return value.isWellFormed() ? null : 'The input has half a surrogate pair, which is no character.'
  }
  if (typeof value === 'number') return Number.isFinite(value) ? null : 'The input has a number beyond 1.8e308.'
  if (typeof value !== 'object' || value === null) return null
  for (const [key, element] of Object.entries(value)) {
    const flaw = flawOf(key) ?? flawOf(element)
    if (flaw !== null) return flaw
  }
  return null
}

/** Deeper JSON is refused: a policy's own reader is recursive, and no detector nests like that. */
const MAX_DEPTH = 1000

const QUOTE = 34
const BACKSLASH = 92
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Decides whether bytes are an input that both evaluators read alike. opa-wasm turns text that it cannot read into an
 * undefined input, which would look like "nothing detected", and accepts `{}x` and `[1,]`; so JSON.parse reads it first.
 * @returns the bytes without a byte order mark, or what is wrong with them
 */
export function checkEventText(bytes: Uint8Array): { bytes: Uint8Array } | { malformed: string } {
  const body = hasByteOrderMark(bytes) ? bytes.subarray(3) : bytes
  let text: string
  try {
    text = decoder.decode(body)
  } catch {
    return { malformed: 'The input is not UTF-8 text.' }
  }
  if (depthExceeds(body, MAX_DEPTH)) return { malformed: `The input is nested deeper than ${MAX_DEPTH} levels.` }
  try {
    const value: unknown = JSON.parse(text)
    // An escape is the only way to a lone surrogate once the bytes are UTF-8.
    if (/\\u[dD][89a-fA-F]/.test(text) && hasLoneSurrogate(value)) {
      return { malformed: 'The input has half a surrogate pair, which is no character.' }
    }
    return { bytes: body }
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

function hasLoneSurrogate(value: unknown): boolean {
  if (typeof value === 'string') return !value.isWellFormed()
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).some(([key, element]) => !key.isWellFormed() || hasLoneSurrogate(element))
}

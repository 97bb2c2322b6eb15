import { isUtf8 } from 'node:buffer'

/** What policies, answers and screens see where a sender wrote no character. */
const REPLACEMENT_ESCAPE = '\\ufffd'

/** An escape is the only way to half a surrogate pair in text that was decoded. */
const SURROGATE = /\\u[dD][89a-fA-F]/
/** Every escape of a JSON text one after the other, a whole pair as one: what is matched by the group stands alone. */
const ESCAPES = /\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|[^])/g

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

export interface ReadableText {
  text: string
  /** Something in it was no character. */
  isReplaced: boolean
}

/**
 * Reads the bytes of a JSON text as policies and answers see them: without a byte order mark, with U+FFFD for what is no
 * UTF-8 (as a browser decodes it) and for half a surrogate pair, which Go's decoder reads so as well. Who names a file on a
 * watched machine chooses such bytes; they must not keep its event out.
 */
export function readableText(bytes: Uint8Array): ReadableText {
  const body = withoutByteOrderMark(bytes)
  const isValid = isUtf8(body)
  const decoded = decoder.decode(body)
  const text = decoded.includes('\\u') && SURROGATE.test(decoded) ? withoutHalves(decoded) : decoded
  return { text, isReplaced: !isValid || text !== decoded }
}

/** Whether `readableText` replaces something, without reading what need not be read. */
export function hasReplacements(bytes: Uint8Array): boolean {
  if (!isUtf8(bytes)) return true
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return (view.includes('\\ud') || view.includes('\\uD')) && readableText(bytes).isReplaced
}

function withoutHalves(text: string): string {
  return text.replace(ESCAPES, (escape, half: string | undefined) => (half === undefined ? escape : REPLACEMENT_ESCAPE))
}

/** The same bytes behind a byte order mark, where there is one. */
export function withoutByteOrderMark(bytes: Uint8Array): Uint8Array {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes
}

/** An event's bytes as a policy sees them: without a byte order mark, and U+FFFD for what is no character. */
export function readableBytes(bytes: Uint8Array): Uint8Array {
  return hasReplacements(bytes) ? new TextEncoder().encode(readableText(bytes).text) : withoutByteOrderMark(bytes)
}

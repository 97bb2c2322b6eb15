import { createGunzip, createInflate, createInflateRaw, type Gunzip, type Inflate, type InflateRaw } from 'node:zlib'
import type { Hold } from './gauge.ts'
import { headerValues } from './host.ts'
import { refusal, type Refusal } from './refusal.ts'

/** How a body is packed. */
export type Encoding = 'identity' | 'gzip' | 'deflate'

const NAMES: Readonly<Record<string, Encoding>> = { gzip: 'gzip', 'x-gzip': 'gzip', deflate: 'deflate' }

/** Reads `Content-Encoding`: none or one of those that are inflated here. */
export function readEncoding(rawHeaders: readonly string[]): Encoding | Refusal {
  const names = headerValues(rawHeaders, 'content-encoding')
    .flatMap((value) => value.split(','))
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '' && name !== 'identity')
  const [name, ...more] = names
  if (name === undefined) return 'identity'
  const encoding = more.length === 0 ? NAMES[name] : undefined
  return encoding ?? notSupported()
}

/** What the body of a request may take. */
export interface InflateBounds {
  maxBytes: number
  hold: Hold
  /** The refusal of a body that is too large. */
  tooLarge: () => Refusal
  busy: () => Refusal
}

/**
 * Inflates a body piece by piece and counts what comes out, so that a small one that holds a huge one is dropped at the
 * bound.
 */
export async function inflate(
  packed: Uint8Array,
  encoding: Exclude<Encoding, 'identity'>,
  { maxBytes, hold, tooLarge, busy }: InflateBounds,
): Promise<Buffer | Refusal> {
  const stream = inflater(packed, encoding)
  const chunks: Buffer[] = []
  let size = 0
  stream.end(packed)
  try {
    for await (const piece of stream) {
      const chunk = piece as Buffer // zlib streams give buffers
      size += chunk.length
      if (size > maxBytes) return tooLarge()
      if (!hold.add(chunk.length)) return busy()
      chunks.push(chunk)
    }
  } catch {
    return malformed(`it is not ${encoding}`)
  }
  return stream.bytesWritten === packed.length
    ? Buffer.concat(chunks, size)
    : malformed(`something follows the ${encoding}`)
}

/** `deflate` means zlib's form (RFC 9110); some send it without zlib's two bytes at the start. */
function inflater(packed: Uint8Array, encoding: Exclude<Encoding, 'identity'>): Gunzip | Inflate | InflateRaw {
  if (encoding === 'gzip') return createGunzip()
  const [first = 0, second = 0] = packed
  const isZlib = (first & 0x0f) === 8 && ((first << 8) | second) % 31 === 0
  return isZlib ? createInflate() : createInflateRaw()
}

function notSupported(): Refusal {
  return refusal(
    415,
    'encoding_not_supported',
    'body refused: its Content-Encoding is not supported, send it as gzip, as deflate or as it is',
    { 'Accept-Encoding': 'gzip, deflate' },
  )
}

function malformed(why: string): Refusal {
  return refusal(400, 'malformed_encoding', `malformed body: ${why}`)
}

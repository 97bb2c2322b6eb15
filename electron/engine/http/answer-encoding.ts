import { promisify } from 'node:util'
import { brotliDecompress, gunzip, inflate, inflateRaw, zstdDecompress } from 'node:zlib'
import { errorCode } from '../../../shared/errors.ts'

/** `deflate` means zlib's form (RFC 9110 §8.4.1.2); some send it without zlib's two bytes at the start. */
const DECODERS: Record<string, (body: Buffer, limit: { maxOutputLength: number }) => Promise<Buffer>> = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: (body, limit) => (isZlib(body) ? promisify(inflate)(body, limit) : promisify(inflateRaw)(body, limit)),
  br: promisify(brotliDecompress),
  zstd: promisify(zstdDecompress),
  identity: (body) => Promise.resolve(body),
}

/** One or two are sent by mistake now and then; more is an attack. */
const MAX_ENCODINGS = 3

/** Why an answer's body cannot be unpacked. */
export type Unreadable = 'too_large' | 'unknown_encoding' | 'broken'

/**
 * Unpacks the body of an answer. Servers send packed ones although nobody asked for them.
 * @param encodings the header `Content-Encoding`
 * @param maxBytes of the body when it is unpacked, and after each step; nothing larger is ever held
 */
export async function unpack(
  body: Buffer,
  encodings: string,
  maxBytes: number,
): Promise<{ body: Buffer } | { failure: Unreadable }> {
  const names = encodings.split(',').map((name) => name.trim().toLowerCase())
  if (names.length > MAX_ENCODINGS) return { failure: 'unknown_encoding' }
  let unpacked = body
  for (const name of names.toReversed()) {
    const decode = Object.hasOwn(DECODERS, name) ? DECODERS[name] : undefined
    if (decode === undefined) return { failure: 'unknown_encoding' }
    try {
      unpacked = await decode(unpacked, { maxOutputLength: maxBytes })
    } catch (error) {
      return { failure: errorCode(error) === 'ERR_BUFFER_TOO_LARGE' ? 'too_large' : 'broken' }
    }
  }
  return { body: unpacked }
}

/** RFC 1950 §2.2: method 8, and a check over the first two bytes. */
function isZlib(body: Buffer): boolean {
  return body.length >= 2 && ((body[0] ?? 0) & 0x0f) === 8 && body.readUInt16BE(0) % 31 === 0
}

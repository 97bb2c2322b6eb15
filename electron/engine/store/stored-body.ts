import { deflateRawSync, inflateRawSync } from 'node:zlib'

/** Smaller bodies gain nothing from compression. Of 2 kB one in five takes a page then, and one of 20 kB an eighth. */
const COMPRESS_FROM_BYTES = 1024

/** Of 2 kB it makes as little as zstd in half its time, most of which is its start. */
const FASTEST = { level: 1 }

/** A body as it is stored. */
export interface StoredBody {
  encoding: 'identity' | 'deflate'
  bytes: Uint8Array
}

/** Compresses a body where that pays; some 10 µs, so the policy thread does it for those that it sees. */
export function storedBody(body: Uint8Array): StoredBody {
  if (body.byteLength < COMPRESS_FROM_BYTES) return { encoding: 'identity', bytes: body }
  return { encoding: 'deflate', bytes: deflateRawSync(body, FASTEST) }
}

/** Undoes `storedBody`'s compression. */
export function decodeBody(body: Buffer, encoding: StoredBody['encoding']): Uint8Array {
  return encoding === 'deflate' ? inflateRawSync(body) : body
}

import { deflateRawSync, inflateRawSync } from 'node:zlib'

/** Smaller bodies gain nothing from compression. Of 2 kB one in five takes a page then, and one of 20 kB an eighth. */
const COMPRESS_FROM_BYTES = 1024

/** Of 2 kB it makes as little as zstd in half its time, most of which is its start. */
const FASTEST = 1
/** What zlib takes at once for what it makes, and keeps all of until the garbage is collected: 16 kB for a body of 2 kB. */
const MOST_CHUNK_BYTES = 16 * 1024
const LEAST_CHUNK_BYTES = 1024
/** A deflated body is seldom longer than this once it is inflated; one that is takes several chunks. */
const USUAL_RATIO = 4

/** A body as it is stored. */
export interface StoredBody {
  encoding: 'identity' | 'deflate'
  bytes: Uint8Array
}

/** Compresses a body where that pays; some 10 µs, so the policy thread does it for those that it sees. */
export function storedBody(body: Uint8Array): StoredBody {
  if (body.byteLength < COMPRESS_FROM_BYTES) return { encoding: 'identity', bytes: body }
  return { encoding: 'deflate', bytes: deflateRawSync(body, { level: FASTEST, chunkSize: chunkFor(body.byteLength) }) }
}

/** Undoes `storedBody`'s compression. */
export function decodeBody(body: Buffer, encoding: StoredBody['encoding']): Uint8Array {
  return encoding === 'deflate' ? inflateRawSync(body, { chunkSize: chunkFor(body.byteLength * USUAL_RATIO) }) : body
}

function chunkFor(bytes: number): number {
  return Math.max(LEAST_CHUNK_BYTES, Math.min(bytes, MOST_CHUNK_BYTES))
}

import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'

/** Smaller bodies gain nothing from compression. Of 2 kB one in five takes a page then, and one of 20 kB an eighth. */
const COMPRESS_FROM_BYTES = 1024

/** A body as it is stored. */
export interface StoredBody {
  encoding: 'identity' | 'zstd'
  bytes: Uint8Array
}

/** Compresses a body where that pays; some 20 µs, so the policy thread does it for those that it sees. */
export function storedBody(body: Uint8Array): StoredBody {
  if (body.byteLength < COMPRESS_FROM_BYTES) return { encoding: 'identity', bytes: body }
  return { encoding: 'zstd', bytes: zstdCompressSync(body) }
}

/** Undoes `storedBody`'s compression. */
export function decodeBody(body: Buffer, encoding: StoredBody['encoding']): Uint8Array {
  return encoding === 'zstd' ? zstdDecompressSync(body) : body
}

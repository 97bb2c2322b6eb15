import type { IncomingMessage } from 'node:http'
import { inflate, readEncoding, type Encoding } from './content-encoding.ts'
import type { Hold } from './gauge.ts'
import { headerValues } from './host.ts'
import { refusal, refusalForNow, type Refusal } from './refusal.ts'

/** What the headers say about the body, before a byte of it is read. @returns how it is packed */
export function checkBodyHeaders(rawHeaders: readonly string[], maxBytes: number): Encoding | Refusal {
  const [length] = headerValues(rawHeaders, 'content-length')
  return length !== undefined && Number(length) > maxBytes ? tooLarge(maxBytes) : readEncoding(rawHeaders)
}

/**
 * Reads the whole body and counts it, as it comes and inflated.
 * @returns null when the client went away first
 */
export async function readBody(
  request: IncomingMessage,
  { maxBytes, encoding }: { maxBytes: number; encoding: Encoding },
  hold: Hold,
): Promise<Buffer | Refusal | null> {
  const body = await readBytes(request, maxBytes, hold)
  if (encoding === 'identity' || body === null || 'status' in body || body.length === 0) return body
  return inflate(body, encoding, { maxBytes, hold, tooLarge: () => tooLarge(maxBytes), busy })
}

/** A chunked body has no length to believe. */
function readBytes(request: IncomingMessage, maxBytes: number, hold: Hold): Promise<Buffer | Refusal | null> {
  const { promise, resolve } = Promise.withResolvers<Buffer | Refusal | null>()
  const chunks: Buffer[] = []
  let size = 0
  const finish = (outcome: Buffer | Refusal | null): void => {
    request.removeAllListeners('data')
    resolve(outcome)
  }
  hold.onGiveWay(() => finish(busy()))
  request.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > maxBytes) finish(tooLarge(maxBytes))
    else if (!hold.add(chunk.length)) finish(busy())
    // A copy: the chunk is a view of a 64 kB read buffer, which would stay in memory for as long as the event.
    else chunks.push(Buffer.from(chunk))
  })
  request.on('end', () => {
    hold.received()
    finish(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, size))
  })
  request.on('error', () => finish(null))
  request.on('close', () => finish(null))
  return promise
}

export function busy(): Refusal {
  return refusalForNow(503, 'busy', 'busy: too many events are waiting to be stored, send it again')
}

function tooLarge(maxBytes: number): Refusal {
  return refusal(413, 'too_large', `body refused: it is larger than ${maxBytes} bytes`)
}

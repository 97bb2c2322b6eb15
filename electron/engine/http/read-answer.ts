import { STATUS_CODES } from 'node:http'
import type { Dispatcher } from 'undici'
import { unpack, type Unreadable } from './answer-encoding.ts'
import { HttpFailure } from './http-failure.ts'
import type { IncomingAnswer } from './request.ts'

/**
 * Reads the whole answer and unpacks it.
 * @throws HttpFailure `net_too_large`, `net_bad_answer`
 */
export async function readAnswer(
  answer: Dispatcher.ResponseData,
  method: string,
  maxBytes: number,
): Promise<IncomingAnswer> {
  const chunks: Buffer[] = []
  let size = 0
  const declared = method === 'HEAD' ? 0 : Number(answer.headers['content-length'] ?? 0)
  // A body stream without an encoding yields buffers.
  for await (const chunk of answer.body as AsyncIterable<Buffer>) {
    size += chunk.length
    if (Math.max(size, declared) > maxBytes) throw tooLarge(answer.statusCode, maxBytes)
    chunks.push(chunk)
  }
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(answer.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value
  }
  const status = answer.statusCode
  const statusText = `${status} ${STATUS_CODES[status] ?? ''}`.trim()
  const { 'content-encoding': encodings = '', ...rest } = headers
  const packed = Buffer.concat(chunks)
  if (encodings.trim() === '' || packed.length === 0) return { status, statusText, headers, body: packed }
  const unpacked = await unpack(packed, encodings, maxBytes)
  if ('failure' in unpacked) throw unreadable(unpacked.failure, encodings, status, maxBytes)
  return { status, statusText, headers: rest, body: unpacked.body }
}

function unreadable(failure: Unreadable, encodings: string, status: number, maxBytes: number): HttpFailure {
  if (failure === 'too_large') return tooLarge(status, maxBytes)
  const shown = JSON.stringify(encodings.slice(0, 100))
  const what =
    failure === 'broken'
      ? `says that it is packed as ${shown} and is not`
      : `is packed as ${shown}: gzip, deflate, br and zstd can be read`
  return new HttpFailure('net_bad_answer', `The answer ${what}.`, { hasLeft: true, status })
}

function tooLarge(status: number, maxBytes: number): HttpFailure {
  return new HttpFailure('net_too_large', `The answer is larger than ${maxBytes / 1024 / 1024} MiB.`, {
    hasLeft: true,
    status,
  })
}

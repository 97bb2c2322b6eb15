import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { JsonValue } from '../../shared/model/json.ts'
import { MAX_ANSWER_BYTES } from '../../electron/engine/http/answer-limit.ts'
import { actionKit, type ActionKit } from '../fakes/action-kit.ts'

const JSON_TEXT = '{"ok":"packed"}'

let server: Server
let answer: { status?: number; headers: Record<string, string>; body: Uint8Array | string }
let kit: ActionKit

beforeEach(async () => {
  server = createServer((request, response) => {
    response.writeHead(answer.status ?? 200, answer.headers).end(request.method === 'HEAD' ? undefined : answer.body)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  kit = actionKit()
})
afterEach(async () => {
  await kit.close()
  server.close().closeAllConnections()
})

function fetch(method = 'GET') {
  return kit.run('http.fetch', { method, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` })
}

function packed(encoding: string, body: Uint8Array, type = 'application/json'): void {
  answer = { headers: { 'content-type': type, 'content-encoding': encoding }, body }
}

it.each<[string, Buffer]>([
  ['gzip', gzipSync(JSON_TEXT)],
  ['X-GZip', gzipSync(JSON_TEXT)],
  ['deflate', deflateSync(JSON_TEXT)],
  ['deflate', deflateRawSync(JSON_TEXT)],
  ['br', brotliCompressSync(JSON_TEXT)],
  ['zstd', zstdCompressSync(JSON_TEXT)],
  ['identity', Buffer.from(JSON_TEXT)],
  ['deflate, gzip', gzipSync(deflateSync(JSON_TEXT))],
])('[S25] reads an answer that is packed as %s', async (encoding, body) => {
  packed(encoding, body)
  expect(await fetch()).toMatchObject({ outcome: 'succeeded', result: { ok: 'packed' } satisfies JsonValue })
})

it('reads the text of an error that is packed', async () => {
  answer = { status: 400, headers: { 'content-encoding': 'gzip' }, body: gzipSync('why it was refused') }
  expect(JSON.stringify(await fetch())).toContain('400 Bad Request: why it was refused')
})

it('needs no body of HEAD and of 204', async () => {
  answer = { headers: { 'content-encoding': 'gzip' }, body: '' }
  expect(await fetch('HEAD')).toMatchObject({ outcome: 'succeeded' })
  answer = { status: 204, headers: { 'content-encoding': 'gzip' }, body: '' }
  expect(await fetch()).toMatchObject({ outcome: 'succeeded' })
})

const BOMB = Buffer.alloc(MAX_ANSWER_BYTES + 1, 'x')

it.each<[string, string, Buffer, string]>([
  ['that unpacks to more than the limit', 'gzip', gzipSync(BOMB), 'net_too_large'],
  ['that does so in br', 'br', brotliCompressSync(BOMB), 'net_too_large'],
  ['that does so in the second step', 'gzip, gzip', gzipSync(gzipSync(BOMB)), 'net_too_large'],
  ['that is not what it says', 'gzip', Buffer.from(JSON_TEXT), 'net_bad_answer'],
  ['that is cut', 'gzip', gzipSync(JSON_TEXT).subarray(0, 20), 'net_bad_answer'],
  ['that is packed as nobody knows', 'compress', Buffer.from('x'), 'net_bad_answer'],
  ['that names what every object has', 'constructor', Buffer.from('x'), 'net_bad_answer'],
  ['that is packed four times', 'gzip,gzip,gzip,gzip', gzipSync('x'), 'net_bad_answer'],
])('[S25] refuses an answer %s', async (_, encoding, body, code) => {
  packed(encoding, body)
  const outcome = await fetch()
  expect(outcome).toMatchObject({ outcome: 'failed', error: { code } })
})

it('says of an answer that is nested too deep that it is', async () => {
  packed('identity', Buffer.from(`${'['.repeat(1100)}${']'.repeat(1100)}`))
  const error = { code: 'bad_answer', message: 'The answer is nested deeper than 500 levels.' }
  expect(await fetch()).toEqual({ outcome: 'failed', error })
  expect(await fetch('POST')).toMatchObject({ outcome: 'unknown', error: { code: 'bad_answer' } })
  packed('identity', Buffer.from(`${'['.repeat(500)}"[["${']'.repeat(500)}`))
  expect(await fetch()).toMatchObject({ outcome: 'succeeded' })
})

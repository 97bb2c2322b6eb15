import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { post, requestText, sendBytes, startDesk, type TestDesk, type WireAnswer } from './receiver-kit.ts'
import { refusalOf } from './refusals.ts'

/* The rows of the bad-input table in docs/SECURITY.md that are about how large a body is and how it is packed. */

let desk: TestDesk
beforeAll(async () => {
  desk = await startDesk()
})
afterAll(() => desk.close())

const MIB = 1024 * 1024
const EVENT = '{"title":"open","who":"ann"}'

async function expectRefused(sending: Promise<WireAnswer | null>, status: number, code: string): Promise<void> {
  await refusalOf(desk, sending, { status, code })
}

function lastBody(): string {
  const id = desk.store.db.prepare('SELECT id FROM event ORDER BY seq DESC LIMIT 1').pluck().get() as string
  return Buffer.from(desk.store.events.body(id) ?? []).toString()
}

function bodyOf(bytes: number): string {
  return `"${'x'.repeat(bytes - 2)}"`
}

it('[B16] over 1 MiB by its length, and by its bytes', async () => {
  await expectRefused(post(desk.port, '/alert/door', bodyOf(MIB + 1)), 413, 'too_large')
  const chunk = `${(MIB + 1).toString(16)}\r\n${bodyOf(MIB + 1)}\r\n0\r\n\r\n`
  const head = requestText(desk.port, { headers: ['Transfer-Encoding: chunked'] })
  await expectRefused(sendBytes(desk.port, head + chunk), 413, 'too_large')
})

it('[B17] in an encoding that is not inflated here', () =>
  expectRefused(post(desk.port, '/alert/door', EVENT, ['Content-Encoding: br']), 415, 'encoding_not_supported'))

const packed: [string, (text: string) => Buffer][] = [
  ['gzip', (text) => gzipSync(text)],
  ['X-GZIP', (text) => gzipSync(text)],
  ['deflate', (text) => deflateSync(text)],
  ['deflate', (text) => deflateRawSync(text)],
  ['identity', (text) => Buffer.from(text)],
  ['', (text) => Buffer.from(text)],
]
it.each(packed)('[B120] packed as %s: inflated, and stored so', async (encoding, pack) => {
  const answer = await post(desk.port, '/alert/door', pack(EVENT), [`Content-Encoding: ${encoding}`])
  expect(answer).toMatchObject({ status: 200, json: { alerts: [{ title: 'open' }] } })
  expect(lastBody()).toBe(EVENT)
  expect((await post(desk.port, '/alert/door', pack(bodyOf(MIB)), [`Content-Encoding: ${encoding}`]))?.status).toBe(200)
})

it.each(packed)('[B121] a bomb in %s', async (encoding, pack) => {
  const bomb = pack(bodyOf(MIB + 1))
  await expectRefused(post(desk.port, '/alert/door', bomb, [`Content-Encoding: ${encoding}`]), 413, 'too_large')
})

it.each([
  ['gzip', Buffer.from(EVENT)],
  ['gzip', gzipSync(EVENT).subarray(0, -3)],
  ['gzip', Buffer.concat([gzipSync(EVENT), Buffer.from('more')])],
  ['deflate', Buffer.from(EVENT)],
  ['deflate', deflateSync(EVENT).subarray(0, -3)],
  ['deflate', Buffer.concat([deflateSync(EVENT), Buffer.from('more')])],
])('[B122] what is not %s, or goes on behind it: %#', (encoding, bytes) =>
  expectRefused(post(desk.port, '/alert/door', bytes, [`Content-Encoding: ${encoding}`]), 400, 'malformed_encoding'),
)

it('[B121] bombs of 256 MiB, many at once, keep memory flat', { timeout: 60_000 }, async () => {
  const bomb = gzipSync(Buffer.alloc(256 * MIB), { level: 9 })
  expect(bomb.length).toBeLessThan(MIB)
  const before = process.memoryUsage().rss
  const bombs = Array.from({ length: 32 }, () => post(desk.port, '/alert/door', bomb, ['Content-Encoding: gzip']))
  const answers = await Promise.all(bombs)
  expect(answers.map((answer) => answer?.status)).toEqual(Array(32).fill(413))
  expect(process.memoryUsage().rss - before).toBeLessThan(150 * MIB)
})

it('[B18] more at once than fits', async () => {
  const narrow = await startDesk({ limits: { requestBytes: 10 } })
  const answer = await post(narrow.port, '/alert/door', EVENT)
  expect(answer).toMatchObject({ status: 503, json: { code: 'busy' }, headers: { 'retry-after': '5' } })
  expect(narrow.rows('event')).toBe(0)
  await narrow.close()
})

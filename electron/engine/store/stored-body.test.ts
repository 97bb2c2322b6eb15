import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { decodeBody, storedBody } from './stored-body.ts'

it.each([
  ['one that is longer than its usual ratio', Buffer.alloc(300_000, 'a')],
  ['one that cannot be compressed', randomBytes(70_000)],
  ['an ordinary one', Buffer.from(JSON.stringify({ words: Array.from({ length: 300 }, (_, word) => `word ${word}`) }))],
  ['a small one', Buffer.from('{}')],
  ['an empty one', Buffer.alloc(0)],
])('gives a body back as it was: %s', (_, body) => {
  const { encoding, bytes } = storedBody(body)
  expect(Buffer.from(decodeBody(Buffer.from(bytes), encoding)).equals(body)).toBe(true)
})

it('keeps no more memory for a body of 2 kB than it may take', () => {
  // zlib's result is a part of what it took at first.
  const body = randomBytes(2000)
  const deflated = Buffer.from(storedBody(body).bytes)
  const kept = Array.from({ length: 64 }, () => decodeBody(deflated, 'deflate').buffer)
  const bytes = [...new Set(kept)].reduce((sum, { byteLength }) => sum + byteLength, 0)
  expect(bytes).toBeLessThan(64 * 9000 + 2 * 65_536)
})

import { expect, test } from 'vitest'
import { age, duration, span } from './time.ts'

const MINUTE = 60_000

test.each([
  [4000, '4s', '4 s'],
  [11 * MINUTE, '11m', '11 m'],
  [60 * MINUTE, '1h', '1 h'],
  [23 * 60 * MINUTE + 49 * MINUTE, '23h', '23 h 49 m'],
  [76 * 60 * MINUTE, '3d', '3 d 4 h'],
  [-5, '0s', '0 s'],
])('%d ms is %s, in words %s', (ms, short, long) => {
  expect([age(ms), span(ms)]).toEqual([short, long])
})

test.each([
  [411.6, '412 ms'],
  [3100, '3.1 s'],
  [74_000, '1 m 14 s'],
  [125 * MINUTE, '2 h 5 m'],
])('%d ms took %s', (ms, text) => {
  expect(duration(ms)).toBe(text)
})

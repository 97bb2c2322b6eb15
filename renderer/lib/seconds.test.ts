import { expect, test } from 'vitest'
import { secondsOf, secondsText } from './seconds.ts'

test.each([
  [0, '0 s'],
  [45, '45 s'],
  [600, '10 m'],
  [10_800, '3 h'],
  [5430, '1 h 30 m 30 s'],
  [2_592_000, '30 d'],
])('%d seconds read and set as %s', (seconds, text) => {
  expect(secondsText(seconds)).toBe(text)
  expect(secondsOf(text)).toBe(seconds)
})

test.each([
  ['90m', 5400],
  ['2 hours', 7200],
  ['1.5 h', 5400],
  ['300', 300],
  ['1 min 30 sec', 90],
])('%s is %d seconds', (text, seconds) => expect(secondsOf(text)).toBe(seconds))

test.each(['', 'soon', '3 hm', '-5 m', '1 h later', '2 weeks', 'h'])('“%s” is no time', (text) =>
  expect(secondsOf(text)).toBeNull(),
)

import { expect, test } from 'vitest'
import { visibleParts, visibleText } from './visible-text.ts'

test.each([
  ['\u202Egnp.exe', '[U+202E]gnp.exe'],
  ['a\u200Bb\uFEFFc', 'a[U+200B]b[U+FEFF]c'],
  ['\u001B[31mred', '\u241B[31mred'],
  ['line\nnext\ttab', 'line\u240Anext\u2409tab'],
  ['tag\u{E0041}', 'tag[U+E0041]'],
  ['\uD800', '[U+D800]'],
  ['Grüße, 你好, שלום', 'Grüße, 你好, שלום'],
])('[S20] shows %j as %j', (hostile, shown) => {
  expect(visibleText(hostile)).toBe(shown)
})

test('keeps lines and tabs of preformatted text', () => {
  expect(visibleText('a\n\tb\r', 300, true)).toBe('a\n\tb\u240D')
})

test('cuts long text and says so', () => {
  expect(visibleText('A'.repeat(100_000), 10)).toBe('AAAAAAAAAA…')
})

test('tells which pieces are marks', () => {
  expect(visibleParts('a\u202Eb')).toEqual([
    { text: 'a', mark: null },
    { text: '[U+202E]', mark: 'U+202E' },
    { text: 'b', mark: null },
  ])
})

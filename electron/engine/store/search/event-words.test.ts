import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { eventWords } from './event-words.ts'

const words = (json: string): string[] => eventWords(json).split('\n')

test('strings and numbers as they are spelled, without keys, in their order', () => {
  const json = `{"a": "one", "b" : {"c":[2, -3.50e+2, "fo\\u0075r \\"5\\""]}, "d":true, "e":null, "f":12345678901234567890}`
  expect(words(json)).toEqual(['one', '2', '-3.50e+2', 'four "5"', '12345678901234567890'])
  expect(words('"alone"')).toEqual(['alone'])
  expect(words('7')).toEqual(['7'])
})

test('each value once, whatever its type', () => {
  expect(words('["x", 1, "x", "1", [1], {"x": "x"}]')).toEqual(['x', '1'])
})

test('every string of any JSON value, and no member’s name', () => {
  const name = fc.string({ unit: 'binary', maxLength: 8 }).map((text) => `name ${text}`)
  const text = fc.string({ unit: 'binary', maxLength: 8 }).map((rest) => `text ${rest.toWellFormed()}`)
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      text,
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(name, tie('value'), { maxKeys: 4 }),
    ),
  }))
  fc.assert(
    fc.property(value, fc.constantFrom(undefined, 2), (tree, indent) => {
      const strings = new Set<string>()
      JSON.stringify(tree, (_, member: unknown) => {
        if (typeof member === 'string') strings.add(member)
        return member
      })
      expect(eventWords(JSON.stringify(tree, null, indent))).toBe([...strings].join('\n'))
    }),
  )
})

test('no more than there is room for, of one value or of many', () => {
  expect(eventWords(JSON.stringify('x'.repeat(100_000)))).toHaveLength(8192)
  const many = eventWords(JSON.stringify(Array.from({ length: 5000 }, (_, index) => `word${index}`)))
  expect(many.length).toBeGreaterThan(8180)
  expect(many.length).toBeLessThanOrEqual(8192)
})

test('what is no JSON ends it, and any size or depth is read', () => {
  expect(eventWords('{ "open')).toBe('')
  expect(eventWords('["\\x"]')).toBe('\\x')
  expect(eventWords('')).toBe('')
  expect(words(`${'['.repeat(1_000_000)}"deep"`)).toEqual(['deep'])
  expect(words(JSON.stringify(['\\"\n'.repeat(500_000), 'after']))[0]).toBe('\\"')
})

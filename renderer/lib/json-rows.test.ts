import { expect, test } from 'vitest'
import { jsonRows } from './json-rows.ts'

const CLOSED = { toggled: new Set<string>(), whole: new Set<string>(), openDepth: 1 }

test('lists one line per value, with paths that can be pasted', () => {
  const rows = jsonRows({ a: [1, { 'b c': null }], "it's": 'x' }, { ...CLOSED, openDepth: 9 })
  expect(rows.map(({ path, text }) => [path, text])).toEqual([
    ['$', '{2}'],
    ['$.a', '[2]'],
    ['$.a[0]', '1'],
    ['$.a[1]', '{1}'],
    ["$.a[1]['b c']", 'null'],
    [String.raw`$['it\'s']`, '"x"'],
  ])
})

test('opens and closes what was toggled', () => {
  const value = { a: { b: 1 } }
  expect(jsonRows(value, CLOSED)).toHaveLength(2)
  expect(jsonRows(value, { ...CLOSED, toggled: new Set(['$.a']) })).toHaveLength(3)
  expect(jsonRows(value, { ...CLOSED, toggled: new Set(['$']) })).toHaveLength(1)
})

test('a long list is cut until asked for', () => {
  const value = Array.from({ length: 250 }, (_, index) => index)
  expect(jsonRows(value, CLOSED).at(-1)).toMatchObject({ kind: 'more', text: 'Show 150 more' })
  expect(jsonRows(value, { ...CLOSED, whole: new Set(['$']) })).toHaveLength(251)
})

test('a key named __proto__ is data', () => {
  const rows = jsonRows(JSON.parse('{"__proto__":{"x":1}}') as never, { ...CLOSED, openDepth: 9 })
  expect(rows.map((row) => row.path)).toEqual(['$', '$.__proto__', '$.__proto__.x'])
})

test('a string that is JSON text is a branch that says so, with paths of its own', () => {
  const rows = jsonRows({ body: '{"items":[1]}', half: '{"items":', none: '[]' }, { ...CLOSED, openDepth: 9 })
  expect(rows.map(({ path, text }) => [path, text])).toEqual([
    ['$', '{3}'],
    ['$.body | $', 'JSON text {1}'],
    ['$.body | $.items', '[1]'],
    ['$.body | $.items[0]', '1'],
    ['$.half', String.raw`"{\"items\":"`],
    ['$.none', '"[]"'],
  ])
  expect(jsonRows('[1,2]', CLOSED)[0]).toMatchObject({ path: '$ | $', text: 'JSON text [2]', isOpen: true })
})

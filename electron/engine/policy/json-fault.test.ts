import { expect, it } from 'vitest'
import { jsonFault } from './json-fault.ts'

it.each([
  ['', 1, 1],
  ['[1,]', 1, 4],
  ['{\n  "a": [1,]\n}', 2, 11],
  ['{"a" 1}', 1, 6],
  ['{"a": 1,}', 1, 9],
  ['{a: 1}', 1, 2],
  ['{} 2', 1, 4],
  ['[\n1\n2]', 3, 1],
  ['{"a": [1, {"b": tru}]}', 1, 17],
  ['["a\nb"]', 1, 2],
  ['{"a": 1', 1, 8],
  ['[1}', 1, 3],
  ['01', 1, 2],
])('finds the fault in %j', (text, row, col) => {
  expect(() => JSON.parse(text) as unknown).toThrow(SyntaxError)
  expect(jsonFault(text)).toEqual({ row, col })
})

import { expect, it } from 'vitest'
import type { JsonValue } from '../../../shared/model/json.ts'
import { said } from './said.ts'

it.each<[JsonValue | undefined, string]>([
  [undefined, 'none'],
  [null, 'none'],
  ['ACTIVE', 'ACTIVE'],
  ['two words; more', 'two words; more'],
  [7, '7'],
  [false, 'false'],
  [[], '[]'],
  [{}, '{}'],
  [['sg-1', 'sg-2'], 'sg-1, sg-2'],
  [{ 'eni-1': ['sg-1', 'sg-2'], 'eni-2': ['sg-3'] }, 'eni-1: sg-1, sg-2; eni-2: sg-3'],
  [{ 'vpc-1': null }, 'vpc-1: none'],
  [{ 'vpc-1': { group: 'sg-9', rules: [] } }, 'vpc-1: {group: sg-9; rules: []}'],
  // Nothing that a service holds reads as what puts values together.
  [['a, b', 'none', ''], '"a, b", "none", ""'],
  [{ a: 'x; b: y' }, 'a: "x; b: y"'],
  [{ 'a: 1; b': 2 }, '"a: 1; b": 2'],
  [[[1, 2], { a: 1 }], '[1, 2], {a: 1}'],
  [{ a: [[1]] }, 'a: [[1]]'],
])('%j is said as %s', (value, expected) => {
  expect(said(value)).toBe(expected)
})

import canonicalize from 'canonicalize'
import {
  array,
  assert,
  constantFrom,
  dictionary,
  double,
  jsonValue,
  letrec,
  nat,
  oneof,
  property,
  string,
  tuple,
} from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { canonicalJson, canonicalObject } from './canonical.ts'

describe('the canonical text', () => {
  it('of an object is made of that of its members', () => {
    assert(
      property(dictionary(string({ unit: 'binary' }), jsonValue({ stringUnit: 'binary' })), (object) => {
        const members = Object.entries(object).map(([key, member]) => [key, canonicalJson(member)])
        expect(canonicalObject(Object.fromEntries(members) as Record<string, string>)).toBe(canonicalJson(object))
      }),
      // Keys that JavaScript has its own mind about.
      { examples: [[JSON.parse('{"b":1,"__proto__":{"a":2},"10":1,"9":-0,"":[]}') as Record<string, unknown>]] },
    )
  })
})

const key = oneof(
  string(),
  string({ unit: 'binary' }),
  constantFrom(
    '__proto__',
    'constructor',
    'toJSON',
    '0',
    '10',
    '9',
    '4294967295',
    '-1',
    '01',
    '\u20ac',
    '\ufb33',
    '😀',
    '',
  ),
  nat().map(String),
)
const scalar = oneof(
  string({ unit: 'binary' }),
  double({ noNaN: true, noDefaultInfinity: true }),
  constantFrom(
    null,
    true,
    false,
    -0,
    1e21,
    1e-7,
    5e-324,
    0.1,
    Number.MAX_SAFE_INTEGER,
    'C:\\udpdata',
    '\\ud800',
    '\u2028',
  ),
)
const { value } = letrec<{ value: unknown }>((tie) => ({
  value: oneof(
    { maxDepth: 5 },
    scalar,
    array(tie('value')),
    array(tuple(key, tie('value'))).map((members) => Object.fromEntries(members)),
  ),
}))

test('the text of every JSON value is the one of the RFC 8785 library', () => {
  assert(
    property(value, (json) => {
      expect(canonicalJson(json)).toBe(canonicalize(json))
    }),
    { numRuns: 2000 },
  )
})

test.each([
  ['numeric keys', { 10: 1, 9: 2, a: 3, '': 4 }, '{"":4,"10":1,"9":2,"a":3}'],
  ['a key that sets the prototype', JSON.parse('{"a":1,"__proto__":{"b":2}}'), '{"__proto__":{"b":2},"a":1}'],
  ['negative zero and large numbers', [-0, 1e21, 1e-7], '[0,1e+21,1e-7]'],
  ['a lone surrogate', { a: '\ud800', b: '\\ud800' }, '{"a":"\ufffd","b":"\\\\ud800"}'],
  ['keys by code unit', { '\ufb33': 1, '😀': 2 }, '{"😀":2,"\ufb33":1}'],
  ['what has a JSON form of its own', { at: new Date(0) }, '{"at":"1970-01-01T00:00:00.000Z"}'],
  ['members without a value', { a: undefined, b: 1 }, '{"b":1}'],
])('%s', (_what, json, text) => {
  expect(canonicalJson(json)).toBe(text)
})

test.each([
  [Number.NaN, 'NaN is not allowed'],
  [{ n: Number.POSITIVE_INFINITY }, 'Infinity is not allowed'],
  [undefined, 'Only JSON values'],
  [[10n], 'BigInt'],
])('what is no JSON has no canonical form: %s', (json, message) => {
  expect(() => canonicalJson(json)).toThrow(message)
})

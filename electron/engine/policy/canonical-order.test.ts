import { describe, expect, it } from 'vitest'
import { compareValues, toJson } from './canonical-order.ts'
import { compareNumberText, integerOf } from './decimal.ts'
import { RegoSet, type RegoValue } from './rego-value.ts'
import { ValueReader } from './value-text.ts'

const read = (text: string): RegoValue => new ValueReader(text).read()
const json = (text: string): string => JSON.stringify(toJson(read(text)))

describe('the canonical order', () => {
  it.each([
    ['types', ['null', 'false', 'true', '-1', '2', '"a"', '[]', '{}', 'set()', '{1}']],
    ['numbers, exactly', ['-1e400', '-2', '0', '0.5', '9007199254740992', '9007199254740993', '1e30']],
    ['strings by bytes', ['""', '"A"', '"a"', '"aa"', '"z"', '"é"', '"\uffff"', '"😀"']],
    ['arrays', ['[1, 2]', '[1, 2, 3]', '[1, 3]', '[2]']],
    [
      'objects key by key, each key with its value, then by length',
      [
        '{"attrs": [], "title": "x"}',
        '{"description": "b", "title": "a"}',
        '{"namespace": "n", "title": "a"}',
        '{"title": "a"}',
        '{"title": "a", "z": 1}',
        '{"title": "b"}',
      ],
    ],
    [
      'results of an action policy',
      [
        '{"args": null, "id": "b"}',
        '{"args": {"step": 2}, "id": "a"}',
        '{"args": {"step": 3}, "id": "a"}',
        '{"id": "zz", "uses": "a"}',
        '{"uses": "a"}',
      ],
    ],
    ['sets by their sorted elements', ['{1, 2}', '{3, 1}', '{2}']],
  ])('sorts %s', (_what, texts) => {
    const values = texts.map(read)
    expect([...values].reverse().sort(compareValues)).toEqual(values)
  })

  it('makes arrays of sets at every depth', () => {
    expect(json('{{"s": {3, {2, 1}, "x"}}, {"r": set()}}')).toBe('[{"r":[]},{"s":[3,"x",[1,2]]}]')
    expect(json('{1: "a", [2]: "b", "c": {true, null}}')).toBe('{"1":"a","[2]":"b","c":[null,true]}')
  })
})

describe('the value text', () => {
  it.each([
    ['"a\\"b\\\\"', 'a"b\\'],
    ['"\\u0000é"', '\u0000é'],
    ['{"__proto__": 1, "b": [true, null, -1.5]}', JSON.parse('{"__proto__":1,"b":[true,null,-1.5]}')],
    ['[]', []],
    ['{}', {}],
  ])('reads %s', (text, value) => {
    expect(read(text)).toEqual(value)
  })

  it('keeps digits that a double does not have', () => {
    expect(read('[12345678901234567890, 1.0, .5, 1e3]')).toMatchObject([
      { text: '12345678901234567890' },
      { text: '1.0' },
      { text: '.5' },
      { text: '1e3' },
    ])
    expect(read('set()')).toEqual(new RegoSet([]))
  })

  it.each(['', '{', '[1', '"a', '{1, 2', 'nul', '1 2', '{"a": }'])('refuses the damaged %s', (text) => {
    expect(() => read(text)).toThrow(SyntaxError)
  })
})

it.each([
  ['1', '1.0', 0],
  ['1e2', '100', 0],
  ['-1', '1', -1],
  ['0.1', '0.10000000000000001', -1],
  ['12345678901234567890', '12345678901234567891', -1],
  ['-0', '0', 0],
  ['1e-5', '0', 1],
])('compares %s with %s', (a, b, order) => {
  expect(Math.sign(compareNumberText(a, b))).toBe(order)
  expect(Math.sign(compareNumberText(b, a))).toBe(order === 0 ? 0 : -order)
})

it.each([
  ['1e3', 1000n],
  ['12.0', 12n],
  ['-0.5', undefined],
  ['1e99999', undefined],
  ['0e99999', 0n],
])('reads %s as an integer', (text, integer) => {
  expect(integerOf(text)).toBe(integer)
})

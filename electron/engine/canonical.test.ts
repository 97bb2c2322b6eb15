import { assert, dictionary, jsonValue, property, string } from 'fast-check'
import { describe, expect, it } from 'vitest'
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

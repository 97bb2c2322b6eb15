import canonicalize from 'canonicalize'
import { assert, jsonValue, property } from 'fast-check'
import { describe, expect, it } from 'vitest'
import { canonicalJson, CanonicalText } from './canonical.ts'

describe('the canonical text', () => {
  it("is the library's for every JSON value", () => {
    assert(
      property(jsonValue({ stringUnit: 'binary', maxDepth: 4 }), (value) => {
        expect(canonicalJson(value)).toBe(canonicalize(value))
      }),
      { numRuns: 500 },
    )
  })

  it('sorts by code unit, leaves undefined members out, and knows no negative zero', () => {
    const value = { '\u{1F600}': 1, '\uFB33': 2, b: undefined, 10: -0, 9: [undefined], '': 1e21, __proto__x: 0.1 }
    expect(canonicalJson(value)).toBe(canonicalize(value))
    const own = JSON.parse('{"b":1,"__proto__":{"a":2}}') as object
    expect(canonicalJson(own)).toBe('{"__proto__":{"a":2},"b":1}')
  })

  it('takes U+FFFD for half a surrogate pair, in keys before they are sorted', () => {
    expect(canonicalJson({ '\uD800': 1, '\uE000': '\uDC00' })).toBe('{"\uE000":"\uFFFD","\uFFFD":1}')
  })

  it('refuses what is not JSON', () => {
    for (const value of [undefined, Number.NaN, Number.POSITIVE_INFINITY, () => 1]) {
      expect(() => canonicalJson(value)).toThrow(TypeError)
    }
  })

  it('writes text that is canonical already as it is', () => {
    assert(
      property(jsonValue(), (value) => {
        const spliced = { a: [new CanonicalText(canonicalJson(value))], b: 1 }
        expect(canonicalJson(spliced)).toBe(canonicalJson({ a: [value], b: 1 }))
      }),
    )
  })
})

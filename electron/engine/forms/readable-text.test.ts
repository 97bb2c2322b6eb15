import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hasReplacements, readableText } from './readable-text.ts'

const encoder = new TextEncoder()

function read(text: string | number[]): [string, boolean] {
  const bytes = typeof text === 'string' ? encoder.encode(text) : Uint8Array.from(text)
  const { text: readable, isReplaced } = readableText(bytes)
  expect(hasReplacements(bytes)).toBe(isReplaced)
  return [readable, isReplaced]
}

describe('readableText', () => {
  it.each([
    ['{"a":"\\udcff"}', '{"a":"\\ufffd"}'],
    ['"\\uD800\\uD800\\uDC00"', '"\\ufffd\\uD800\\uDC00"'],
    ['"\\udc00\\ud800"', '"\\ufffd\\ufffd"'],
    ['"\\ud83d x \\ude00"', '"\\ufffd x \\ufffd"'],
    ['"\\\\\\ud800"', '"\\\\\\ufffd"'],
    ['{"\\ud800":1}', '{"\\ufffd":1}'],
  ])('has U+FFFD for half a surrogate pair: %s', (text, readable) => {
    expect(read(text)).toEqual([readable, true])
  })

  it.each(['"\\ud83d\\ude00"', '"\\\\ud800"', '"C:\\\\udp\\\\ud800"', '"😀 é"', '"\\ufffd"', '"\\u0000"', ''])(
    'leaves text as it is: %s',
    (text) => {
      expect(read(text)).toEqual([text, false])
    },
  )

  it('has U+FFFD for bytes that are no UTF-8, and passes over one byte order mark', () => {
    expect(read([0x22, 0xff, 0x22])).toEqual(['"\ufffd"', true])
    expect(read([0x22, 0xed, 0xa0, 0x80, 0x22])).toEqual(['"\ufffd\ufffd\ufffd"', true])
    expect(read([0x22, 0xc3, 0x22])).toEqual(['"\ufffd"', true])
    expect(read([0xef, 0xbb, 0xbf, 0x31])).toEqual(['1', false])
  })

  it('reads what any text is written as in JSON to the same text, well-formed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (odd, plain) => {
        const value = `${plain}${odd}\ud83d${plain}`
        expect(JSON.parse(readableText(encoder.encode(JSON.stringify(value))).text)).toBe(value.toWellFormed())
      }),
    )
  })
})

import { describe, expect, it, test } from 'vitest'
import { argumentText, compactJson, valueText } from './value-text.ts'

test.each([
  ['text', 'text'],
  ['', ''],
  [null, 'null'],
  [true, 'true'],
  [1677835445, '1677835445'],
  [['a', 'b'], '["a","b"]'],
  [{ a: 1 }, '{"a":1}'],
])('valueText: %j is %s', (value, text) => expect(valueText(value)).toBe(text))

describe('argumentText', () => {
  const handle = `secret:KEY:${'a'.repeat(64)}`

  it('masks what stands under a secret name, at any depth, and leaves handles to be printed', () => {
    expect(argumentText('secret_url', 'https://hooks.test/x')).toBe('[REDACTED]')
    expect(argumentText('secret_url', handle)).toBe(handle)
    expect(argumentText('secret_n', 12345678)).toBe('[REDACTED]')
    expect(argumentText('auth', { bearer: 'x', basic: { user: 'ann', password: ['p'] } })).toBe(
      '{"bearer":"[REDACTED]","basic":{"user":"ann","password":["[REDACTED]"]}}',
    )
    expect(argumentText('header', { Authorization: `Bearer ${handle}` })).toBe(`{"Authorization":"Bearer ${handle}"}`)
  })
})

describe('compactJson', () => {
  it('leaves out the spaces between tokens and nothing else', () => {
    expect(compactJson('{ "a b" :\t[ 1.0 ,\r\n -0 ], "\\" , \\\\" : "  " , "a b": 12345678901234567890 }\n')).toBe(
      '{"a b":[1.0,-0],"\\" , \\\\":"  ","a b":12345678901234567890}',
    )
    expect(compactJson(' null ')).toBe('null')
  })
})

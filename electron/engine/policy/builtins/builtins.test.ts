import { describe, expect, it } from 'vitest'
import { RegoNumber, RegoSet, encodeJson, type RegoValue } from '../rego-value.ts'
import { NeedsFullEvaluator, type BuiltinContext } from './builtin.ts'
import { HOSTED_BUILTINS, hostedBuiltins } from './hosted.ts'

const context = (): BuiltinContext => ({
  nowNs: 1_700_000_000_123_456_789n,
  seed: 'seed',
  cache: new Map(),
  prints: [],
})

/** JSON text of what the built-in answers; `undefined`, and `undefined: error` for OPA's operand errors. */
function call(name: string, ...operands: RegoValue[]): string | undefined {
  const builtin = hostedBuiltins.get(name)
  if (!builtin) throw new Error(`${name} is not hosted`)
  try {
    const result = builtin(context(), ...operands)
    return result === undefined ? undefined : encodeJson(result)
  } catch (error) {
    if (error instanceof NeedsFullEvaluator) return 'left to the full evaluator'
    return undefined
  }
}

const NS = new RegoNumber('1709210096123456789') // 2024-02-29T12:34:56.123456789Z

// Expected values are those of OPA 1.22; tests/conformance/differential.test.ts compares with OPA itself.
describe.each<[string, [RegoValue[], string | undefined][]]>([
  [
    'crypto.md5',
    [
      [['a'], '"0cc175b9c0f1b6a831c399e269772661"'],
      [[1], undefined],
    ],
  ],
  ['crypto.sha1', [[['a'], '"86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"']]],
  ['crypto.sha256', [[['é'], '"4a99557e4033c3539de2eb65472017cad5f9557f7a0625a09f1c3f6e2ba69c4c"']]],
  [
    'crypto.hmac.equal',
    [
      [['a', 'a'], 'true'],
      [['a', 'ab'], 'false'],
    ],
  ],
  ['hex.encode', [[['é'], '"c3a9"']]],
  [
    'hex.decode',
    [
      [['C3a9'], '"é"'],
      [['c3'], 'left to the full evaluator'],
      [['zz'], undefined],
      [['abc'], undefined],
    ],
  ],
  [
    'base64url.encode_no_pad',
    [
      [['??>'], '"Pz8-"'],
      [['a'], '"YQ"'],
    ],
  ],
  ['urlquery.encode', [[["a b&'(~)*!"], '"a+b%26%27%28~%29%2A%21"']]],
  [
    'urlquery.decode',
    [
      [['a+b%26'], '"a b&"'],
      [['%zz'], undefined],
      [['%ff'], 'left to the full evaluator'],
    ],
  ],
  [
    'urlquery.encode_object',
    [
      [[{ b: '1', a: ['x', 'y z'] }], '"a=x&a=y+z&b=1"'],
      [[{ a: 1 }], undefined],
    ],
  ],
  [
    'urlquery.decode_object',
    [
      [['a=1&a=2&b&'], '{"a":["1","2"],"b":[""]}'],
      [['a;b'], undefined],
    ],
  ],
  [
    'strings.any_prefix_match',
    [
      [['abc', ['x', 'ab']], 'true'],
      [[new RegoSet(['q']), 'x'], 'false'],
      [['a', [1]], undefined],
    ],
  ],
  [
    'strings.any_suffix_match',
    [
      [[['abc'], 'bc'], 'true'],
      [[[], 'a'], 'false'],
    ],
  ],
  [
    'strings.count',
    [
      [['cheese', 'e'], '3'],
      [['é😀', ''], '3'],
      [['aaaa', 'aa'], '2'],
    ],
  ],
  [
    'strings.split_n',
    [
      [['a,b,c', ',', 2], '["a","b"]'],
      [['a,b,c', ',', -1], '["c"]'],
      [['a', ',', 0], '[]'],
    ],
  ],
  [
    'indexof_n',
    [
      [['aaa', 'aa'], '[0,1]'],
      [['é😀é', 'é'], '[0,2]'],
      [['a', ''], undefined],
    ],
  ],
  [
    'semver.compare',
    [
      [['1.0.0-rc.2', '1.0.0-rc.11'], '-1'],
      [['v1.0.0', '1.0.0+b'], '0'],
      [['1', '1.0.0'], undefined],
    ],
  ],
  [
    'semver.is_valid',
    [
      [['1.0.0-01'], 'false'],
      [['1.0.0-a.1'], 'true'],
      [[1], 'false'],
    ],
  ],
  [
    'units.parse',
    [
      [['10K'], '10000'],
      [['100m'], '0.1000000000'],
      [['1.5Mi'], '1572864'],
      [['5x'], undefined],
    ],
  ],
  [
    'units.parse_bytes',
    [
      [['1.5kib'], '1536'],
      [['1.1kb'], '1100'],
      [['10b'], undefined],
      [['1 k'], undefined],
    ],
  ],
  [
    'uuid.parse',
    [
      [['6ba7b810-9dad-41d1-80b4-00c04fd430c8'], '{"version":4,"variant":"RFC4122"}'],
      [['{6ba7b810-9dad-41d1-c0b4-00c04fd430c8}'], '{"version":4,"variant":"Microsoft"}'],
      [['6ba7b810'], undefined],
    ],
  ],
  [
    'regex.replace',
    [
      [['foo bar', '(o+) (?P<x>b)', '[$1:${x}:$nothing]'], '"f[oo:b:]ar"'],
      [['aa', '', '-'], '"-a-a-"'],
    ],
  ],
  [
    'regex.find_n',
    [
      [['a+', 'baac', -1], '["aa"]'],
      [['.', 'abc', 2], '["a","b"]'],
      [['.', 'abc', 0], '[]'],
    ],
  ],
  [
    'regex.split',
    [
      [['[,;]', 'a,b;c'], '["a","b","c"]'],
      [['', 'ab'], '["a","b"]'],
      [['[', 'a'], 'left to the full evaluator'],
    ],
  ],
  [
    'numbers.range_step',
    [
      [[1, 8, 3], '[1,4,7]'],
      [[3, 0, 2], '[3,1]'],
      [[1, 2, 0], undefined],
      [[1.5, 2, 1], undefined],
    ],
  ],
  ['time.now_ns', [[[], '1700000000123456789']]],
  [
    'time.parse_ns',
    [
      [['2006-01-02', '2024-02-29'], '1709164800000000000'],
      [['2006-01-02', '2023-02-29'], undefined],
    ],
  ],
  [
    'time.parse_rfc3339_ns',
    [
      [['2024-02-29T12:34:56.123456789Z'], '1709210096123456789'],
      [['3000-01-01T00:00:00Z'], undefined],
    ],
  ],
  [
    'time.parse_duration_ns',
    [
      [['1.5h'], '5400000000000'],
      [['-2d'], '-172800000000000'],
      [['1'], undefined],
    ],
  ],
  [
    'time.format',
    [
      [[NS], '"2024-02-29T12:34:56.123456789Z"'],
      [[[NS, 'Europe/Berlin', 'RFC1123Z']], '"Thu, 29 Feb 2024 13:34:56 +0100"'],
      [[[NS, 'Europe/Berlin', 'RFC1123']], 'left to the full evaluator'],
      [[[NS, 'UTC', 'Jan _2 3:04PM .00 MST']], '"Feb 29 12:34PM .12 UTC"'],
    ],
  ],
  [
    'time.date',
    [
      [[NS], '[2024,2,29]'],
      [[[NS, 'No/Where']], 'left to the full evaluator'],
    ],
  ],
  ['time.clock', [[[[NS, 'Asia/Kolkata']], '[18,4,56]']]],
  ['time.weekday', [[[NS], '"Thursday"']]],
  ['time.add_date', [[[NS, 1, 0, 0], '1740832496123456789']]],
  ['time.diff', [[[NS, 0], '[54,1,28,12,34,56]']]],
])('%s', (name, cases) => {
  it.each(cases)('of %j is %s', (operands, text) => {
    expect(call(name, ...operands)).toBe(text)
  })
})

describe('sprintf', () => {
  it.each<[string, RegoValue[], string]>([
    ['%v %d %s %q %x', ['a', 1, 'b', 'c"', 'hi'], 'a 1 b "c\\"" 6869'],
    ['%d', ['x'], '%!d(string=x)'],
    ['%s %d', [7, 1.5], '%!s(int64=7) %!d(float64=1.5)'],
    ['%d', [], '%!d(MISSING)'],
    ['x', ['a', 1], 'x%!(EXTRA string=a, int64=1)'],
    ['%', ['a'], '%!(NOVERB)%!(EXTRA string=a)'],
    ['%5.1f|%-6d|%06d|%+d', [2.25, 42, -42, 1], '  2.2|42    |-00042|+1'],
    ['%v %v', [[1, 'a', null], { b: { c: true } }], '[1, "a", null] {"b": {"c": true}}'],
    ['%v', [new RegoSet([2, 'x', 1])], '{1, 2, "x"}'],
    ['%t', [true], '%!t(string=true)'],
    ['%v %g %e', [1e6 + 0.5, 0.00001, 12.5], '1.0000005e+06 1e-05 1.250000e+01'],
    ['%d', [new RegoNumber('12345678901234567890')], '12345678901234567890'],
    ['%.3s|%4s|', ['héllo', 'é'], 'hél|   é|'],
    ['%d%%', [50], '50%'],
  ])('%j of %j', (format, operands, text) => {
    expect(call('sprintf', format, operands)).toBe(JSON.stringify(text))
  })

  it.each(['%#v', '%*d', '%[1]d', '%+v', '%c', '%U', '%05s'])('leaves %s to Go', (format) => {
    expect(call('sprintf', format, format.endsWith('s') ? ['a'] : [65])).toBe('left to the full evaluator')
  })
})

describe('what an evaluation gives', () => {
  it('draws a UUID by seed and key, whatever was drawn before', () => {
    const uuid = hostedBuiltins.get('uuid.rfc4122')!
    const own = context()
    const first = uuid(own, 'a')
    expect(first).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(uuid(own, 'b')).not.toBe(first)
    expect(uuid(own, 'a')).toBe(first)
    expect(uuid({ ...context(), seed: 'other' }, 'a')).not.toBe(first)
    expect(uuid(own, ['a'])).not.toBe(uuid(own, '["a"]'))
  })

  it('draws a number below the limit by seed, text and limit', () => {
    const draw = (text: string, limit: number): string | undefined => call('rand.intn', text, limit)
    expect(draw('a', 1000)).toBe(draw('a', 1000))
    expect(draw('a', -1000)).toBe(draw('a', 1000))
    expect(draw('a', 0)).toBe('0')
    const drawn = Array.from({ length: 200 }, (_, index) => Number(draw(`k${index}`, 10)))
    expect(new Set(drawn)).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]))
    expect(call('rand.intn', 'a', 1.5)).toBeUndefined()
  })

  it('prints one line for every combination of values', () => {
    const print = hostedBuiltins.get('internal.print')!
    const own = context()
    print(own, [new RegoSet(['is']), new RegoSet([2, 1]), new RegoSet([]), new RegoSet([{ a: 'b' }])])
    expect(own.prints).toEqual(['is 1 <undefined> {"a": "b"}', 'is 2 <undefined> {"a": "b"}'])
  })

  it('tests every name on the list here', () => {
    const tested = [
      'crypto.hmac.md5',
      'crypto.hmac.sha1',
      'crypto.hmac.sha256',
      'crypto.hmac.sha512',
      'sprintf',
      'uuid.rfc4122',
    ]
    for (const name of tested) expect(HOSTED_BUILTINS).toContain(name)
    expect(call('crypto.hmac.sha256', 'text', 'key')).toBe(
      '"6afa9046a9579cad143a384c1b564b9a250d27d6f6a63f9f20bf3a7594c9e2c6"',
    )
  })
})

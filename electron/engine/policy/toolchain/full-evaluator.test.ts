import { expect, it } from 'vitest'
import { type EvalOptions, FullEvaluator, loadToolchainModule } from './toolchain.ts'

const options: EvalOptions = { nowNs: 1_700_000_000_123_456_789n, seed: 'seed', timeoutMs: 5000, print: false }
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const MODULE = await loadToolchainModule()

function prepared(...lines: string[]): FullEvaluator {
  const evaluator = new FullEvaluator(MODULE)
  evaluator.prepare({ files: [{ path: 'a.rego', source: ['package a', ...lines].join('\n') }] })
  return evaluator
}

/** The result of rule `p`, as text. */
const value = (evaluator: FullEvaluator, input?: string): string | undefined =>
  evaluator.eval('a/p', input === undefined ? undefined : bytes(input), options).result

it("sorts sets in OPA's order, also nested ones", () => {
  const evaluator = prepared('p contains x if some x in input.a', 'p contains {"s": {3, 1, 2}}', 'p contains {1}')
  const input = '{"a": [[1], "b", "a", 2, 10, null, false, {"title": 1}, {"attrs": 2, "title": 0}, [0, 9], true]}'
  expect(value(evaluator, input)).toBe(
    '[null,false,true,2,10,"a","b",[0,9],[1],{"attrs":2,"title":0},{"s":[1,2,3]},{"title":1},[1]]',
  )
})

it('keeps number text and characters as they are', () => {
  const evaluator = prepared('p := [input.n, input.n + 1, input.f, "<&>\u2028"]')
  expect(value(evaluator, '{"n": 123456789012345678901234567890, "f": 8.10}')).toBe(
    '[123456789012345678901234567890,123456789012345678901234567891,8.10,"<&>\\u2028"]',
  )
})

it('tells undefined, null and no input apart', () => {
  expect(value(prepared('p := input.x'), '{}')).toBeUndefined()
  expect(value(prepared('p := input'), 'null')).toBe('null')
  expect(value(prepared('p if not input'))).toBe('true')
  expect(value(prepared('p if input == false'), 'false')).toBe('true')
  expect(prepared('p := 1').eval('no/such/document', undefined, options)).toEqual({
    result: undefined,
    prints: [],
    error: undefined,
  })
})

it('never reads an entrypoint as Rego', () => {
  const evaluator = prepared('p := 1')
  for (const path of ['a.p', 'a/p; true', 'a["p"]', 'a/_', ''])
    expect(evaluator.eval(path, undefined, options).result).toBeUndefined()
})

it('gives the time and the random values that it is told', () => {
  const evaluator = prepared('p := [time.now_ns(), uuid.rfc4122("k"), rand.intn("k", 1000000)]')
  const first = value(evaluator)
  expect(first).toMatch(/^\[1700000000123456789,"[0-9a-f-]{36}",\d+\]$/)
  expect(value(evaluator)).toBe(first)
  expect(evaluator.eval('a/p', undefined, { ...options, seed: 'other' }).result).not.toBe(first)
})

it('draws each random value by its key: SHA-256 of seed, name and key', async () => {
  const { createHash } = await import('node:crypto')
  const block = createHash('sha256').update('seed\0uuid.rfc4122\0sk').digest()
  block[6] = (block[6]! & 0x0f) | 0x40
  block[8] = (block[8]! & 0x3f) | 0x80
  const uuid = block.toString('hex', 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
  expect(value(prepared('p := uuid.rfc4122("k")'))).toBe(JSON.stringify(uuid))
  expect(value(prepared('p := [y | x := uuid.rfc4122("before"); y := uuid.rfc4122("k")]'))).toBe(JSON.stringify([uuid]))
  const drawn = BigInt(`0x${createHash('sha256').update('seed\0rand.intn\x001000\0k').digest('hex')}`) % 1000n
  expect(value(prepared('p := rand.intn("k", 1000)'))).toBe(String(drawn))
})

it('returns an error of the policy as a value, with its place', () => {
  const evaluator = prepared('p := 1 if input.a', 'p := 2 if input.b')
  expect(evaluator.eval('a/p', bytes('{"a": 1, "b": 1}'), options)).toMatchObject({
    result: undefined,
    error: { code: 'eval_conflict_error', file: 'a.rego', row: 3, col: 1 },
  })
  expect(value(evaluator, '{"b": 1}')).toBe('2')
})

it('stops at the deadline', () => {
  const evaluator = prepared(
    'p := count([1 | numbers.range(1, 2000)[_]; numbers.range(1, 2000)[_]; numbers.range(1, 2000)[_]])',
  )
  expect(evaluator.eval('a/p', undefined, { ...options, timeoutMs: 50 })).toMatchObject({
    result: undefined,
    error: { code: 'eval_cancel_error', message: 'evaluation took longer than 50 ms' },
  })
  expect(evaluator.eval('a/p', undefined, { ...options, timeoutMs: 50 }).error).toBeDefined()
})

it('gives up with a code when memory ends, and evaluates the next input', () => {
  const doublings = Array.from({ length: 24 }, (_, i) => `s${i + 1} := concat("", [s${i}, s${i}])`)
  const evaluator = prepared('s0 := input.s', ...doublings, 'p := s24')
  expect(() => value(evaluator, JSON.stringify({ s: 'x'.repeat(1000) }))).toThrow(
    expect.objectContaining({
      code: 'toolchain_crashed',
      details: { diagnostics: [expect.objectContaining({ code: 'out_of_memory' })] },
    }),
  )
  expect(value(evaluator, '{"s": ""}')).toBe('""')
})

it('refuses what is not prepared, and input that is no JSON', () => {
  expect(() => new FullEvaluator(MODULE).eval('a/p', undefined, options)).toThrow('eval before prepare')
  expect(() => value(prepared('p := 1'), '{')).toThrow(expect.objectContaining({ code: 'toolchain_failed' }))
  const evaluator = new FullEvaluator(MODULE)
  expect(() => evaluator.prepare({ files: [{ path: 'a.rego', source: 'package' }] })).toThrow(
    expect.objectContaining({ code: 'policy_invalid' }),
  )
})

it('reads data documents', () => {
  const evaluator = new FullEvaluator(MODULE)
  evaluator.prepare({
    files: [{ path: 'a.rego', source: 'package a\np contains k if data.assets[k].owner == input.o' }],
    data: { assets: { x: { owner: 'me' }, y: {} } },
  })
  expect(value(evaluator, '{"o": "me"}')).toBe('["x"]')
})

it('hands http.send of authz to its host and to nobody else', () => {
  const files = [
    { path: 'a.rego', source: 'package authz.http\np := http.send({"method": "GET", "url": input.u}).body' },
  ]
  const asked: unknown[] = []
  const httpSend = (request: unknown): unknown => {
    asked.push(request)
    if (JSON.stringify(request).includes('bad')) throw new Error('refused')
    return { status_code: 200, body: { keys: [1, 2] } }
  }
  const evaluator = new FullEvaluator(MODULE, { httpSend })
  evaluator.prepare({ files, allow: ['http.send'] })
  expect(evaluator.eval('authz/http/p', bytes('{"u": "http://good"}'), options).result).toBe('{"keys":[1,2]}')
  expect(evaluator.eval('authz/http/p', bytes('{"u": "http://bad"}'), options).result).toBeUndefined()
  expect(asked).toEqual([
    { method: 'GET', url: 'http://good' },
    { method: 'GET', url: 'http://bad' },
  ])
  const alone = new FullEvaluator(MODULE)
  alone.prepare({ files, allow: ['http.send'] })
  expect(alone.eval('authz/http/p', bytes('{"u": "http://good"}'), options).result).toBeUndefined()
})

it('keeps its memory over many evaluations', () => {
  const evaluator = prepared('p := {"n": input.n, "s": {x | some x in numbers.range(1, 50)}}')
  for (let n = 0; n < 3000; n++) value(evaluator, `{"n": ${n}}`)
  expect(evaluator.memoryBytes).toBeLessThan(100 * 1024 * 1024)
})

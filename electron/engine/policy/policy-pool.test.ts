import { afterAll, afterEach, describe, expect, it } from 'vitest'
import type { JsonValue } from '../../../shared/model/json.ts'
import type { Log } from '../ports/ports.ts'
import { compilePolicy, type PolicyFiles } from './compile.ts'
import type { EvaluateRequest } from './evaluation.ts'
import { evaluatorBuild } from './evaluator-build.ts'
import { PolicyPool } from './policy-pool.ts'
import { Toolchain } from './toolchain/toolchain.ts'
import { toPoolVersion, toStored } from './version-loader.ts'

const log: Log = { debug() {}, info() {}, warn() {}, error() {} }
const toolchain = new Toolchain()
afterAll(() => toolchain.close())

const pools: PolicyPool[] = []
afterEach(() => Promise.all(pools.splice(0).map((pool) => pool.close())))

/** A search that takes minutes, and no memory. */
const HANGS = `package alert.hangs

alert contains {"found": contains(input.text, input.part)}
`
const ENDLESS = { text: 'a'.repeat(900_000), part: `${'a'.repeat(400_000)}b` }
/** The same for Go, which searches strings faster. */
const HANGS_FULL = `package alert.hangs

xs := numbers.range(1, 1000)

alert contains {"n": n} if {
	n := count([1 | some a in xs; some b in xs; some c in xs; a + b + c < 0])
}

patched := json.patch(input, [])
`
/** Sixteen million times its input. */
const DOUBLINGS = Array.from({ length: 24 }, (_, i) => `s${i + 1} := concat("", [s${i}, s${i}])`)
const BLOWS_UP = ['package alert.blows_up', 's0 := input.s', ...DOUBLINGS].join('\n\n')
const LONG = { s: 'x'.repeat(1000) }
/** Filling 1 GiB takes its time on a busy machine. */
const PATIENCE = { deadlineMs: 60_000 }
/** 0.8 MB, each value with its path. */
const WALKS = 'package alert.walks\n\nalert contains {"n": n} if n := count([1 | walk(input, [_, _])])\n'
const FINE = 'package alert.fine\n\nalert contains {"title": input.title}\n'
const FULL = 'package alert.full\n\nalert contains {"patched": json.patch(input, [{"op": "remove", "path": "a"}])}\n'

async function poolWith(sources: Record<string, string>, answer?: (request: JsonValue) => Promise<JsonValue>) {
  const files: PolicyFiles = {
    sources: Object.entries(sources).map(([path, source]) => ({ path, source })),
    dataFiles: [],
  }
  const version = await toPoolVersion(toStored(await compilePolicy(toolchain, files)), log)
  const pool = new PolicyPool(answer ? { log, answerHttpSend: answer } : { log })
  pools.push(pool)
  pool.load(version)
  const ask = (entrypoint: string, input: unknown, more: Partial<EvaluateRequest> = {}) =>
    pool.evaluate({
      versionId: version.id,
      entrypoint,
      input: input instanceof Uint8Array ? input : new TextEncoder().encode(JSON.stringify(input)),
      nowNs: '1700000000123456789',
      seed: 'seed',
      ...more,
    })
  return { pool, version, ask }
}

describe('PolicyPool', () => {
  it('[S22] blames only the evaluation that hangs; those before and behind it are answered', async () => {
    const { ask } = await poolWith({ 'hangs.rego': HANGS, 'fine.rego': FINE })
    const [before, hanging, ...behind] = await Promise.all([
      ask('alert/fine', { title: 'before' }),
      ask('alert/hangs', ENDLESS, { deadlineMs: 300 }),
      ask('alert/fine', { title: 'behind' }),
      ask('alert/hangs', ENDLESS, { deadlineMs: 300 }),
      ask('alert/fine', { title: 'last' }),
    ])
    expect(before.result).toEqual({ alert: [{ title: 'before' }] })
    expect(hanging).toMatchObject({ result: undefined, error: { code: 'policy_timeout' } })
    expect(behind.map(({ result, error }) => error?.code ?? result)).toEqual([
      { alert: [{ title: 'behind' }] },
      'policy_timeout',
      { alert: [{ title: 'last' }] },
    ])
    expect((await ask('alert/fine', { title: 'later' })).error).toBeNull()
  })

  it('[S22] answers other packages while one hangs, also when it is asked again and again', async () => {
    const { ask } = await poolWith({ 'hangs.rego': HANGS, 'fine.rego': FINE })
    let isGivenUp = false
    const hang = async (): Promise<void> => {
      await ask('alert/hangs', ENDLESS, { deadlineMs: 600_000 })
      isGivenUp = true
    }
    const hanging = [hang(), hang()]
    expect((await ask('alert/fine', { title: 'behind' })).result).toEqual({ alert: [{ title: 'behind' }] })
    hanging.push(hang())
    expect((await ask('alert/fine', { title: 'last' })).result).toEqual({ alert: [{ title: 'last' }] })
    expect(isGivenUp).toBe(false)
    await Promise.all([...pools.splice(0).map((pool) => pool.close()), ...hanging])
  })

  it('[S22] lets one that was slow once wait for no queue of those that hang, however many share a thread', async () => {
    const named = (name: string): string => HANGS.replace('alert.hangs', `alert.${name}`)
    const names = ['one', 'two', 'three', 'once']
    const { ask } = await poolWith(Object.fromEntries(names.map((name) => [`${name}.rego`, named(name)])))
    const answered: string[] = []
    const hang = (name: string, deadlineMs: number): Promise<unknown> =>
      ask(`alert/${name}`, ENDLESS, { deadlineMs }).then(() => answered.push(name))
    const hanging = [hang('one', 600_000)]
    for (const name of ['two', 'three', 'once']) {
      await hang(name, 600)
      if (name === 'two') hanging.push(hang(name, 600_000))
    }
    const queue = [1, 2, 3].map(() => hang('three', 1500))
    const fine = ask('alert/once', { text: 'ab', part: 'b' }).then(() => answered.push('fine'))
    await Promise.all([...queue, fine])
    expect(answered).toEqual(['two', 'three', 'once', 'three', 'fine', 'three', 'three'])
    await Promise.all([...pools.splice(0).map((pool) => pool.close()), ...hanging])
  })

  it('[S22] gives an evaluation that hangs in the full evaluator the same error', async () => {
    const { ask } = await poolWith({ 'hangs.rego': HANGS_FULL, 'fine.rego': FINE })
    const [hanging, fine] = await Promise.all([
      ask('alert/hangs', {}, { deadlineMs: 1500 }),
      ask('alert/fine', { title: 'a' }),
    ])
    expect(hanging).toMatchObject({ evaluator: 'full', error: { code: 'policy_timeout' } })
    expect(fine.error).toBeNull()
  })

  it.each([
    ['wasm', 'package alert.huge\n\nalert contains {"n": n} if n := 1e400\n'],
    ['full', 'package alert.huge\n\nalert contains {"n": n} if { n := 1e400; json.patch(input, []) }\n'],
  ])('refuses a number that no double holds as a result of the %s evaluator', async (evaluator, source) => {
    const { ask } = await poolWith({ 'huge.rego': source })
    const answer = await ask('alert/huge', {})
    expect(answer).toMatchObject({ result: undefined, text: null, evaluator, error: { code: 'policy_result' } })
    expect(answer.error?.message).toContain('beyond 1.8e308')
  })

  it('[S22] answers a blow-up of memory in both evaluators with an error and goes on', async () => {
    const { ask } = await poolWith({ 'blows.rego': `${BLOWS_UP}\n`, 'fine.rego': FINE })
    const [blown, small, fine] = await Promise.all([
      ask('alert/blows_up', LONG, PATIENCE),
      ask('alert/blows_up', { s: '' }),
      ask('alert/fine', { title: 'a' }),
    ])
    expect(blown).toMatchObject({ result: undefined, evaluator: 'full', error: { code: 'policy_memory' } })
    expect(small).toMatchObject({ evaluator: 'wasm', error: null })
    expect(fine).toMatchObject({ result: { alert: [{ title: 'a' }] }, evaluator: 'wasm' })
  }, 60_000)

  it('leaves an event for which the compiled policy has too little memory to the full evaluator', async () => {
    const { ask } = await poolWith({ 'walks.rego': WALKS, 'fine.rego': FINE })
    const event = { list: Array.from({ length: 30_000 }, (_, i) => ({ a: i, b: [i] })) }
    const [large, again, fine] = await Promise.all([
      ask('alert/walks', event, PATIENCE),
      ask('alert/walks', event, PATIENCE),
      ask('alert/fine', { title: 'a' }),
    ])
    for (const one of [large, again]) {
      expect(one).toMatchObject({ result: { alert: [{ n: 120_002 }] }, evaluator: 'full', error: null })
      expect(one.evaluatorHash).toBe(evaluatorBuild())
    }
    expect(fine).toMatchObject({ result: { alert: [{ title: 'a' }] }, evaluator: 'wasm' })
  }, 60_000)

  it('[S22] gives a blow-up in the full evaluator the same error', async () => {
    const { ask } = await poolWith({ 'blows.rego': `${BLOWS_UP}\n\npatched := json.patch(input, [])\n` })
    const [blown, fine] = await Promise.all([ask('alert/blows_up', LONG, PATIENCE), ask('alert/blows_up', { s: '' })])
    expect(blown).toMatchObject({ result: undefined, evaluator: 'full', error: { code: 'policy_memory' } })
    expect(fine).toMatchObject({ evaluator: 'full', error: null })
  }, 60_000)

  it.each([
    ['nothing', ''],
    ['text after the value', '{}x'],
    ['a trailing comma', '[1,]'],
    ['a number without digits behind its point', '{"a": 1.}'],
    ['an unquoted word', '{a: 1}'],
    ['NaN', '{"a": NaN}'],
    ['two values', '{} {}'],
    ['an unfinished object', '{"a": 1'],
    ['a control character', '{"a": "\u0001"}'],
    ['nesting beyond 500 levels', `${'['.repeat(501)}${']'.repeat(501)}`],
    ['a number beyond doubles', '{"a": 1e999}'],
    ['a number of 400 digits', `{"a": ${'9'.repeat(400)}}`],
    ['bytes that are no UTF-8, outside of a text', new Uint8Array([0xff, 0x31])],
  ])('[S16] refuses %s as malformed, never as "nothing detected"', async (_what, text) => {
    const { ask } = await poolWith({ 'fine.rego': FINE })
    const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text
    expect(await ask('alert/fine', bytes)).toMatchObject({ result: undefined, error: { code: 'malformed_json' } })
  })

  it('reads what is unusual and right: a byte order mark, falsy inputs, __proto__, 500 levels, U+0000, no text', async () => {
    const source = 'package alert.fine\n\nalert contains {"got": input}\n'
    const { ask } = await poolWith({ 'fine.rego': source })
    const got = async (text: string) => {
      const { result, error } = await ask('alert/fine', new TextEncoder().encode(text))
      return JSON.stringify(error ?? result)
    }
    for (const text of ['0', 'false', 'null', '""', '{"__proto__":{"a":1}}', '"\\u0000é😀"', '[1.5,-2,"/"]']) {
      expect(await got(text)).toBe(`{"alert":[{"got":${text}}]}`)
    }
    expect(await got('\ufeff{"a":1}')).toBe('{"alert":[{"got":{"a":1}}]}')
    for (const text of ['"\\udcff"', Uint8Array.of(0x22, 0xff, 0x22)]) {
      const { result } = await ask('alert/fine', typeof text === 'string' ? new TextEncoder().encode(text) : text)
      expect(result).toEqual({ alert: [{ got: '\ufffd' }] })
    }
    const deep = `${'['.repeat(500)}${']'.repeat(500)}`
    expect(await got(deep)).toBe(`{"alert":[{"got":${deep}}]}`)
  })

  it('gives the same bytes for the same time and seed, and others for another seed', async () => {
    const source = `package action

run contains {"now": time.now_ns(), "id": uuid.rfc4122("x"), "other": uuid.rfc4122("y")}
`
    const { ask } = await poolWith({ 'a.rego': source, 'full.rego': FULL })
    const [a, b, c] = await Promise.all([ask('action', {}), ask('action', {}), ask('action', {}, { seed: 'other' })])
    expect(a.result).toEqual(b.result)
    expect(a.result).not.toEqual(c.result)
    expect(JSON.stringify(a.result)).toContain('"now":1700000000123456800')
  })

  it('uses the full evaluator where it is needed, and for single values that need it', async () => {
    const source = `package alert.secret

alert contains {"mac": crypto.hmac.sha256(input.text, base64.decode(input.key))}
`
    const { ask } = await poolWith({ 'full.rego': FULL, 'secret.rego': source })
    const patched = await ask('alert/full', { a: 1, b: 2 })
    expect(patched).toMatchObject({ evaluator: 'full', error: null, result: { alert: [{ patched: { b: 2 } }] } })
    const plain = await ask('alert/secret', { text: 't', key: 'a2V5' })
    expect(plain).toMatchObject({ evaluator: 'wasm', error: null })
    const binary = await ask('alert/secret', { text: 't', key: '/////w==' })
    expect(binary).toMatchObject({ evaluator: 'full', error: null })
    // printf t | openssl dgst -sha256 -mac hmac -macopt hexkey:ffffffff
    expect(binary.result).toEqual({ alert: [{ mac: BINARY_KEY_MAC }] })
  })

  it('answers an unknown package with nothing and an unknown version with an error', async () => {
    const { ask } = await poolWith({ 'fine.rego': FINE })
    expect(await ask('alert/none', {})).toMatchObject({ result: undefined, error: null })
    expect(await ask('alert/fine', {}, { versionId: 'none' })).toMatchObject({
      error: { code: 'policy_version_missing' },
    })
  })

  it('lets authz wait for http.send in a thread of its own, once per request of an evaluation', async () => {
    const source = `package authz.http

deny if {
	answer := http.send({"method": "GET", "url": "https://idp.test/keys", "force_cache": true})
	again := http.send({"method": "GET", "url": "https://idp.test/keys", "force_cache": true})
	answer.body.blocked
	again.status_code == 200
}
`
    const asked: JsonValue[] = []
    const released = Promise.withResolvers<void>()
    const { ask } = await poolWith({ 'authz.rego': source, 'fine.rego': FINE }, async (request) => {
      asked.push(request)
      await released.promise
      return { status: '200 OK', status_code: 200, body: { blocked: true }, raw_body: '', headers: {} }
    })
    const denied = ask('authz/http', {})
    expect((await ask('alert/fine', { title: 'meanwhile' })).result).toEqual({ alert: [{ title: 'meanwhile' }] })
    released.resolve()
    expect(await denied).toMatchObject({ evaluator: 'full', error: null, result: { deny: true } })
    expect(asked).toEqual([{ method: 'GET', url: 'https://idp.test/keys', force_cache: true }])
  })

  it('gives up an authz whose http.send is not answered in time', async () => {
    const source =
      'package authz.http\n\ndeny if http.send({"method": "GET", "url": "https://idp.test/"}).status_code == 200\n'
    const { ask } = await poolWith({ 'authz.rego': source }, () => new Promise(() => {}))
    expect(await ask('authz/http', {}, { deadlineMs: 500 })).toMatchObject({ error: { code: 'policy_timeout' } })
  })
})

const BINARY_KEY_MAC = 'ec4df1aec8f56312955f1220949fe776dd636c3e382c172d44659d283589099c'

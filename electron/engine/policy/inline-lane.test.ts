import { afterAll, afterEach, describe, expect, it } from 'vitest'
import type { JsonValue } from '../../../shared/model/json.ts'
import type { Log } from '../ports/ports.ts'
import { compilePolicy } from './compile.ts'
import type { EvaluateRequest, Evaluation } from './evaluation.ts'
import { InlineLane } from './inline-lane.ts'
import { PolicyPool, type PoolVersion } from './policy-pool.ts'
import { Toolchain } from './toolchain/toolchain.ts'
import { toPoolVersion, toStored } from './version-loader.ts'

const log: Log = { debug() {}, info() {}, warn() {}, error() {} }
const toolchain = new Toolchain()
afterAll(() => toolchain.close())

const pools: PolicyPool[] = []
afterEach(() => Promise.all(pools.splice(0).map((pool) => pool.close())))

const PACKAGES = {
  fine: 'alert contains {"title": input.title, "at": time.now_ns(), "id": uuid.rfc4122("x")}',
  said: 'alert contains {"said": sprintf("%v", [input.value])} if print(input.value)',
  clashes: 'clash := input.values[_]\n\nalert contains {"clash": clash}',
  takes_room:
    'alert contains {"room": count(concat("", [sprintf("%09d", [n]) | some n in numbers.range(1, input.n)]))}',
  // Only Go reads this pattern.
  left: 'alert contains {"matched": regex.match(input.pattern, "abc")}',
  full: 'alert contains {"patched": json.patch(input, [{"op": "remove", "path": "a"}])}',
  // Its time is the product of both lengths.
  searches: 'alert contains {"found": contains(input.text, input.part)}',
}

const search = (length: number): JsonValue => ({ text: 'a'.repeat(2 * length), part: `${'a'.repeat(length)}b` })
const nested = (depth: number): JsonValue => JSON.parse('['.repeat(depth) + ']'.repeat(depth)) as JsonValue

let loaded: Promise<PoolVersion> | undefined

function version(): Promise<PoolVersion> {
  const sources = Object.entries(PACKAGES).map(([name, rules]) => ({
    path: `${name}.rego`,
    source: `package alert.${name}\n\n${rules}\n`,
  }))
  loaded ??= compilePolicy(toolchain, { sources, dataFiles: [] }).then(async (compiled) => ({
    ...(await toPoolVersion(toStored(compiled), log)),
    form: 7,
  }))
  return loaded
}

function request({ id }: PoolVersion, name: string, input: JsonValue | Uint8Array): EvaluateRequest {
  return {
    versionId: id,
    entrypoint: `alert/${name}`,
    input: input instanceof Uint8Array ? input : new TextEncoder().encode(JSON.stringify(input)),
    nowNs: '1700000000123456789',
    seed: 'seed',
    wantsForms: true,
  }
}

async function poolOf(isInline: boolean) {
  const loading = await version()
  const pool = new PolicyPool({ log, isInline })
  pools.push(pool)
  pool.load(loading)
  return (name: string, input: JsonValue | Uint8Array, more: Partial<EvaluateRequest> = {}): Promise<Evaluation> =>
    pool.evaluate({ ...request(loading, name, input), ...more })
}

const CASES: [name: string, input: JsonValue | Uint8Array, isInline: boolean][] = [
  ['fine', { title: 'a' }, true],
  ['fine', {}, true],
  ['fine', nested(500), true],
  ['absent', { title: 'a' }, true],
  ['said', { value: { b: [1, 'two', null], a: 1.5 } }, true],
  ['said', { value: nested(499) }, true],
  ['fine', nested(501), false],
  ['fine', new TextEncoder().encode('{"title": '), false],
  ['clashes', { values: [1] }, true],
  ['clashes', { values: [1, 2] }, false],
  ['takes_room', { n: 1000 }, true],
  ['left', { pattern: 'a{1001}' }, false],
  ['full', { a: 1, b: 2 }, false],
  ['takes_room', { n: 120_000 }, false],
]

describe('evaluations in the calling thread', () => {
  it('are all that is ordinary, and leave the rest', async () => {
    const loading = await version()
    const lane = new InlineLane(new Map([[loading.id, loading]]), 60_000)
    lane.load(loading)
    for (const [name, input, isInline] of CASES) {
      const answer = await lane.evaluate(request(loading, name, input))
      expect([name, answer !== null]).toEqual([name, isInline])
    }
  })

  it.each(CASES)('say of package %s what a policy thread says', async (name, input) => {
    // Time is not what this is about: the full evaluator takes seconds for much room.
    const more = { deadlineMs: 60_000 }
    const ours = await (await poolOf(true))(name, input, more)
    const theirs = await (await poolOf(false))(name, input, more)
    expect({ ...ours, durationUs: 0 }).toEqual({ ...theirs, durationUs: 0 })
  })

  it('[S22] are cut where they take too long, as in a policy thread, and the others are answered', async () => {
    const [inline, threaded] = [await poolOf(true), await poolOf(false)]
    const more = { deadlineMs: 800 }
    const cut = inline('searches', search(400_000), more)
    const meanwhile = inline('fine', { title: 'meanwhile' })
    expect(await meanwhile).toMatchObject({ error: null, result: { alert: [{ title: 'meanwhile' }] } })
    expect((await cut).error?.code).toBe('policy_timeout')
    expect((await cut).error).toEqual((await threaded('searches', search(400_000), more)).error)
    expect((await inline('fine', { title: 'later' })).error).toBeNull()
  })

  it('have all of their time where they are only slow', async () => {
    const inline = await poolOf(true)
    const { result } = await inline('searches', search(40_000), { deadlineMs: 60_000 })
    expect(result).toEqual({ alert: [{ found: false }] })
  })
})

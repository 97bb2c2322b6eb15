import { afterAll, describe, expect, it } from 'vitest'
import { file, SEED } from './test-support.ts'
import { type CompileRequest, type SourceFile, Toolchain } from './toolchain.ts'

const toolchain = new Toolchain()
afterAll(() => toolchain.close())

describe('compile', () => {
  const compile = (files: SourceFile[], more: Partial<CompileRequest> = {}) =>
    toolchain.compile({ files, data: {}, hosted: ['sprintf', 'time.now_ns', 'regex.split'], print: false, ...more })

  it('makes one policy of the seed policies, both generations', async () => {
    const compiled = await compile([...SEED, file('inspect.rego', 'package inspect', 'p if input.a')])
    expect(compiled.entrypoints).toEqual([
      { path: 'action', evaluator: 'wasm', reasons: [] },
      { path: 'alert/aws_guardduty', evaluator: 'wasm', reasons: [] },
      { path: 'inspect', evaluator: 'wasm', reasons: [] },
    ])
    const { exports } = await WebAssembly.compile(compiled.wasm!).then((module) => ({
      exports: WebAssembly.Module.exports(module),
    }))
    expect(exports.map(({ name }) => name)).toContain('opa_eval')
  })

  it('says what action and authz read of input.env and name under uses, and where that is computed', async () => {
    const action = file(
      'a.rego',
      'package action',
      'import rego.v1',
      'import input.env as e',
      'import data.lib',
      'run contains {"uses": "a.literal", "args": {"k": input.env.LITERAL, "d": input.env["WITH-DASH"]}}',
      'run contains {"uses": u, "args": e.IMPORTED} if u := "a.variable"',
      'run contains x if { v := input.env; v.ALIAS; object.get(v, "GET", ""); x := {"uses": "a.bound"} }',
      'run contains x if { n := "NAMED"; x := object.union({"uses": "a.nested"}, {"k": input.env[n]}) }',
      'run contains lib.tell("q") if not input.env.NOT',
      'other := {"uses": "a.else1"} if input.a',
      'else := {"uses": "a.else2", "k": input.env.ELSE}',
      'run contains {"uses": input.alert.uses}',
      'run contains {"uses": "a.some", "args": v} if some v in input.env',
    )
    const lib = file(
      'lib.rego',
      'package lib',
      'tell(x) := {"uses": "a.lib", "k": input.env.LIB}',
      'no := input.env.UNREACHED',
    )
    const others = [
      file('alert.rego', 'package alert.x', 'alert contains {"uses": "no.action", "title": input.env.IN_THE_EVENT}'),
      file('authz.rego', 'package authz.http', 'deny if input.env.TOKEN != input.header.token'),
    ]
    const { references } = await compile([action, lib, ...others])
    const places = (list: { name: string; file: string; row: number }[]) =>
      list.map(({ name, file: path, row }) => `${path}:${row} ${name}`)
    expect(places(references.env)).toEqual([
      'a.rego:5 LITERAL',
      'a.rego:5 WITH-DASH',
      'a.rego:6 IMPORTED',
      'a.rego:7 ALIAS',
      'a.rego:7 GET',
      'a.rego:8 NAMED',
      'a.rego:9 NOT',
      'a.rego:11 ELSE',
      'authz.rego:2 TOKEN',
      'lib.rego:2 LIB',
    ])
    const names = 'literal variable bound nested else1 else2 some lib'.split(' ').map((name) => `a.${name}`)
    expect(references.uses.map(({ name }) => name)).toEqual(names)
    expect(places(references.computed)).toEqual(['a.rego:12 uses', 'a.rego:13 input.env'])
  })

  it('says the same of the packages about reports; review names no action', async () => {
    const of = (name: string) =>
      file(
        `${name}.rego`,
        `package ${name}`,
        `rule contains {"uses": "a.${name}", "k": input.env.IN_${name.toUpperCase()}}`,
        `whole := input.report.alerts[_]`,
      )
    const { references } = await compile(['emit', 'inspect', 'review'].map(of))
    const at = (row: number, name: string, path: string) => ({ name, file: `${path}.rego`, row })
    expect(references).toEqual({
      env: [at(2, 'IN_EMIT', 'emit'), at(2, 'IN_INSPECT', 'inspect'), at(2, 'IN_REVIEW', 'review')],
      uses: [at(2, 'a.emit', 'emit'), at(2, 'a.inspect', 'inspect')],
      computed: [],
      readsRaw: false,
    })
  })

  it('gives the same bytes for the same sources', async () => {
    const first = await compile(SEED)
    const other = new Toolchain()
    const again = await other.compile({ files: SEED.toReversed(), data: {}, hosted: ['sprintf'], print: false })
    await other.close()
    expect(Buffer.compare(again.wasm!, first.wasm!)).toBe(0)
  })

  it('finds the entrypoints itself', async () => {
    const files = [
      file('a.rego', 'package alert["my-schema"]', 'alert contains {"title": "a"} if input.a'),
      file('b.rego', 'package alert.a.b', 'alert contains {} if input.a'),
      file('c.rego', 'package alert', 'aws.alert contains {} if input.a', 'f(x) := x'),
      file('d_test.rego', 'package alert.a_test', 'test_x if true'),
      file('e.rego', 'package lib', 'x := 1'),
      file('f.rego', 'package alert.only_functions', 'f(x) := x'),
      file('g.rego', 'package authz.http', 'deny if input.x'),
      file('h.rego', 'package review', 'severity := 1'),
      file('i.rego', 'package emit', 'run contains {} if input.x'),
    ]
    const compiled = await compile(files)
    expect(compiled.entrypoints.map(({ path }) => path)).toEqual([
      'alert/a/b',
      'alert/aws',
      'alert/my-schema',
      'authz/http',
      'emit',
      'review',
    ])
    expect(compiled.wasm).not.toBeNull()
  })

  it('gives no policy when nothing can be hosted', async () => {
    const compiled = await compile([
      file('a.rego', 'package action', 'p := io.jwt.decode(input.t)', 'q := p', 'r := glob.quote_meta("a")'),
    ])
    expect(compiled).toMatchObject({
      wasm: null,
      entrypoints: [{ path: 'action', evaluator: 'full', reasons: ['glob.quote_meta', 'io.jwt.decode'] }],
      requiredBuiltins: [],
    })
  })

  it('judges each entrypoint by what it reaches', async () => {
    const compiled = await compile([
      file('lib.rego', 'package lib', 'claims(t) := io.jwt.decode(t)', 'size(x) := count(x)'),
      file('a.rego', 'package alert.a', 'p := data.lib.claims(input.t)'),
      file('b.rego', 'package alert.b', 'p := data.lib.size(input.t)', 'q := time.now_ns()'),
    ])
    expect(compiled.entrypoints).toEqual([
      { path: 'alert/a', evaluator: 'full', reasons: ['io.jwt.decode'] },
      { path: 'alert/b', evaluator: 'wasm', reasons: [] },
    ])
    expect(compiled.requiredBuiltins).toEqual(['time.now_ns'])
  })

  it('asks under another name for what opa-wasm would answer itself', async () => {
    const source = [
      'package action',
      'p := sprintf("%v", [input.x])',
      'q := regex.split("a", input.x)',
      'r if { print(input.x) }',
    ]
    expect((await compile([file('a.rego', ...source)])).requiredBuiltins).toEqual([
      'tocsin:regex_split',
      'tocsin:sprintf',
    ])
    expect((await compile([file('a.rego', ...source)], { print: true })).requiredBuiltins).toEqual([
      'internal.print',
      'tocsin:regex_split',
      'tocsin:sprintf',
    ])
  })

  it('leaves a function of the author named like one of those alone', async () => {
    const compiled = await compile([
      file('a.rego', 'package action', 'sprintf(a, b) := concat(a, b)', 'p := sprintf("-", ["x"])'),
      file('b.rego', 'package alert.a', 'p := sprintf("%v", [input.x])'),
    ])
    expect(compiled.entrypoints.map(({ evaluator }) => evaluator)).toEqual(['wasm', 'wasm'])
  })

  it('takes http.send in authz as any other hosted built-in', async () => {
    const files = [file('a.rego', 'package authz.http', 'deny if http.send({"url": input.u}).status_code != 200')]
    const compiled = await compile(files, { allow: ['http.send'], hosted: ['http.send'] })
    expect(compiled).toMatchObject({ entrypoints: [{ evaluator: 'wasm' }], requiredBuiltins: ['http.send'] })
  })

  const reasons = async (...lines: string[]): Promise<string[]> =>
    (await compile([file('a.rego', 'package action', ...lines)])).entrypoints[0]!.reasons

  it.each([
    ['input', ['p := sprintf("%v", [input.x])']],
    ['a local variable from input', ['p contains x if { f := input.a[_]; y := f.b; x := sprintf("%v %v", [y, f.c]) }']],
    ['a parameter that only gets input', ['f(x) := sprintf("%v", [x])', 'p := f(input.x)']],
    ['an element of a set of strings', ['s := {"a", "b"}', 'p contains sprintf("%s", [x]) if some x in s']],
    ['the size of a set', ['p := sprintf("%d", [count({1, 2})])']],
    ['a sorted set', ['p := sprintf("%v", [sort({y | y := input.a[_]})])']],
    [
      'input while a clock is mocked',
      ['c := time.now_ns()', 'f := sprintf("%v", [input.x])', 'p := x if { x := f with time.now_ns as 1 }'],
    ],
    ['data', ['p := sprintf("%v", [data.x.y])']],
    ['a comprehension of arrays', ['p := sprintf("%v", [[x | x := input.a[_]]])']],
  ])('hosts sprintf of %s', async (_what, lines) => {
    expect(await reasons(...lines)).toEqual([])
  })

  it.each([
    ['a literal set', ['p := sprintf("%v", [{1, 2}])']],
    ['a set in a variable', ['p := sprintf("%v", [s]) if s := {input.x}']],
    ['a set comprehension', ['p := sprintf("%v", [{x | x := input.a[_]}])']],
    ['a set within an object', ['p := sprintf("%v", [o]) if o := {"a": {"b": {1}}}']],
    ['a partial set', ['s contains input.x', 'p := sprintf("%v", [s])']],
    [
      'a partial set through its package',
      ['s contains input.x', 'p := sprintf("%v", [data.action.q])', 'q := {"s": s}'],
    ],
    ['a parameter that gets a set somewhere', ['f(x) := sprintf("%v", [x])', 'p := f(input.x)', 'q := f({1})']],
    ["a function's result", ['f(x) := {x}', 'p := sprintf("%v", [f(1)])']],
    ["a built-in's result", ['p := sprintf("%v", [object.keys(input.x)])']],
    ['a default that is a set', ['p := sprintf("%v", [object.get(input, "x", {1})])']],
    ['an element of a set of sets', ['p contains sprintf("%v", [x]) if { some x in {{1}, {2}} }']],
    ['a pattern', ['p := sprintf("%v", [y]) if { [_, y] = [1, {2}] }']],
    ['an else', ['s := 1 if input.a', 'else := {2}', 'p := sprintf("%v", [s])']],
    ['input replaced by a set', ['f := sprintf("%v", [input.x])', 'p := x if { x := f with input as {"x": {1}} }']],
    ['what walk gives', ['p contains sprintf("%v", [x]) if { walk({1}, [_, x]) }']],
    ['an object with sets as keys', ['o[k] := 1 if { some k in {{1}} }', 'p := sprintf("%v", [o])']],
    [
      'a mocked function',
      ['f(_) := {1}', 'g := sprintf("%v", [x]) if { x := lower(input.x) }', 'p := x if { x := g with lower as f }'],
    ],
    ['a mock', ['f(x) := sprintf("%v", [x])', 'g := lower(input.x)', 'p := x if { x := g with lower as f }']],
    ['every', ['p if { every x in [{1}] { sprintf("%v", [x]) == "" } }']],
    [
      'a mock',
      ['f(x) := {x}', 'q := sprintf("%v", [g])', 'g := lower(input.x)', 'p := x if { x := q with lower as f }'],
    ],
  ])('does not host sprintf of %s', async (_what, lines) => {
    expect(await reasons(...lines)).toEqual(['sprintf (a set may reach it)'])
  })
})

import { afterAll, describe, expect, it } from 'vitest'
import { bytes, blames, file, guardDutyEvent, SEED } from './test-support.ts'
import { type EvalRequest, Toolchain } from './toolchain.ts'

const toolchain = new Toolchain()
afterAll(() => toolchain.close())

const evaluation = (request: Partial<EvalRequest> & Pick<EvalRequest, 'files' | 'entrypoint'>): EvalRequest => ({
  input: undefined,
  nowNs: 0n,
  seed: '',
  timeoutMs: 5000,
  print: false,
  ...request,
})

describe('check', () => {
  it('names file, row, column and OPA code of a parse error', async () => {
    const files = [file('a.rego', 'package a', '', 'p := {1, 2]')]
    await expect(toolchain.check({ files })).rejects.toMatchObject(
      blames('policy_invalid', { code: 'rego_parse_error', file: 'a.rego', row: 3, col: 11 }, { row: 3 }),
    )
  })

  it('reports the errors of all files together', async () => {
    const files = [
      file('a.rego', 'package a', 'p if { unknown(1) }'),
      file('b.rego', 'package b', 'import rego.v1', 'q if { x }'),
      file('c.rego', 'package c', 'r := unknown(2)'),
    ]
    await expect(toolchain.check({ files: files.slice(0, 1) })).rejects.toMatchObject(
      blames('policy_invalid', { code: 'rego_type_error', file: 'a.rego', row: 2, col: 8 }),
    )
    await expect(toolchain.check({ files: files.slice(1, 2) })).rejects.toMatchObject(
      blames('policy_invalid', { code: 'rego_unsafe_var_error', file: 'b.rego', row: 3, col: 8 }),
    )
    await expect(toolchain.check({ files: [files[0]!, files[2]!] })).rejects.toMatchObject(
      blames('policy_invalid', { file: 'a.rego', row: 2 }, { code: 'rego_type_error', file: 'c.rego', row: 2, col: 6 }),
    )
  })

  it('reads each file as v1, else as v0, also within one package', async () => {
    const files = [
      file('new.rego', 'package action', 'run contains {"id": "a"} if input.x'),
      file('old.rego', 'package action', 'run[{"id": "b"}] { input.x }', 'exit[{}] { true }'),
    ]
    expect(await toolchain.check({ files })).toEqual({
      files: [
        { path: 'new.rego', regoVersion: 'v1', package: 'action', rules: ['run'] },
        { path: 'old.rego', regoVersion: 'v0', package: 'action', rules: ['exit', 'run'] },
      ],
      packages: [{ package: 'action', definesInit: false, definesExit: true }],
    })
  })

  it.each([
    ['a deprecated built-in', ['p := any([true, false])']],
    ['a repeated import', ['import data.x', 'import data.x', 'p := x']],
    ['a rule named input', ['input := 1', 'p := 2']],
  ])('reads a file as v0 that v1 refuses only for %s', async (_what, lines) => {
    const old = file('old.rego', 'package old', ...lines)
    const checked = await toolchain.check({ files: [old, file('new.rego', 'package new', 'p if data.old.p')] })
    expect(checked.files.map(({ path, regoVersion }) => [path, regoVersion])).toEqual([
      ['new.rego', 'v1'],
      ['old.rego', 'v0'],
    ])
    const said = file('old.rego', 'package old', 'import rego.v1', ...lines)
    await expect(toolchain.check({ files: [said] })).rejects.toMatchObject({ code: 'policy_invalid' })
  })

  it('keeps a v1 file whose error is none of its generation', async () => {
    const files = [file('a.rego', 'package a', 'p := any([true])'), file('b.rego', 'package b', 'q := unknown(1)')]
    await expect(toolchain.check({ files })).rejects.toMatchObject(
      blames('policy_invalid', { file: 'b.rego', row: 2, message: 'undefined function unknown' }),
    )
  })

  it("reports a v0 file's own error, not that it lacks v1's keywords", async () => {
    const files = [file('old.rego', 'package old', 'p[x] { x := input.a }', 'q { input.b ]')]
    await expect(toolchain.check({ files })).rejects.toMatchObject(
      blames('policy_invalid', { file: 'old.rego', row: 3 }),
    )
  })

  it('refuses a rule where the data has a value', async () => {
    const files = [file('a.rego', 'package a.b', 'c := 1')]
    await expect(toolchain.check({ files, data: { a: { b: { c: 2 } } } })).rejects.toMatchObject({
      code: 'policy_invalid',
    })
  })

  it.each(['http.send({"method": "get", "url": "http://a"})', 'net.lookup_ip_addr("a")', 'opa.runtime()'])(
    'refuses %s, with its place',
    async (call) => {
      const files = [file('a.rego', 'package alert.a', 'import rego.v1', `p := ${call}`)]
      await expect(toolchain.check({ files })).rejects.toMatchObject(
        blames('policy_invalid', { code: 'rego_type_error', file: 'a.rego', row: 3, col: 6 }),
      )
    },
  )

  it('allows http.send to authz alone, also through a rule of authz', async () => {
    const authz = file('authz.rego', 'package authz.http', 'answer := http.send({"method": "get", "url": "http://a"})')
    const allow = ['http.send']
    await toolchain.check({ files: [authz], allow })
    const direct = file('alert.rego', 'package alert.a', 'p if {', '\tx := 1', '\thttp.send({"x": x}).body', '}')
    await expect(toolchain.check({ files: [authz, direct], allow })).rejects.toMatchObject(
      blames('policy_invalid', {
        code: 'rego_type_error',
        file: 'alert.rego',
        row: 4,
        message: 'undefined function http.send',
      }),
    )
    const indirect = file('alert.rego', 'package alert.a', 'import data.authz.http', 'p := http.answer')
    await expect(toolchain.check({ files: [authz, indirect], allow })).rejects.toMatchObject(
      blames('policy_invalid', { code: 'rego_type_error', file: 'alert.rego', row: 3 }),
    )
  })

  it('answers sources nested too deeply with a code, and the next call works', async () => {
    const files = [file('deep.rego', 'package a', `p := ${'['.repeat(50_000)}`)]
    await expect(toolchain.check({ files })).rejects.toMatchObject({
      code: 'policy_invalid',
      message: expect.stringContaining('deep.rego:2:50002: rego_parse_error: max parsing recursion depth') as unknown,
    })
    await expect(toolchain.jsonnet({ path: 'deep.jsonnet', source: '['.repeat(200_000) })).rejects.toMatchObject({
      code: 'toolchain_crashed',
    })
    expect(await toolchain.check({ files: SEED })).toMatchObject({
      packages: [{ package: 'action' }, { package: 'alert.aws_guardduty' }],
    })
  })
})

describe('format', () => {
  it("writes OPA's format in the file's own generation", async () => {
    expect(await toolchain.format(file('a.rego', 'package a', 'p[x]{x:=input.a}'))).toEqual({
      source: 'package a\n\np[x] {\n\tx := input.a\n}\n',
      regoVersion: 'v0',
    })
    expect(await toolchain.format(file('a.rego', 'package a', 'p contains x if{x:=input.a;x>1}'))).toMatchObject({
      source: 'package a\n\np contains x if {\n\tx := input.a\n\tx > 1\n}\n',
      regoVersion: 'v1',
    })
  })

  it('refuses a file that does not parse', async () => {
    await expect(toolchain.format(file('a.rego', 'package a', 'p if { ]'))).rejects.toMatchObject(
      blames('policy_invalid', { code: 'rego_parse_error', file: 'a.rego', row: 2 }),
    )
  })
})

describe('test', () => {
  const tests = file(
    'alert_test.rego',
    'package alert.aws_guardduty',
    'import rego.v1',
    'test_trojan if {',
    '\tprint("findings:", 1)',
    '\tcount(alert) == 1 with input as {"Findings": [{"Type": "Trojan:a", "Severity": 8, "Description": "d", "Resource": {"InstanceDetails": {"InstanceId": "i"}}}]}',
    '}',
    'test_mild if {',
    '\tx := 1',
    '\tcount(alert) == x with input as {"Findings": [{"Type": "Trojan:a", "Severity": 2}]}',
    '}',
    'test_error if {',
    '\tdata.lib.twice == 1',
    '}',
    'todo_test_later if false',
  )
  const lib = file('lib.rego', 'package lib', 'twice := 1 if true', 'twice := 2 if true')

  it('says what passed, failed and why, with output and coverage', async () => {
    const result = await toolchain.test({ files: [...SEED, tests, lib], coverage: true })
    expect(
      result.tests.map(({ name, outcome, row, output, cause }) => ({ name, outcome, row, output, cause })),
    ).toEqual([
      { name: 'test_trojan', outcome: 'pass', row: 3, output: 'findings: 1\n', cause: undefined },
      {
        name: 'test_mild',
        outcome: 'fail',
        row: 7,
        output: '',
        cause: expect.objectContaining({ code: 'test_failed', file: 'alert_test.rego', row: 9 }) as unknown,
      },
      {
        name: 'test_error',
        outcome: 'error',
        row: 11,
        output: '',
        cause: expect.objectContaining({ code: 'eval_conflict_error', file: 'lib.rego' }) as unknown,
      },
      { name: 'todo_test_later', outcome: 'skip', row: 14, output: '', cause: undefined },
    ])
    expect(result.coverage!.map(({ path, percent }) => [path, percent > 0])).toEqual([
      ['action.rego', false],
      ['alert.rego', true],
      ['alert_test.rego', true],
      ['lib.rego', true],
    ])
  })

  it('runs only the tests asked for', async () => {
    const result = await toolchain.test({ files: [...SEED, tests, lib], filter: 'trojan' })
    expect(result.tests.map(({ name }) => name)).toEqual(['test_trojan'])
    expect(result.coverage).toBeUndefined()
  })
})

describe('eval', () => {
  it('evaluates the seed policies', async () => {
    const files = SEED
    const input = guardDutyEvent(['Trojan:EC2/DriveBySourceTraffic!DNS', 8])
    const { result } = await toolchain.eval(evaluation({ files, entrypoint: 'alert/aws_guardduty', input }))
    const alert = {
      attrs: [{ key: 'instance ID', value: 'i-99999999' }],
      description: 'a lookup',
      source: 'aws',
      title: 'Trojan:EC2/DriveBySourceTraffic!DNS',
    }
    expect(JSON.parse(result!)).toEqual({ alert: [alert] })
  })

  it('gives prints with their place, and none unless asked', async () => {
    const files = [
      file(
        'a.rego',
        'package action',
        'run contains 1 if {',
        '\tprint("hello", input.seq, {"a": [1], "s": {2, 1}}, input.no)',
        '}',
      ),
    ]
    const request = evaluation({ files, entrypoint: 'action', input: bytes({ seq: 0 }), print: true })
    expect(await toolchain.eval(request)).toEqual({
      result: '{"run":[1]}',
      prints: [{ message: 'hello 0 {"a": [1], "s": {1, 2}} <undefined>', file: 'a.rego', row: 3 }],
      error: undefined,
    })
    expect((await toolchain.eval({ ...request, print: false })).prints).toEqual([])
  })
})

describe('explain', () => {
  it("says which of the seed policy's expressions stopped it, with the value", async () => {
    const input = guardDutyEvent(['Recon:x', 9], ['Trojan:x', 6])
    const { result, rules } = await toolchain.explain(
      evaluation({ files: SEED, entrypoint: 'alert/aws_guardduty', input }),
    )
    expect(result).toBe('{"alert":[]}')
    expect(rules).toEqual([
      {
        path: 'data.alert.aws_guardduty.alert',
        file: 'alert.rego',
        row: 3,
        endRow: 17,
        entered: 1,
        succeeded: 0,
        stoppedAt: { row: 6, text: 'f.Severity > 7' },
        solutions: [],
        expressions: [
          { row: 4, col: 2, text: 'f := input.Findings[_]', evaluated: 1, failed: 0, samples: [] },
          {
            row: 5,
            col: 2,
            text: 'startswith(f.Type, "Trojan:")',
            evaluated: 2,
            failed: 1,
            samples: [{ 'f.Type': '"Recon:x"' }],
          },
          { row: 6, col: 2, text: 'f.Severity > 7', evaluated: 1, failed: 1, samples: [{ 'f.Severity': '6' }] },
        ],
      },
    ])
  })

  it('says that a part of an expression was undefined', async () => {
    const input = bytes({ Findings: [{ Type: 'Trojan:x' }] })
    const { rules } = await toolchain.explain(evaluation({ files: SEED, entrypoint: 'alert/aws_guardduty', input }))
    expect(rules[0]!.stoppedAt).toEqual({ row: 6, text: 'f.Severity' })
    expect(rules[0]!.expressions[2]).toMatchObject({
      evaluated: 1,
      failed: 1,
      samples: [{ 'f.Severity': 'undefined' }],
    })
  })

  it("gives the author's variables where a rule held", async () => {
    const files = [file('a.rego', 'package action', 'run contains y if {', '\tsome x in input.a', '\ty := x + 1', '}')]
    const { rules } = await toolchain.explain(evaluation({ files, entrypoint: 'action', input: bytes({ a: [1, 2] }) }))
    expect(rules[0]).toMatchObject({
      succeeded: 2,
      solutions: [
        { x: '1', y: '2' },
        { x: '2', y: '3' },
      ],
    })
    expect(rules[0]).not.toHaveProperty('stoppedAt')
  })
})

describe('jsonnet', () => {
  it('gives JSON, with variables and imports out of what it was given', async () => {
    const source =
      'local l = import "lib/l.libsonnet"; function(n) {a: l.a, t: importstr "t.txt", e: std.extVar("e"), n: n}'
    const imports = { 'd/lib/l.libsonnet': '{a: import "../b.jsonnet"}', 'd/b.jsonnet': '1.5', 't.txt': 'text' }
    const text = await toolchain.jsonnet({
      path: 'd/x.jsonnet',
      source,
      imports,
      extVars: { e: 'E' },
      topLevelArguments: { n: 'N' },
    })
    expect(JSON.parse(text)).toEqual({ a: 1.5, t: 'text', e: 'E', n: 'N' })
  })

  it.each(['import "/etc/passwd"', 'importstr "../../../../etc/hostname"', 'importbin "file:///etc/hostname"'])(
    'refuses %s',
    async (source) => {
      await expect(toolchain.jsonnet({ path: 'x.jsonnet', source })).rejects.toMatchObject(
        blames('jsonnet_invalid', {
          code: 'jsonnet_error',
          message: expect.stringContaining('among those given') as unknown,
        }),
      )
    },
  )

  it('names the place of an error', async () => {
    const syntax = toolchain.jsonnet({ path: 'x.jsonnet', source: '{\n  a: ]\n}' })
    await expect(syntax).rejects.toMatchObject(blames('jsonnet_invalid', { file: 'x.jsonnet', row: 2, col: 6 }))
    const runtime = toolchain.jsonnet({ path: 'x.jsonnet', source: 'local f(x) = f(x + 1);\nf(0)' })
    await expect(runtime).rejects.toMatchObject(
      blames('jsonnet_invalid', { file: 'x.jsonnet', message: 'max stack frames exceeded.' }),
    )
  })
})

describe('the thread', () => {
  it('is ended when a call takes too long, and the next call works', async () => {
    const hasty = new Toolchain({ deadlineMs: 2000 })
    const source = 'local f(n) = if n == 0 then 1 else f(n - 1) + f(n - 1); f(60)'
    const slow = hasty.jsonnet({ path: 'x.jsonnet', source })
    const after = hasty.jsonnet({ path: 'x.jsonnet', source: '1' })
    await expect(slow).rejects.toMatchObject(blames('toolchain_timeout', { code: 'toolchain_timeout' }))
    expect(await after).toBe('1\n')
    await hasty.close()
  })

  it('is started again after it was closed or rested', async () => {
    const resting = new Toolchain({ idleMs: 0 })
    expect(await resting.jsonnet({ path: 'x.jsonnet', source: '1' })).toBe('1\n')
    await resting.close()
    expect(await resting.jsonnet({ path: 'x.jsonnet', source: '2' })).toBe('2\n')
    await resting.close()
  })
})

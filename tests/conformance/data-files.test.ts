import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { afterAll, afterEach, beforeEach, expect, it, vi } from 'vitest'
import { compilePolicy } from '../../electron/engine/policy/compile.ts'
import { PolicyPool } from '../../electron/engine/policy/policy-pool.ts'
import { PolicyService } from '../../electron/engine/policy/policy-service.ts'
import { Toolchain } from '../../electron/engine/policy/toolchain/toolchain.ts'
import { WasmEvaluator } from '../../electron/engine/policy/wasm-evaluator.ts'
import type { JsonValue } from '../../shared/model/json.ts'
import { CommandWorld } from '../fakes/command.ts'
import { openTestStore, type TestStore } from '../fakes/store.ts'

const toolchain = new Toolchain()
const commands = new CommandWorld()
afterAll(async () => {
  commands.remove()
  await toolchain.close()
})

let folder: string
let store: TestStore
let service: PolicyService | undefined
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tocsin-data-'))
  store = await openTestStore({ isInMemory: true })
})
afterEach(async () => {
  await service?.stop()
  service = undefined
  await store.close()
  await rm(folder, { recursive: true })
})

async function save(files: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
}

async function start(): Promise<PolicyService> {
  const { policies, writer, log } = store
  const pool = new PolicyPool({ log })
  service = new PolicyService({ policies, writer, toolchain: new Toolchain(), pool, policyDir: folder, log })
  await service.start()
  expect(service.problem()).toBeNull()
  return service
}

async function evaluate(
  live: PolicyService,
  entrypoint: string,
  input: string,
): Promise<{ result: JsonValue | undefined; by: string }> {
  const { result, error, evaluator } = await live.evaluate({
    versionId: live.live()!.id,
    entrypoint,
    input: new TextEncoder().encode(input),
    nowNs: '1700000000000000000',
    seed: 's',
  })
  expect(error).toBeNull()
  return { result, by: evaluator }
}

/** What one rule of each evaluator sees; `json.marshal` is not hosted, so its package is not compiled. */
const RULES = `
by_key := data.ioc.hosts[input.host]
listed if some host in data.ioc.list
all contains host if some host in data.ioc.list
big := data.ioc.id
same if data.ioc.id == input.id
beside := data.limits.alert.max
yaml := data.from.yaml
missing := data.nope
`

it('data is the same for both evaluators, and for alert, action and authz', async () => {
  const packages = { 'alert.a': '', 'alert.b': 'full := json.marshal(data.ioc)\n', action: '', 'authz.http': '' }
  await save({
    ...Object.fromEntries(
      Object.entries(packages).map(([name, more]) => [`${name}.rego`, `package ${name}\n${RULES}${more}`]),
    ),
    'data.json': '{"limits": {"alert": {"max": 7}}}',
    'ioc/data.json': '{"hosts": {"a.example": {"level": 1.50}}, "list": ["b", "a"], "id": 12345678901234567890}',
    'from/data.yaml': 'yaml: [yes, 0o7, 2001-12-14]\n',
    'alert/a/data.json': '{"beside_the_rules": true}',
  })
  const live = await start()
  const input = '{"host": "a.example", "id": 12345678901234567890}'
  const results: JsonValue[] = []
  for (const [entrypoint, by] of [
    ['alert/a', 'wasm'],
    ['alert/b', 'full'],
    ['action', 'wasm'],
    ['authz/http', 'wasm'],
  ] as const) {
    const answer = await evaluate(live, entrypoint, input)
    expect(answer.by).toBe(by)
    const { full, beside_the_rules: beside, ...rest } = answer.result as Record<string, JsonValue>
    expect(beside).toBe(entrypoint === 'alert/a' ? true : undefined)
    if (by === 'full')
      expect(full).toBe('{"hosts":{"a.example":{"level":1.5}},"id":12345678901234567890,"list":["b","a"]}')
    results.push(rest)
  }
  expect(results[0]).toEqual({
    by_key: { level: 1.5 },
    listed: true,
    all: ['a', 'b'],
    big: Number('12345678901234567890'),
    same: true,
    beside: 7,
    yaml: ['yes', 7, '2001-12-14'],
  })
  for (const result of results.slice(1)) expect(result).toEqual(results[0])
})

it('an edit of a data file is a new version, stored with it; what tests see is none', async () => {
  await save({
    'a.rego': 'package alert.a\n\nalert contains {"title": name} if some name in data.names\n',
    'names/data.yaml': '- Ada\n',
  })
  const live = await start()
  const first = live.live()!
  expect((await evaluate(live, 'alert/a', 'null')).result).toEqual({ alert: [{ title: 'Ada' }] })
  await save({ 'names/data.yaml': '- Grace\n' })
  await vi.waitFor(() => expect(live.live()!.number).toBe(2), { timeout: 10_000 })
  expect((await evaluate(live, 'alert/a', 'null')).result).toEqual({ alert: [{ title: 'Grace' }] })
  expect(store.policies.get(first.id)?.dataFiles).toEqual([
    { path: 'names/data.yaml', source: '- Ada\n', json: '["Ada"]' },
  ])

  await save({ 'play/output/s1/data.json': '{}', 'alert/testdata/a/data.json': '{}', 'names/event.json': '{}' })
  await live.refresh()
  expect(live.live()!.number).toBe(2)

  await save({ 'names/data.json': '{"x": 1}' })
  await live.refresh()
  expect(live.live()!.number).toBe(2)
  expect(live.problem()).toMatchObject([{ code: 'data_conflict', file: 'names/data.yaml' }])
})

it('keeps the instance of a compiled policy whose data is large', async () => {
  const list = JSON.stringify(
    Array.from({ length: 150_000 }, (_none, i) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`),
  )
  const { wasm } = await compilePolicy(toolchain, {
    sources: [
      { path: 'a.rego', source: 'package alert.a\n\nalert contains {"title": input.ip} if input.ip in data.ioc\n' },
    ],
    dataFiles: [{ path: 'ioc/data.json', source: list }],
  })
  const instances = vi.spyOn(WebAssembly, 'Instance')
  const evaluator = new WasmEvaluator(await WebAssembly.compile(wasm!), `{"ioc":${list}}`)
  for (const [ip, alert] of [
    ['10.2.73.239', [{ title: '10.2.73.239' }]],
    ['10.9.0.0', []],
  ] as const) {
    const input = new TextEncoder().encode(JSON.stringify({ ip }))
    expect(evaluator.evaluate('alert/a', input, { nowNs: '0', seed: '' })).toMatchObject({
      error: null,
      result: { alert },
    })
  }
  expect(instances).toHaveBeenCalledTimes(1)
  instances.mockRestore()
})

it('check, test and run see the same data', async () => {
  await save({
    'a.rego': 'package alert.a\n\nalert contains {"title": name} if some name in data.names\n',
    'names/data.yml': '- Ada\n',
    'a_test.rego':
      'package alert.a_test\n\ntest_name if data.alert.a.alert == {{"title": "Ada"}}\n\ntest_event if data.alert.testdata.a.v == 1\n\ntest_played if data.play.output.s1.id == "s1"\n',
    'alert/testdata/a/event.json': '{"v": 1}',
    'play/output/s1/data.json': '{"id": "s1"}',
  })
  expect(await commands.runHere(['check', '-d', folder])).toMatchObject({ code: 0 })
  expect(await commands.runHere(['test', '-d', folder])).toMatchObject({
    code: 0,
    err: '3 passed, 0 failed, 0 in error, 0 skipped\n',
  })
  const run = await commands.runHere(['run', '-d', folder, '-s', 'a', '-i', '-'], {}, '{}')
  expect(JSON.parse(run.out)).toMatchObject({ alerts: [{ title: 'Ada' }] })

  await save({ 'names/data.json': '{' })
  for (const command of ['check', 'test'])
    expect(await commands.runHere([command, '-d', folder])).toMatchObject({
      code: 1,
      err: expect.stringMatching(
        /^names\/data\.json:1:2: data_invalid: The data file cannot be read\. It is not one JSON value: /,
      ) as string,
    })
  await save({ 'names/data.json': '{}', 'alert/a/data.json': '{"alert": []}' })
  await rm(join(folder, 'names/data.yml'))
  for (const command of ['check', 'test'])
    expect(await commands.runHere([command, '-d', folder])).toMatchObject({
      code: 1,
      err: 'a.rego:3:1: data_conflict: The rule is at data.alert.a.alert, which alert/a/data.json fills: rename one of the two.\n',
    })
})

it('play says when its output becomes live data', async () => {
  await save({
    'a.rego': 'package alert.a\n\nalert contains {"title": "t"}\n',
    's/s.jsonnet': '{id: "s", title: "t", events: [{input: {}, schema: "a"}]}',
  })
  const elsewhere = `../${basename(folder)}-out`
  for (const [output, warns] of [
    ['out', true],
    ['', true],
    ['play/output', false],
    ['x/testdata/y', false],
    [elsewhere, false],
  ] as const) {
    const args = ['play', '-d', folder, '-s', join(folder, 's'), '-o', join(folder, output)]
    const { code, err } = await commands.runHere(args)
    expect([output, code, err.includes('data of live policies')]).toEqual([output, 0, warns])
  }
  await rm(join(folder, elsewhere), { recursive: true })
})

import { Command } from 'commander'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { CommandWorld } from '../../tests/fakes/command.ts'
import { FakeLog } from '../../tests/fakes/ports.ts'
import { openStore } from '../engine/store/store.ts'
import { systemClock, systemIds } from '../engine/ports/system-ports.ts'
import { engineConfig } from './engine-config.ts'
import { addOptions, given } from './options.ts'

const POLICIES = fileURLToPath(new URL('../../policies', import.meta.url))
const VERSION = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
).version

const world = new CommandWorld()
const { folder } = world
afterEach(() => world.killAll())
afterAll(() => world.remove())

const broken = join(folder, 'broken')
mkdirSync(broken)
writeFileSync(join(broken, 'a.rego'), 'package alert.a\n\nalert contains res if {\n\tres := nope\n}\n')

describe('usage', () => {
  it.each<[string[], number]>([
    [['--help'], 0],
    [['serve', '--help'], 0],
    [['s', '-h'], 0],
    [[], 0],
    [['bogus'], 2],
    [['serve', '--nope'], 2],
    [['serve', 'extra'], 2],
    [['serve', '-a', '0.0.0.0:8080'], 2],
    [['serve', '-a', '[::1]:8080'], 2],
    [['serve', '-a', 'example.com:80'], 2],
    [['serve', '-a', '127.0.0.1:70000'], 2],
    [['serve', '--desk', '0.0.0.0:1'], 2],
    [['serve', '--mode', 'loud'], 2],
    [['desk', '--host', 'telnet'], 2],
    [['run', '-i', 'x.json'], 2],
    [['run', '-s', 'a b', '-i', 'x.json'], 2],
    [['run', '-s', 'clamav'], 2],
    [['check', '-l', 'loud'], 2],
    [['-f', 'xml', 'check'], 2],
  ])('%j exits %i', async (args, code) => {
    const result = await world.runHere(args)
    expect(result.code).toBe(code)
    expect(code === 0 ? result.out : result.err).not.toBe('')
    if (code === 2) expect(result.out).toBe('')
  })

  it('prints the version on stdout', async () => {
    expect(await world.run(['version'])).toEqual({ code: 0, out: `tocsin ${VERSION}\n`, err: '' })
  })

  it.each([
    [['help', 'run'], /--schema <name>/],
    [['version', '-l', 'debug', '-f', 'json'], /^tocsin /],
    [['-o', 'stderr', 'version'], /^tocsin /],
  ])('%j prints on stdout alone', async (args, text) => {
    expect(await world.runHere(args)).toMatchObject({ code: 0, out: expect.stringMatching(text) as string, err: '' })
  })

  it.each<[boolean | null, string[], Record<string, string>]>([
    [null, [], {}],
    [true, ['--graphql'], { TOCSIN_GRAPHQL: 'false' }],
    [false, ['--no-graphql'], { TOCSIN_GRAPHQL: 'true' }],
    [false, [], { TOCSIN_GRAPHQL: 'false', ALERTCHAIN_GRAPHQL: 'true' }],
    [true, [], { ALERTCHAIN_GRAPHQL: 'true' }],
  ])('says %j about GraphQL for %j with %j', (said, args, env) => {
    const command = new Command('serve')
    addOptions(command, ['graphql'])
    command.parse(args, { from: 'user' })
    const asked = given(command, ['graphql'], env)
    expect(engineConfig({ command: 'serve', given: asked, env, cwd: folder }).graphql).toBe(said)
  })

  it('reads TOCSIN_ before ALERTCHAIN_ variables and the command line before both', async () => {
    const old = { ALERTCHAIN_POLICY_DIR: '/nowhere/alertchain' }
    const both = { ...old, TOCSIN_POLICY_DIR: '/nowhere/tocsin' }
    expect((await world.runHere(['check'], old)).err).toContain('/nowhere/alertchain')
    expect((await world.runHere(['check'], both)).err).toContain('/nowhere/tocsin')
    expect((await world.runHere(['check', '-d', '/nowhere/given'], both)).err).toContain('/nowhere/given')
    expect((await world.runHere(['-d', '/nowhere/before', 'check'], both)).err).toContain('/nowhere/before')
    expect((await world.runHere(['serve'], { TOCSIN_ADDR: '10.0.0.1:1' })).code).toBe(2)
    expect((await world.runHere(['serve'], { TOCSIN_ENABLE_PRINT: 'perhaps' })).code).toBe(2)
  })

  it.each([
    ['TOCSIN_ENV', 'HOME:plain,API_KEY:secret', /"API_KEY:secret" is no entry of TOCSIN_ENV/],
    ['OPENAI_BASE_URL', 'api.openai.com/v1', /^OPENAI_BASE_URL is an http\(s\) address .* not "api\.openai\.com\/v1"/],
    ['GITHUB_API_URL', 'https://ghe.test/api?v=3', /^GITHUB_API_URL is an http\(s\) address without/],
    ['TOCSIN_NET_ALLOW', '127.0.0.1,10.0.0.0/99', /^TOCSIN_NET_ALLOW: "10\.0\.0\.0\/99"/],
  ])('refuses a malformed %s before anything starts', async (name, value, message) => {
    for (const args of [['serve'], ['run', '-s', 'clamav', '-i', '-'], ['desk', '--host', 'browser']]) {
      const result = await world.runHere([...args, '--data', join(folder, 'never')], { [name]: value }, '{}')
      expect(result).toMatchObject({ code: 2, out: '', err: expect.stringMatching(message) as string })
    }
    expect(existsSync(join(folder, 'never'))).toBe(false)
  })
})

describe('policies', () => {
  it('check names file, row and column', async () => {
    const result = await world.runHere(['check', '-d', broken])
    expect(result).toMatchObject({ code: 1, out: '' })
    expect(result.err).toMatch(/^a\.rego:4:\d+: rego_unsafe_var_error: /)
    expect((await world.runHere(['check', '-d', POLICIES])).code).toBe(0)
  })

  it('check says once what does not parse', async () => {
    const unparsed = join(folder, 'unparsed')
    mkdirSync(unparsed)
    writeFileSync(join(unparsed, 'a.rego'), 'package alert.a\n\nalert contains {"title": "a" if true\n')
    const { code, err } = await world.runHere(['check', '-d', unparsed])
    expect(code).toBe(1)
    expect(err).toMatch(/^a\.rego:3:30: rego_parse_error: [^\n]+\n$/)
  })

  it('test exits 1 on a failing test and prints JSON on stdout alone', async () => {
    const failing = join(folder, 'failing')
    mkdirSync(failing)
    writeFileSync(join(failing, 'a_test.rego'), 'package a_test\n\ntest_fails if 1 == 2\n\ntest_holds if 1 == 1\n')
    const text = await world.runHere(['test', '-d', failing])
    expect(text).toMatchObject({ code: 1, out: '' })
    expect(text.err).toContain('FAIL a_test.rego:3: a_test.test_fails')
    const json = await world.runHere(['test', '-d', failing, '--format', 'json', '--coverage'])
    expect(json.code).toBe(1)
    const { tests, coverage } = JSON.parse(json.out) as {
      tests: { name: string; outcome: string; fail?: true; package: string }[]
      coverage: { files: Record<string, { not_covered: unknown[] }>; covered_lines: number }
    }
    expect(tests[0]).toMatchObject({ package: 'data.a_test', fail: true, location: { file: 'a_test.rego', row: 3 } })
    expect(Object.keys(coverage.files)).toEqual(['a_test.rego'])
    expect(coverage.covered_lines).toBeGreaterThan(0)
    expect(tests.map(({ name, outcome }) => [name, outcome])).toEqual([
      ['test_fails', 'fail'],
      ['test_holds', 'pass'],
    ])
  })

  it('check warns of what the policies ask for in vain, with its place, and fails on nothing of it', async () => {
    const silent = join(folder, 'silent')
    mkdirSync(silent)
    const rules = [
      'run contains {"id": "tell", "uses": "slack.post", "args": {"secret_url": input.env.HOOK_URL}}',
      'run contains {"id": "typo", "uses": "slack.pots", "args": {}} if input.env.VARIABLE',
      'run contains {"id": "any", "uses": uses, "args": {}} if some uses in input.env',
    ]
    writeFileSync(join(silent, 'a.rego'), `package action\n\n${rules.join('\n\n')}\n`)
    const data = join(folder, 'silent-data')
    const store = await openStore({ dataDir: data, clock: systemClock, ids: systemIds, log: new FakeLog() })
    await store.writer.commit('settings', (tx) =>
      store.settings.set(tx, { 'env.variables': { VARIABLE: 'x' } }, 'test'),
    )
    await store.close()
    const { code, err } = await world.runHere(['check', '-d', silent, '--data', data])
    expect(code).toBe(0)
    expect(err.split('\n').filter((line) => line.startsWith('a.rego'))).toEqual([
      expect.stringMatching(/^a\.rego:3: env_missing: input\.env\.HOOK_URL .*\(warning\)$/),
      expect.stringMatching(/^a\.rego:5: action_unknown: .*"slack\.pots".*\(warning\)$/),
      expect.stringMatching(/^a\.rego:7: input\.env is computed/),
      expect.stringMatching(/^a\.rego:7: uses is computed/),
    ])
    const letThrough = await world.runHere(['check', '-d', silent, '--data', data], { TOCSIN_ENV: 'HOOK_URL' })
    expect(letThrough.err).not.toContain('env_missing')
  })

  it('check warns of each package that has not the rule that it is asked for', async () => {
    const other = join(folder, 'other-names')
    mkdirSync(other)
    const packages = {
      action: 'runs contains {"uses": ""}',
      'alert.scan': 'alerts contains {"title": "t"}',
      'authz.http': 'default denied := true',
      inspect: 'inspections contains {"uses": "otx.indicator"}',
      review: '# METADATA\n# title: t\nseverty := "safe"\n\nreason := "r"',
      emit: 'notify contains {"uses": ""}',
    }
    for (const [name, rules] of Object.entries(packages))
      writeFileSync(join(other, `${name}.rego`), `# why\npackage ${name}\n\n${rules}\n`)
    const { code, err } = await world.runHere(['check', '-d', other, '--data', join(folder, 'no-data')])
    expect(code).toBe(0)
    const warnings = err.split('\n').filter((line) => line.includes('rule_missing'))
    expect(
      warnings.map((line) => line.replace(/^(\S+) rule_missing: (Package .* has no rule .*?), so.*$/, '$1 $2')),
    ).toEqual([
      'action.rego:2: Package action has no rule "run" or "init" or "exit"',
      'alert.scan.rego:2: Package alert.scan has no rule "alert"',
      'authz.http.rego:2: Package authz.http has no rule "deny" or "allow"',
      'emit.rego:2: Package emit has no rule "run"',
      'inspect.rego:2: Package inspect has no rule "inspect"',
      'review.rego:2: Package review has no rule "severity"',
    ])
    expect(warnings[5]).toMatch(/every report stays unclassified: .* It has reason, severty\. \(warning\)$/)
  })

  it('fmt rewrites files and names those that changed', async () => {
    const unformatted = join(folder, 'unformatted')
    mkdirSync(unformatted)
    writeFileSync(join(unformatted, 'a.rego'), 'package   a\np:=1\n')
    expect(await world.runHere(['fmt', '-d', unformatted])).toEqual({ code: 0, out: 'a.rego\n', err: '' })
    expect(readFileSync(join(unformatted, 'a.rego'), 'utf8')).toBe('package a\n\np := 1\n')
    expect(await world.runHere(['fmt', '-d', unformatted])).toEqual({ code: 0, out: '', err: '' })
  })

  it('fmt leaves alone what OPA’s formatter would change in meaning or break, and formats the rest', async () => {
    const chained = join(folder, 'chained')
    mkdirSync(chained)
    const files = {
      'broken.rego': 'package alert.b\n\np[{"t": 1}] {\n\tinput.a\n} {\n\t# or this\n\tinput.b\n}\n',
      'changed.rego':
        'package alert.a\n\nimport rego.v1\n\nq contains {"t": 1} if {\n\tinput.a\n} {\n\t# or this\n\tinput.b\n}\n',
      'unread.rego': 'package\n',
      'z.rego': 'package z\np { input.a } { input.b }\n',
    }
    for (const [name, text] of Object.entries(files)) writeFileSync(join(chained, name), text)
    const { code, out, err } = await world.runHere(['fmt', '-d', chained])
    expect({ code, out }).toEqual({ code: 1, out: 'z.rego\n' })
    expect(err).toMatch(/^broken\.rego:5:\d+: .*stays as it is/m)
    expect(err).toMatch(/^changed\.rego:7:\d+: .*stays as it is/m)
    expect(err).toMatch(/^unread\.rego:/m)
    for (const name of ['broken.rego', 'changed.rego', 'unread.rego'] as const)
      expect(readFileSync(join(chained, name), 'utf8')).toBe(files[name])
  })
})

describe('run', () => {
  const event = JSON.stringify({ virus: 'X', path: join(folder, 'found.exe') })

  it('prints one event’s whole way as JSON, from standard input', async () => {
    writeFileSync(join(folder, 'found.exe'), 'bad')
    const { code, out } = await world.run(['r', '-d', POLICIES, '-s', 'clamav', '-i', '-'], {}, event)
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({
      event_id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      problem: null,
      alerts: [
        {
          title: 'X in found.exe',
          attrs: expect.any(Array) as unknown[],
          refs: [],
          data: { virus: 'X' },
          chain: {
            state: 'waiting',
            rounds: [
              {
                seq: 0,
                actions: [
                  {
                    id: 'quarantine',
                    uses: 'file.quarantine',
                    args: { path: join(folder, 'found.exe') },
                    effect: 'contain',
                    state: 'waiting',
                    plan: expect.arrayContaining([{ key: 'File', value: join(folder, 'found.exe') }]) as unknown[],
                    commit: [],
                    started_at: null,
                    finished_at: null,
                  },
                ],
              },
            ],
          },
        },
      ],
    })
    expect(existsSync(join(folder, 'found.exe'))).toBe(true)
  })

  it('says what was committed as the policies see it, also of an action that runs nothing', async () => {
    const policies = join(folder, 'commits')
    mkdirSync(policies)
    writeFileSync(
      join(policies, 'a.rego'),
      'package action\n\nrun contains {"id": "c", "uses": "", "commit": [{"key": "k", "value": 1, "ttl": 9}]} if input.seq == 0\n',
    )
    writeFileSync(join(policies, 'b.rego'), 'package alert.b\n\nalert contains {"title": "t"}\n')
    const { out } = await world.runHere(['run', '-d', policies, '-s', 'b', '-i', '-'], {}, '{}')
    const commit = [{ id: '', key: 'k', value: 1, type: '', persist: false, ttl: 9, path: '' }]
    const time = expect.stringMatching(/^\d{4}-/) as string
    const action = { id: 'c', state: 'succeeded', commit, started_at: time, finished_at: time }
    expect(JSON.parse(out)).toMatchObject({ alerts: [{ chain: { rounds: [{ actions: [action] }, { actions: [] }] } }] })
  })

  it('[S10] takes out secrets that a policy wrote out, at any depth', async () => {
    const policies = join(folder, 'written-out')
    mkdirSync(policies)
    writeFileSync(
      join(policies, 'a.rego'),
      `package action

run contains {
	"id": "ask",
	"uses": "chatgpt.query",
	"args": {"secret_api_key": "planted-1", "nested": [{"secret_n": 12345678, "plain": "kept"}]},
}
`,
    )
    writeFileSync(join(policies, 'b.rego'), 'package alert.b\n\nalert contains {"title": "t"}\n')
    const { out } = await world.runHere(['run', '-d', policies, '-s', 'b', '-i', '-'], {}, '{}')
    const args = { secret_api_key: '[REDACTED]', nested: [{ secret_n: '[REDACTED]', plain: 'kept' }] }
    expect(JSON.parse(out)).toMatchObject({ alerts: [{ chain: { rounds: [{ actions: [{ args }] }] } }] })
    expect(out).not.toMatch(/planted-1|12345678/)
  })

  it('waits for an action’s next try, though nothing else goes on', async () => {
    const policies = join(folder, 'refused')
    mkdirSync(policies)
    writeFileSync(
      join(policies, 'a.rego'),
      'package action\n\nrun contains {"id": "get", "uses": "http.fetch", "args": {"method": "GET", "url": "http://127.0.0.1:1/"}}\n',
    )
    writeFileSync(join(policies, 'b.rego'), 'package alert.b\n\nalert contains {"title": "t"}\n')
    const env = { TOCSIN_NET_ALLOW: '127.0.0.1' }
    const { code, out } = await world.run(['run', '-d', policies, '-s', 'b', '-i', '-'], env, '{}')
    expect(code).toBe(1)
    expect(JSON.parse(out)).toMatchObject({
      alerts: [{ chain: { state: 'failed', error: { code: 'net_unreachable' } } }],
    })
  })

  it('exits 1 when a chain fails, and says why in the result', async () => {
    const gone = JSON.stringify({ virus: 'X', path: join(folder, 'gone.exe') })
    const { code, out } = await world.runHere(['run', '-d', POLICIES, '-s', 'clamav', '-i', '-'], {}, gone)
    expect(code).toBe(1)
    expect(JSON.parse(out)).toMatchObject({ alerts: [{ chain: { state: 'failed', error: { code: 'file_missing' } } }] })
  })

  it('exits 1 with the problem and its place when the policy fails on the event', async () => {
    const policies = join(folder, 'conflict')
    mkdirSync(policies)
    writeFileSync(join(policies, 'a.rego'), 'package alert.b\n\nx := 1 if true\n\nx := 2 if input\n')
    const { code, out } = await world.runHere(['run', '-d', policies, '-s', 'b', '-i', '-'], {}, '{}')
    expect(code).toBe(1)
    const place = { file: 'a.rego', row: 5 }
    const problem = { code: 'eval_conflict_error', details: { diagnostics: [place] } }
    expect(JSON.parse(out)).toMatchObject({ problem, alerts: [] })
  })

  it('exits 1 with the problem when there is no policy for the schema', async () => {
    const { code, out } = await world.runHere(['run', '-d', POLICIES, '-s', 'other', '-i', '-'], {}, '{}')
    expect(code).toBe(1)
    expect(JSON.parse(out)).toMatchObject({ problem: { code: 'no_policy' }, alerts: [] })
  })

  it('exits 1 without output when the event or the policies cannot be read', async () => {
    expect(await world.runHere(['run', '-d', POLICIES, '-s', 'clamav', '-i', 'nowhere.json'])).toMatchObject({
      code: 1,
      out: '',
    })
    expect(await world.runHere(['run', '-d', POLICIES, '-s', 'clamav', '-i', '-'], {}, '{"a":')).toMatchObject({
      code: 1,
      out: '',
    })
    const unusable = await world.runHere(['run', '-d', broken, '-s', 'a', '-i', '-'], {}, '{}')
    expect(unusable).toMatchObject({ code: 1, out: '' })
    expect(unusable.err).toContain('a.rego:4')
  })

  it('keeps what it did in a data folder when one is given', async () => {
    const data = join(folder, 'kept')
    const { code } = await world.runHere(
      ['run', '--data', data, '-s', 'clamav', '-i', '-', '--mode', 'dry-run'],
      {},
      event,
    )
    expect(code).toBe(0)
    expect(statSync(join(data, 'tocsin.db')).mode & 0o777).toBe(0o600)
  })
})

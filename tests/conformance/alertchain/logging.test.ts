import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { openLog } from '../../../electron/engine/log/log.ts'
import { CommandWorld, readyLine } from '../../fakes/command.ts'
import { FakeRemote } from '../../fakes/fake-remote.ts'
import { sendAs } from '../../fakes/sender.ts'

const POLICIES = fileURLToPath(new URL('../../fixtures/alertchain/logging', import.meta.url))
const CLI = fileURLToPath(new URL('../../../electron/cli.ts', import.meta.url))
const SECRET = 'k3y/with "quotes" & more'
const EVENT = JSON.stringify({ color: 'blue', note: 'of-the-raw-event', leaked: SECRET })

const hasScript = spawnSync('script', ['--version']).status === 0

const world = new CommandWorld()
const { folder } = world
afterEach(() => world.killAll())
afterAll(() => world.remove())

type Line = { level: string; time: string; msg: string } & Record<string, unknown>

function linesOf(text: string): Line[] {
  return text
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line)
}

interface Logged {
  code: number | string
  out: string
  /** Everything beside the output: what the command said, and the log. */
  err: string
}

let files = 0

/** `tocsin run` on one event, in this process; its log is JSON unless told otherwise. */
async function runNoisy(args: string[] = [], env: Record<string, string> = {}, more = noisy): Promise<Logged> {
  const file = join(folder, `log-${(files += 1)}`)
  const all = { TOCSIN_LOG_LEVEL: '', TOCSIN_LOG_OUTPUT: file, ...env }
  const { code, out, err } = await world.runHere(['run', ...more, ...args], all, EVENT)
  return { code, out, err: err + (existsSync(file) ? readFileSync(file, 'utf8') : '') }
}

const noisy = ['-d', POLICIES, '-s', 'noisy', '-i', '-']

describe('AlertChain’s pkg/logging', () => {
  it('JSON: the value of secret_key does not appear, that of normal_key does', () => {
    const output = join(folder, 'unit.log')
    const log = openLog({ level: 'info', format: 'json', output })
    log.info('hello', { secret_key: 'xxx', normal_key: 'aaa' })
    log.close()
    const text = readFileSync(output, 'utf8')
    expect(text).not.toContain('xxx')
    expect(JSON.parse(text)).toMatchObject({ msg: 'hello', secret_key: '[REDACTED]', normal_key: 'aaa' })
  })
})

describe('where and how the log is written', () => {
  it('is JSON on standard error, at info and above, each line with time, level and message', async () => {
    const { code, out, err } = await world.run(['run', ...noisy], {}, EVENT)
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ alerts: [{ title: 'Noise' }] })
    expect(linesOf(err)[0]).toMatchObject({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) as string,
      msg: 'starting tocsin with run mode',
    })
    expect(linesOf(err).map(({ level }) => level)).not.toContain('debug')
  })

  it.each([
    ['xterm-256color', 'console'],
    ['screen-256color', 'console'],
    ['vt100', 'json'],
  ])('without a format TERM=%s means %s, and -f wins', async (term, format) => {
    const first = async (args: string[]): Promise<string> =>
      (await runNoisy(args, { TERM: term })).err.split('\n', 1)[0] ?? ''
    const isJson = (line: string): boolean => line.startsWith('{')
    expect(isJson(await first([]))).toBe(format === 'json')
    expect(isJson(await first(['-f', 'json']))).toBe(true)
  })

  it('console: HH:MM:SS.mmm LEVEL message key=value', async () => {
    const { err } = await runNoisy(['--log-format', 'console'])
    const line = /^\d\d:\d\d:\d\d\.\d{3} (DEBUG|INFO |WARN |ERROR) \S.*$/
    for (const text of err.trim().split('\n')) expect(text).toMatch(line)
    expect(err).toMatch(/ INFO {2}starting tocsin with run mode version=\S+ policyDir=\S+/)
  })

  it.skipIf(!hasScript)('console: coloured on a terminal, not with NO_COLOR', () => {
    const command = `"${process.execPath}" "${CLI}" run -d "${POLICIES}" -s noisy -i /dev/null -f console`
    const onTerminal = (env: Record<string, string>): string =>
      spawnSync('script', ['-qec', command, '/dev/null'], {
        encoding: 'utf8',
        env: { PATH: process.env['PATH'] ?? '', HOME: folder, TERM: 'xterm', ...env },
      }).stdout
    expect(onTerminal({})).toContain('\u001b[36mINFO \u001b[0m starting tocsin')
    expect(onTerminal({ NO_COLOR: '1' })).toContain(' INFO  starting tocsin')
  })

  it('[S30] -o FILE appends, makes it 0600, and may stand before or after the command', async () => {
    const file = join(folder, 'own.log')
    const level = { TOCSIN_LOG_LEVEL: '', TOCSIN_LOG_OUTPUT: '' }
    await world.runHere(['-o', file, '-f', 'json', 'run', ...noisy], level, EVENT)
    await world.runHere(['run', ...noisy, '--log-output', file, '-f', 'json'], level, EVENT)
    await world.runHere(['run', ...noisy], { ...level, ALERTCHAIN_LOG_OUTPUT: file }, EVENT)
    const starts = linesOf(readFileSync(file, 'utf8')).filter(({ msg }) => msg.startsWith('starting'))
    expect(starts).toHaveLength(3)
    expect(statSync(file).mode & 0o777).toBe(0o600)
  })

  it('-o - and -o stdout write to standard output', async () => {
    const texts = await Promise.all(
      ['-', 'stdout'].map((where) => world.run(['run', ...noisy, '-o', where], {}, EVENT)),
    )
    for (const { out, err } of texts) expect([err, out.includes('starting tocsin')]).toEqual(['', true])
  })

  it('the level is exact, from the options, TOCSIN_ and ALERTCHAIN_ variables in this order', async () => {
    const variable = { TOCSIN_ENV: 'API_KEY:plain', API_KEY: 'a-key-of-the-test' } // what the policy reads is there: no warning
    const old = { ALERTCHAIN_LOG_LEVEL: 'debug', ALERTCHAIN_LOG_FORMAT: 'json', ...variable }
    const levels = async (args: string[], env: Record<string, string>): Promise<Set<string>> =>
      new Set(linesOf((await runNoisy(args, env)).err).map(({ level }) => level))
    expect(await levels([], old)).toContain('debug')
    expect(await levels([], { ...old, TOCSIN_LOG_LEVEL: 'error' })).toEqual(new Set())
    expect(await levels(['-l', 'info'], { ...old, TOCSIN_LOG_LEVEL: 'error' })).toEqual(new Set(['info']))
  })

  it.each([
    [['-l', 'INFO', 'run'], {}, '--log-level is one of debug, info, warn, error, not "INFO".\n'],
    [['run', '-f', 'text'], {}, '--log-format is one of console, json, not "text".\n'],
    [
      ['run'],
      { ALERTCHAIN_LOG_LEVEL: 'loud' },
      'ALERTCHAIN_LOG_LEVEL is one of debug, info, warn, error, not "loud".\n',
    ],
  ])('%j with %j is wrong usage', async (args, env, message) => {
    expect(await world.runHere([...args, '-s', 'noisy', '-i', '-'], { TOCSIN_LOG_LEVEL: '', ...env }, EVENT)).toEqual({
      code: 2,
      out: '',
      err: message,
    })
  })

  it('a file that cannot be written fails the command and is named', async () => {
    const { code, err } = await runNoisy(['-o', '/nowhere/at/all'])
    expect(code).toBe(1)
    expect(err).toContain('/nowhere/at/all')
  })
})

describe('what the log says', () => {
  it('one line per request, with the id that the answer carries', async () => {
    const running = world.start(['serve', '-d', POLICIES, '--data', join(folder, 'requests'), '-a', '127.0.0.1:0'])
    const { receiver } = await readyLine(running)
    const taken = await sendAs('POST', `${receiver}/alert/raw/noisy?token=x`, EVENT)
    const refused = await sendAs('GET', `${receiver}/no/such`)
    expect([taken.status, refused.status]).toEqual([200, 404])
    const requests = (): Line[] => linesOf(running.err()).filter(({ msg }) => msg === 'request' || msg === 'refused')
    await vi.waitFor(() => expect(requests()).toHaveLength(2))
    const remote = expect.stringMatching(/^127\.0\.0\.1:\d+$/) as string
    expect(requests()).toEqual([
      expect.objectContaining({
        level: 'info',
        msg: 'request',
        method: 'POST',
        path: '/alert/raw/noisy',
        status: 200,
        remote,
        request_id: taken.headers['x-request-id'],
      }),
      expect.objectContaining({
        msg: 'refused',
        method: 'GET',
        path: '/no/such',
        status: 404,
        code: 'not_found',
        remote,
        request_id: refused.headers['x-request-id'],
      }),
    ])
  })

  it('a desk’s own log has no line per request below debug: its files are kept for weeks', async () => {
    const data = join(folder, 'desk')
    const args = ['desk', '--host', 'browser', '--no-open', '-d', POLICIES, '--data', data, '-a', '127.0.0.1:0']
    const running = world.start(args)
    const { receiver } = await readyLine(running)
    expect((await sendAs('POST', `${receiver}/alert/noisy`, EVENT)).status).toBe(200)
    running.child.kill('SIGTERM')
    expect(await running.ended).toBe(0)
    const log = readFileSync(join(data, 'logs', 'tocsin.log'), 'utf8')
    expect(log).toContain('starting tocsin with desk mode')
    expect(log).not.toContain('"msg":"request"')
    expect(statSync(join(data, 'logs', 'tocsin.log')).mode & 0o777).toBe(0o600)
  })

  it('debug: how each alert was detected, judged and acted on, with its alert_id', async () => {
    const { out, err } = await runNoisy(['-l', 'debug', '-f', 'json'])
    const { alerts } = JSON.parse(out) as { alerts: { id: string }[] }
    const lines = linesOf(err).filter(({ alert_id: id }) => id === alerts[0]?.id)
    expect(lines.map(({ msg, seq }) => [msg, seq])).toEqual([
      ['detect alert', undefined],
      ['queried action policy', 0],
      ['queried action policy', 1],
    ])
  })

  it('debug: what ran, what was aborted, and how many attributes persist', async () => {
    const e2e = (name: string): string[] => [
      '-d',
      fileURLToPath(new URL(`../../fixtures/alertchain/${name}`, import.meta.url)),
    ]
    const event = ['-s', 'my_alert', '-i', '-']
    const stub = await FakeRemote.start()
    const variables = { TOCSIN_ENV: 'STUB_URL:plain', STUB_URL: stub.url, TOCSIN_NET_ALLOW: '127.0.0.1' }
    const about = (text: string): unknown[] =>
      linesOf(text)
        .filter(({ alert_id: id }) => typeof id === 'string')
        .map(({ msg, seq, persistent, uses }) => [msg, seq ?? uses, persistent])
    const aborted = await runNoisy(['-l', 'debug'], variables, [...e2e('e2e-init-run-exit'), ...event])
    expect(about(aborted.err)).toEqual([
      ['detect alert', undefined, undefined],
      ['queried action policy', 0, 0],
      ['abort action', 0, undefined],
    ])
    const ran = await runNoisy(['-l', 'debug', '--mode', 'policy'], variables, [...e2e('e2e'), ...event])
    expect(about(ran.err).slice(1, 5)).toEqual([
      ['queried action policy', 0, 0],
      ['run action', 'http.fetch', undefined],
      ['action ran', 'http.fetch', undefined],
      ['queried action policy', 1, 1],
    ])
    await stub.close()
  })

  it('a loaded policy is told by its number', async () => {
    const { err } = await runNoisy()
    expect(linesOf(err).find(({ msg }) => msg === 'A policy version is live')).toMatchObject({
      level: 'info',
      number: 1,
    })
  })

  it('a chain that fails is an error with its alert_id, also for who sees the log alone', async () => {
    const policies = join(folder, 'failing')
    mkdirSync(policies)
    writeFileSync(join(policies, 'a.rego'), 'package alert.noisy\n\nalert contains {"title": "a"} if true\n')
    writeFileSync(join(policies, 'b.rego'), 'package action\n\nrun contains {"id": "x", "uses": "no.such"} if true\n')
    const { code, out, err } = await world.run(
      ['run', '-d', policies, '-s', 'noisy', '-i', '-', '-f', 'json'],
      {},
      '{}',
    )
    expect(code).toBe(1)
    const { alerts } = JSON.parse(out) as { alerts: { id: string }[] }
    expect(linesOf(err).filter(({ level }) => level === 'error')).toEqual([
      expect.objectContaining({ msg: 'A chain failed', alert_id: alerts[0]?.id, code: 'action_not_found' }),
    ])
  })
})

describe('print() of policies', () => {
  it('of authz is in the log in any case: nothing else records it', async () => {
    const policies = join(folder, 'authz')
    mkdirSync(policies)
    writeFileSync(
      join(policies, 'http.rego'),
      'package authz.http\n\ndeny if {\n\tprint("asked", input.path)\n\tfalse\n}\n',
    )
    const data = join(folder, 'authz-data')
    const running = world.start(['serve', '-d', policies, '--data', data, '-a', '127.0.0.1:0'])
    const { receiver } = await readyLine(running)
    expect((await sendAs('GET', `${receiver}/health`)).status).toBe(200)
    await vi.waitFor(() => expect(running.err()).toContain('"msg":"request"'))
    expect(linesOf(running.err()).find(({ msg }) => msg === 'rego print')).toMatchObject({
      level: 'info',
      package: 'authz.http',
      message: 'asked /health',
    })
  })

  it.each([
    ['-p', {}],
    ['--enable-print', {}],
    ['', { ALERTCHAIN_ENABLE_PRINT: 'true' }],
  ])('run %s %j logs file, row and message of each', async (option, env) => {
    const { err } = await runNoisy(option === '' ? [] : [option], { TOCSIN_ENV: 'API_KEY', API_KEY: SECRET, ...env })
    const prints = linesOf(err).filter(({ msg }) => msg === 'rego print')
    const action = { level: 'info', package: 'action', file: 'action.rego', row: 5, message: 'with ‹API_KEY›' }
    expect(prints.slice(0, 2)).toEqual([
      expect.objectContaining({
        package: 'alert.noisy',
        file: 'alert.rego',
        row: 4,
        message: 'judging blue {"a": [1]}',
      }),
      expect.objectContaining(action),
    ])
    expect(linesOf(err).map(({ msg }) => msg)).toContain('enable print mode')
  })

  it('play -p writes file, row and message of each on standard error, as AlertChain has them', async () => {
    const scenario = join(folder, 'printing.jsonnet')
    const events = [{ schema: 'noisy', input: { color: 'blue' } }]
    writeFileSync(scenario, JSON.stringify({ id: 'printing', title: 'Prints', events, env: { API_KEY: 'test data' } }))
    const args = ['play', '-d', POLICIES, '-s', scenario, '-o', join(folder, 'printed')]
    const { code, out, err } = await world.runHere([...args, '-p'])
    expect([code, out]).toEqual([0, ''])
    expect(err.split('\n').slice(0, 2)).toEqual([
      '\talert.rego:4: judging blue {"a": [1]}',
      '\taction.rego:5: with test data',
    ])
    expect((await world.runHere(args)).err).not.toContain('judging')
  })

  it('without -p nothing of them is in the log', async () => {
    const { err } = await runNoisy(['-l', 'debug'])
    expect(err).not.toContain('judging')
  })
})

describe('what the log never says', () => {
  it('[S10] a secret of the process in an event, in any output of run', async () => {
    const { code, out, err } = await runNoisy(['-l', 'debug', '-p'], { TOCSIN_ENV: 'API_KEY', API_KEY: SECRET })
    expect(code).toBe(0)
    for (const text of [out, err]) {
      for (const form of [SECRET, JSON.stringify(SECRET).slice(1, -1), encodeURIComponent(SECRET)]) {
        expect(text).not.toContain(form)
      }
    }
    expect(JSON.parse(out)).toMatchObject({ alerts: [{ data: { leaked: '[REDACTED]' } }] })
  })

  it('[S10] a secret that names a file or stands in a usage error', async () => {
    const env = { TOCSIN_ENV: 'API_KEY', API_KEY: 'a-secret-name' }
    expect((await world.runHere(['run', '-s', 'noisy', '-i', 'a-secret-name.json', '-d', POLICIES], env)).err).toMatch(
      /\[REDACTED\]\.json/,
    )
    expect((await world.runHere(['check', '-l', 'a-secret-name'], { ...env, TOCSIN_LOG_LEVEL: '' })).err).toContain(
      'not "[REDACTED]"',
    )
  })

  it('raw events and process variables, at debug', async () => {
    const { err } = await runNoisy(['-l', 'debug', '-p'], { MARKED: 'of-the-environment' })
    expect(err).not.toContain('of-the-raw-event')
    expect(err).not.toContain('of-the-environment')
  })

  it('the text of policies that do not compile', async () => {
    const broken = join(folder, 'broken')
    mkdirSync(broken)
    writeFileSync(
      join(broken, 'a.rego'),
      '# private-remark\npackage alert.a\n\nalert contains res if {\n\tres := nope\n}\n',
    )
    const running = await runNoisy(['-l', 'debug'], {}, ['-d', broken, '-s', 'a', '-i', '-'])
    expect(running.code).toBe(1)
    expect(running.err).toContain('a.rego:5')
    expect(running.err).not.toContain('private-remark')
  })
})

import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { runProgram } from './program.ts'

const CLI = fileURLToPath(new URL('../cli.ts', import.meta.url))
const POLICIES = fileURLToPath(new URL('../../policies', import.meta.url))
const VERSION = (
  JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
).version

const folder = mkdtempSync(join(tmpdir(), 'tocsin-cli-'))
/** A data folder whose policies are compiled already: what most of these tests need. */
const ready = join(folder, 'ready')
const children: ChildProcess[] = []
afterEach(() => children.splice(0).forEach((child) => child.kill('SIGKILL')))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Running {
  child: ChildProcess
  out: () => string
  err: () => string
  /** The exit status, or the signal's name. */
  ended: Promise<number | string>
}

function start(args: readonly string[], env: Record<string, string> = {}, stdin = ''): Running {
  const { PATH = '' } = process.env
  const child = spawn(process.execPath, [CLI, ...args], {
    cwd: folder,
    env: { PATH, HOME: folder, NODE_COMPILE_CACHE: join(tmpdir(), 'tocsin-compile-cache'), ...env },
  })
  children.push(child)
  let [out, err] = ['', '']
  child.stdout.on('data', (part: Buffer) => (out += part.toString()))
  child.stderr.on('data', (part: Buffer) => (err += part.toString()))
  child.stdin.end(stdin)
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string)
  return { child, out: () => out, err: () => err, ended }
}

async function runToEnd(args: readonly string[], env: Record<string, string> = {}, stdin = '') {
  const running = start(args, env, stdin)
  const code = await running.ended
  return { code, out: running.out(), err: running.err() }
}

/** The same command line in this process: for what needs no process of its own. */
async function runHere(args: readonly string[], env: Record<string, string> = {}, stdin = '') {
  let [out, err] = ['', '']
  const code = await runProgram(args, {
    env: { TOCSIN_LOG_LEVEL: 'error', ...env },
    cwd: folder,
    stdin: () => Promise.resolve(Buffer.from(stdin)),
    out: (part) => void (out += part),
    err: (part) => void (err += part),
  })
  return { code, out, err }
}

interface Ready {
  ready: true
  receiver: string | null
  desk: string | null
  data: string
  policyDir: string
}

/** Waits for the ready line, which is everything on stdout. */
async function readyLine(running: Running): Promise<Ready> {
  const isThere = (): boolean => running.out().includes('\n')
  while (!isThere()) {
    const end = await Promise.race([once(running.child.stdout ?? running.child, 'data'), running.ended])
    if (!Array.isArray(end) && !isThere()) throw new Error(`ended with ${String(end)}: ${running.err()}`)
  }
  const lines = running.out().split('\n')
  expect(lines).toEqual([lines[0], ''])
  return JSON.parse(lines[0] ?? '') as Ready
}

beforeAll(async () => {
  const running = start(['serve', '--data', ready, '-a', '127.0.0.1:0'])
  await readyLine(running)
  running.child.kill('SIGTERM')
  expect(await running.ended).toBe(0)
})

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
    const result = await runHere(args)
    expect(result.code).toBe(code)
    expect(code === 0 ? result.out : result.err).not.toBe('')
    if (code === 2) expect(result.out).toBe('')
  })

  it('prints the version on stdout', async () => {
    expect(await runToEnd(['version'])).toEqual({ code: 0, out: `tocsin ${VERSION}\n`, err: '' })
  })

  it('reads TOCSIN_ before ALERTCHAIN_ variables and the command line before both', async () => {
    const old = { ALERTCHAIN_POLICY_DIR: '/nowhere/alertchain' }
    const both = { ...old, TOCSIN_POLICY_DIR: '/nowhere/tocsin' }
    expect((await runHere(['check'], old)).err).toContain('/nowhere/alertchain')
    expect((await runHere(['check'], both)).err).toContain('/nowhere/tocsin')
    expect((await runHere(['check', '-d', '/nowhere/given'], both)).err).toContain('/nowhere/given')
    expect((await runHere(['-d', '/nowhere/before', 'check'], both)).err).toContain('/nowhere/before')
    expect((await runHere(['serve'], { TOCSIN_ADDR: '10.0.0.1:1' })).code).toBe(2)
    expect((await runHere(['serve'], { TOCSIN_ENABLE_PRINT: 'perhaps' })).code).toBe(2)
  })
})

describe('policies', () => {
  const broken = join(folder, 'broken')
  beforeAll(() => {
    mkdirSync(broken)
    writeFileSync(join(broken, 'a.rego'), 'package alert.a\n\nalert contains res if {\n\tres := nope\n}\n')
  })

  it('check names file, row and column', async () => {
    const result = await runHere(['check', '-d', broken])
    expect(result).toMatchObject({ code: 1, out: '' })
    expect(result.err).toMatch(/^a\.rego:4:\d+: rego_unsafe_var_error: /)
    expect((await runHere(['check', '-d', POLICIES])).code).toBe(0)
  })

  it('test exits 1 on a failing test and prints JSON on stdout alone', async () => {
    const failing = join(folder, 'failing')
    mkdirSync(failing)
    writeFileSync(join(failing, 'a_test.rego'), 'package a_test\n\ntest_fails if 1 == 2\n\ntest_holds if 1 == 1\n')
    const text = await runHere(['test', '-d', failing])
    expect(text).toMatchObject({ code: 1, out: '' })
    expect(text.err).toContain('FAIL a_test.rego:3: a_test.test_fails')
    const json = await runHere(['test', '-d', failing, '--format', 'json', '--coverage'])
    expect(json.code).toBe(1)
    const { tests } = JSON.parse(json.out) as { tests: { name: string; outcome: string }[] }
    expect(tests.map(({ name, outcome }) => [name, outcome])).toEqual([
      ['test_fails', 'fail'],
      ['test_holds', 'pass'],
    ])
  })

  it('fmt rewrites files and names those that changed', async () => {
    const unformatted = join(folder, 'unformatted')
    mkdirSync(unformatted)
    writeFileSync(join(unformatted, 'a.rego'), 'package   a\np:=1\n')
    expect(await runHere(['fmt', '-d', unformatted])).toEqual({ code: 0, out: 'a.rego\n', err: '' })
    expect(readFileSync(join(unformatted, 'a.rego'), 'utf8')).toBe('package a\n\np := 1\n')
    expect(await runHere(['fmt', '-d', unformatted])).toEqual({ code: 0, out: '', err: '' })
  })
})

describe('run', () => {
  const event = JSON.stringify({ virus: 'X', path: join(folder, 'found.exe') })

  it('prints one event’s whole way as JSON, from standard input', async () => {
    writeFileSync(join(folder, 'found.exe'), 'bad')
    const { code, out } = await runToEnd(['r', '-d', POLICIES, '-s', 'clamav', '-i', '-'], {}, event)
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

  it('exits 1 when a chain fails, and says why in the result', async () => {
    const gone = JSON.stringify({ virus: 'X', path: join(folder, 'gone.exe') })
    const { code, out } = await runHere(['run', '-d', POLICIES, '-s', 'clamav', '-i', '-'], {}, gone)
    expect(code).toBe(1)
    expect(JSON.parse(out)).toMatchObject({ alerts: [{ chain: { state: 'failed', error: { code: 'file_missing' } } }] })
  })

  it('exits 1 with the problem when there is no policy for the schema', async () => {
    const { code, out } = await runHere(['run', '-d', POLICIES, '-s', 'other', '-i', '-'], {}, '{}')
    expect(code).toBe(1)
    expect(JSON.parse(out)).toMatchObject({ problem: { code: 'no_policy' }, alerts: [] })
  })

  it('exits 1 without output when the event or the policies cannot be read', async () => {
    expect(await runHere(['run', '-d', POLICIES, '-s', 'clamav', '-i', 'nowhere.json'])).toMatchObject({
      code: 1,
      out: '',
    })
    expect(await runHere(['run', '-d', POLICIES, '-s', 'clamav', '-i', '-'], {}, '{"a":')).toMatchObject({
      code: 1,
      out: '',
    })
    const broken = await runHere(['run', '-d', join(folder, 'broken'), '-s', 'a', '-i', '-'], {}, '{}')
    expect(broken).toMatchObject({ code: 1, out: '' })
    expect(broken.err).toContain('a.rego:4')
  })

  it('keeps what it did in a data folder when one is given', async () => {
    const data = join(folder, 'kept')
    const { code } = await runHere(['run', '--data', data, '-s', 'clamav', '-i', '-', '--mode', 'dry-run'], {}, event)
    expect(code).toBe(0)
    expect(statSync(join(data, 'tocsin.db')).mode & 0o777).toBe(0o600)
  })
})

describe('serve', () => {
  it('prints one ready line, takes an event, and ends in order on a signal', async () => {
    const running = start(['s', '--data', ready, '-a', '127.0.0.1:0', '-l', 'warn'])
    const line = await readyLine(running)
    expect(line).toEqual({
      ready: true,
      receiver: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/) as string,
      desk: null,
      data: ready,
      policyDir: join(ready, 'workspace'),
    })
    const { port } = new URL(line.receiver ?? '')
    expect(Number(port)).toBeGreaterThan(0)
    running.child.kill('SIGINT')
    expect(await running.ended).toBe(0)
    expect(existsSync(join(ready, 'running'))).toBe(false)
  })

  it('[S18] exits 1 and names the port when it is taken, without a ready line', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const { code, out, err } = await runToEnd(['serve', '--data', ready, '-a', `127.0.0.1:${port}`])
    other.close()
    expect([code, out]).toEqual([1, ''])
    expect(err).toContain(String(port))
  })

  it('exits 1 when no policy can be used, naming file and line', async () => {
    const { code, out, err } = await runToEnd([
      'serve',
      '--data',
      join(folder, 'unused'),
      '-d',
      join(folder, 'broken'),
      '-a',
      '127.0.0.1:0',
    ])
    expect([code, out]).toEqual([1, ''])
    expect(err).toContain('a.rego:4')
  })

  it('exits 1 when another process has the data folder', async () => {
    const first = start(['serve', '--data', ready, '-a', '127.0.0.1:0'])
    await readyLine(first)
    const { code, out, err } = await runToEnd(['serve', '--data', ready, '-a', '127.0.0.1:0'])
    expect([code, out]).toEqual([1, ''])
    expect(err).not.toBe('')
  })

  it('exits 1 when the data folder is a file', async () => {
    writeFileSync(join(folder, 'file'), '')
    const { code, err } = await runToEnd(['serve', '--data', join(folder, 'file'), '-a', '127.0.0.1:0'])
    expect(code).toBe(1)
    expect(err).toContain('--data')
  })

  it('[S29] ends at once on a second signal', async () => {
    const running = start(['serve', '--data', ready, '-a', '127.0.0.1:0'])
    await readyLine(running)
    running.child.kill('SIGTERM')
    running.child.kill('SIGTERM')
    expect([0, 143]).toContain(await running.ended)
  })

  it('[S30] makes everything its owner’s alone, whatever the umask', async () => {
    expect(statSync(ready).mode & 0o777).toBe(0o700)
    for (const name of ['tocsin.db', 'workspace/action/main.rego', 'vault/handle.key']) {
      expect([name, statSync(join(ready, name)).mode & 0o077]).toEqual([name, 0])
    }
  })
})

describe('desk in a browser', () => {
  const args = ['desk', '--data', ready, '-a', '127.0.0.1:0', '--host', 'browser', '--no-open']

  /** The answer to `desk.state`, over the link. */
  async function stateOver(link: string): Promise<Record<string, unknown>> {
    const { origin, hash } = new URL(link)
    const socket = new WebSocket(`${origin.replace('http', 'ws')}/bridge`, { origin })
    await once(socket, 'open')
    socket.send(JSON.stringify({ type: 'hello', token: hash.slice('#token='.length) }))
    socket.send(JSON.stringify({ type: 'call', id: 1, name: 'desk.state', arg: {} }))
    for (;;) {
      const [data] = (await once(socket, 'message')) as [Buffer]
      const message = JSON.parse(data.toString()) as { type: string; answer?: { value: Record<string, unknown> } }
      if (message.type === 'answer') {
        socket.terminate()
        return message.answer?.value ?? {}
      }
    }
  }

  it('answers over its link; a second start on the folder gives a fresh one', async () => {
    const running = start(args)
    const { desk, receiver } = await readyLine(running)
    expect(await stateOver(desk ?? '')).toMatchObject({ host: 'browser', mode: 'ask', receiver: { url: receiver } })
    const second = start(args)
    const fresh = await readyLine(second)
    expect(await second.ended).toBe(0)
    expect(fresh.desk).not.toBe(desk)
    expect(await stateOver(fresh.desk ?? '')).toMatchObject({ receiver: { url: receiver } })
    running.child.kill('SIGTERM')
    expect(await running.ended).toBe(0)
    expect(existsSync(join(ready, 'desk-link.json'))).toBe(false)
  })

  it('[S18] opens and shows the state when the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const running = start([...args, '-a', `127.0.0.1:${port}`])
    const { desk, receiver } = await readyLine(running)
    other.close()
    expect(receiver).toBeNull()
    expect(await stateOver(desk ?? '')).toMatchObject({ receiver: { state: 'port_taken' } })
  })

  it('opens on the problem when no policy can be used', async () => {
    const data = join(folder, 'no-policy')
    cpSync(join(folder, 'broken'), join(data, 'workspace'), { recursive: true })
    const running = start(['desk', '--data', data, '-a', '127.0.0.1:0', '--host', 'browser', '--no-open'])
    const { desk } = await readyLine(running)
    expect(await stateOver(desk ?? '')).toMatchObject({ policy: null, policyProblem: [{ file: 'a.rego', row: 4 }] })
  })

  it('says why it is not Electron', async () => {
    const { code, err } = await runToEnd(['desk', '--host', 'electron', '--data', ready], {
      ELECTRON_OVERRIDE_DIST_PATH: '/nowhere',
      DISPLAY: ':9',
    })
    expect(code).toBe(1)
    expect(err).toContain('/nowhere')
  })
})

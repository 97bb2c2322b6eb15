import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import { CommandWorld, readyLine, type Running } from '../../fakes/command.ts'
import { FakeRemote } from '../../fakes/fake-remote.ts'
import { sendAs } from '../../fakes/sender.ts'

const FIXTURES = fileURLToPath(new URL('../../fixtures/alertchain', import.meta.url))

const world = new CommandWorld()
afterEach(() => world.killAll())
afterAll(() => world.remove())

/** `serve` on one of the example folders, with the stub that its policy calls. */
async function serveExample(name: string): Promise<Example> {
  const stub = await FakeRemote.start()
  const data = join(world.folder, name)
  const running = world.start(['serve', '-p', '--addr', '127.0.0.1:0', '-d', join(FIXTURES, name), '--data', data], {
    TOCSIN_ENV: 'STUB_URL:plain',
    TOCSIN_NET_ALLOW: '127.0.0.1',
    STUB_URL: stub.url,
  })
  const { receiver } = await readyLine(running)
  const db = new Database(join(data, 'tocsin.db'), { readonly: true })
  return { stub, running, url: receiver ?? '', chains: () => chainStates(db), count: () => storedCount(db) }
}

interface Example {
  stub: FakeRemote
  running: Running
  url: string
  /** States of all chains so far, in order. */
  chains: () => string[]
  /** The namespace's `count` as it is stored now. */
  count: () => unknown
}

function chainStates(db: Database.Database): string[] {
  const rows = db.prepare('SELECT state FROM chain ORDER BY rowid').all() as { state: string }[] // as the query says
  return rows.map(({ state }) => state)
}

function storedCount(db: Database.Database): unknown {
  const newest = 'SELECT value FROM persistent_attribute WHERE namespace = ? AND key = ? ORDER BY version DESC LIMIT 1'
  const row = db.prepare(newest).get('e2e', 'count') as { value: string } | undefined
  return row === undefined ? undefined : (JSON.parse(row.value) as unknown)
}

/** Sends one event and waits for the ends of all chains so far. @returns what the stub has counted then */
async function send({ url, stub, chains }: Example, color: string, ends: string[]): Promise<number> {
  const { status, headers } = await sendAs('POST', `${url}/alert/raw/my_alert`, JSON.stringify({ color }))
  expect([status, headers['content-type']]).toEqual([200, 'application/json'])
  await vi.waitFor(() => expect(chains()).toEqual(ends), { timeout: 10_000 })
  return stub.calls.length
}

describe('AlertChain’s main_test.go', () => {
  it('TestServe: each blue event calls the stub once and adds 32 to the persisted count', async () => {
    const example = await serveExample('e2e')
    const end = 'round_limit'
    expect((await sendAs('GET', `${example.url}/graphql?query={workflows{id}}`)).text).toContain('"workflows":[]')
    expect(await send(example, 'blue', [end])).toBe(1)
    expect(example.count()).toBe(32)
    expect(await send(example, 'blue', [end, end])).toBe(2)
    expect(example.count()).toBe(64)
    expect(await send(example, 'red', [end, end])).toBe(2)
    expect(await send(example, 'blue', [end, end, end])).toBe(3)
    expect(example.count()).toBe(96)
    expect(example.stub.calls.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /', 'GET /', 'GET /'])
    example.running.child.kill('SIGTERM')
    expect(await example.running.ended).toBe(0)
    await example.stub.close()
  })

  it('TestServe with init and global (v0.0.20): the first two events only count, the third calls', async () => {
    const example = await serveExample('e2e-init-run-exit')
    expect(await send(example, 'blue', ['aborted'])).toBe(0)
    expect(await send(example, 'blue', ['aborted', 'aborted'])).toBe(0)
    expect(example.count()).toBe(2)
    const ends = ['aborted', 'aborted', 'completed']
    expect(await send(example, 'blue', ends)).toBe(1)
    expect(await send(example, 'red', ends)).toBe(1)
    expect(await send(example, 'blue', [...ends, 'completed'])).toBe(2)
    example.running.child.kill('SIGTERM')
    expect(await example.running.ended).toBe(0)
    await example.stub.close()
  })
})

describe('AlertChain’s pkg/controller/cli', () => {
  it('running with no arguments is no error and shows what there is', async () => {
    const { code, out, err } = await world.run([])
    expect([code, err]).toEqual([0, ''])
    for (const command of ['serve|s', 'run|r', 'version|v']) expect(out).toContain(command)
  })
})

describe('what AlertChain’s command line had', () => {
  it.each<[string, string[], Record<string, string>, RegExp]>([
    ['an unknown command', ['bogus'], {}, /There is no command "bogus"/],
    ['an unknown option', ['serve', '--bogus'], {}, /unknown option '--bogus'/],
    ['run without --schema', ['run', '-i', 'x'], {}, /--schema is missing/],
    ['run without --input', ['run', '-s', 'x'], {}, /--input is missing/],
    ['enhance ignore', ['enhance', 'ignore', '-i', 'x'], {}, /"enhance ignore" is not offered/],
    ['--playground', ['serve', '--playground'], {}, /--playground is not offered.*\/graphql/],
    ['ALERTCHAIN_PLAYGROUND', ['serve'], { ALERTCHAIN_PLAYGROUND: 'true' }, /ALERTCHAIN_PLAYGROUND is not offered/],
    ['--db-type firestore', ['serve', '-t', 'firestore'], {}, /--db-type is not offered.*--data/],
    ['ALERTCHAIN_DB_TYPE', ['serve'], { ALERTCHAIN_DB_TYPE: 'firestore' }, /ALERTCHAIN_DB_TYPE is not offered/],
    ['--firestore-project-id', ['serve', '--firestore-project-id', 'p'], {}, /--firestore-project-id is not offered/],
    [
      '--firestore-database-id',
      ['serve', '--firestore-database-id', 'd'],
      {},
      /--firestore-database-id is not offered/,
    ],
    ['--sentry-dsn', ['serve', '--sentry-dsn', 'https://a.test/1'], {}, /--sentry-dsn is not offered.*Problems/],
    ['ALERTCHAIN_SENTRY_DSN', ['serve'], { ALERTCHAIN_SENTRY_DSN: 'https://a.test/1' }, /is not offered/],
    ['an address elsewhere', ['serve'], { ALERTCHAIN_ADDR: '0.0.0.0:8080' }, /must be on this machine.*--allow-host/],
    ['ALERTCHAIN_ENABLE_PRINT', ['serve'], { ALERTCHAIN_ENABLE_PRINT: 'perhaps' }, /^ALERTCHAIN_ENABLE_PRINT is true/],
    ['a flag’s value', ['serve', '--graphql=perhaps'], {}, /--graphql is true or false, not "perhaps"/],
  ])('refuses %s as wrong usage and says what to do', async (_what, args, env, message) => {
    const data = ['--data', join(world.folder, 'never')]
    const isEngine = args[0] === 'serve' || args[0] === 'run'
    const result = await world.runHere(isEngine ? [...args, ...data] : args, env)
    expect(result).toMatchObject({ code: 2, out: '' })
    expect(result.err).toMatch(message)
  })

  it('takes the forms that mean nothing here: --db-type memory, --sentry-env, --playground=false, --graphql=false', async () => {
    const data = join(world.folder, 'plain')
    const args = [
      's',
      '--data',
      data,
      '-a',
      '127.0.0.1:0',
      '-t',
      'memory',
      '--sentry-env',
      'test',
      '--playground=false',
    ]
    const running = world.start([...args, '--graphql=false', '--enable-print=false', '-p=true'], {
      ALERTCHAIN_DB_TYPE: 'memory',
    })
    const { receiver, data: folder } = await readyLine(running)
    expect(folder).toBe(data)
    expect(running.err()).toContain('enable print mode')
    expect((await sendAs('GET', `${receiver}/graphql?query={workflows{id}}`)).status).toBe(404)
  })

  it('--disable-action (v0.0.20) and its variable run nothing, whatever else is asked for', async () => {
    const calls = async (args: string[], env: Record<string, string> = {}): Promise<number> => {
      const stub = await FakeRemote.start()
      const own = { TOCSIN_ENV: 'STUB_URL:plain', TOCSIN_NET_ALLOW: '127.0.0.1', STUB_URL: stub.url, ...env }
      const event = ['run', '-d', join(FIXTURES, 'e2e'), '-s', 'my_alert', '-i', '-']
      await world.runHere([...event, ...args], own, '{"color":"blue"}')
      await stub.close()
      return stub.calls.length
    }
    expect(await calls(['--mode', 'policy'])).toBe(1)
    expect(await calls(['--disable-action'])).toBe(0)
    expect(await calls(['--mode', 'policy'], { ALERTCHAIN_DISABLE_ACTION: 'true' })).toBe(0)
    expect(await calls([], { ALERTCHAIN_DISABLE_ACTION: 'false' })).toBe(1)
  })

  it.each(['version', 'v'])('%s prints one line on standard output', async (command) => {
    expect(await world.runHere([command])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^tocsin \d+\.\d+\.\d+\n$/) as string,
      err: '',
    })
  })

  it.each(['desk', 'serve', 's', 'run', 'r', 'play', 'p', 'new', 'check', 'fmt', 'test', 'version', 'v'])(
    '%s --help says what it takes',
    async (command) => {
      const { code, out, err } = await world.runHere([command, '--help'])
      expect([code, err]).toEqual([0, ''])
      expect(out).toMatch(/^Usage: tocsin /)
    },
  )

  it.each([
    ['run', ['-d', 'ALERTCHAIN_POLICY_DIR', '-s', 'ALERTCHAIN_SCHEMA', '-i', 'ALERTCHAIN_INPUT']],
    ['serve', ['-d', 'ALERTCHAIN_POLICY_DIR', '-a', 'ALERTCHAIN_ADDR']],
  ])('%s reads AlertChain’s environment names', async (command, names) => {
    const values: Record<string, string> = {
      ALERTCHAIN_POLICY_DIR: join(FIXTURES, 'nowhere'),
      ALERTCHAIN_SCHEMA: 'my_alert',
      ALERTCHAIN_INPUT: '-',
      ALERTCHAIN_ADDR: '127.0.0.1:0',
    }
    const env = Object.fromEntries(Object.entries(values).filter(([name]) => names.includes(name)))
    const { code, err } = await world.runHere([command, '--data', join(world.folder, 'env')], env, '{}')
    expect(code).toBe(1)
    expect(err).toContain(join(FIXTURES, 'nowhere'))
  })

  it('play and new read AlertChain’s environment names', async () => {
    const output = join(world.folder, 'played')
    const example = join(FIXTURES, 'examples', 'test')
    const env = {
      ALERTCHAIN_POLICY_DIR: join(example, 'policy'),
      ALERTCHAIN_SCENARIO: join(example, 'scenarios'),
      ALERTCHAIN_OUTPUT: output,
      ALERTCHAIN_TARGET: 'scenario1',
    }
    expect((await world.runHere(['p'], env)).code).toBe(0)
    expect(existsSync(join(output, 'scenario1', 'data.json'))).toBe(true)
    expect((await world.runHere(['play'], { ...env, ALERTCHAIN_TARGET: 'other' })).err).toContain('other')
    expect((await world.runHere(['new'], { ALERTCHAIN_DIR: join(world.folder, 'fresh') })).code).toBe(0)
    expect(existsSync(join(world.folder, 'fresh', 'policy', 'alert', 'main.rego'))).toBe(true)
  })

  it('of a null event the policies see no data, and run prints null', async () => {
    const policies = join(world.folder, 'null-event')
    mkdirSync(policies)
    const commit = '{"key": "seen", "value": object.get(input.alert, "data", "absent")}'
    writeFileSync(join(policies, 'a.rego'), 'package alert.a\n\nalert contains {"title": "t"} if true\n')
    writeFileSync(
      join(policies, 'b.rego'),
      `package action\n\nrun contains {"id": "x", "commit": [${commit}]} if true\n`,
    )
    const { out } = await world.runHere(['run', '-d', policies, '-s', 'a', '-i', '-'], {}, 'null')
    expect(JSON.parse(out)).toMatchObject({
      alerts: [{ data: null, chain: { rounds: [{ actions: [{ commit: [{ value: 'absent' }] }] }, { actions: [] }] } }],
    })
  })
})

import { once } from 'node:events'
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { WebSocket } from 'ws'
import { JS_FLAGS } from '../shell/wasm-flags.ts'
import { CommandWorld, readyLine } from '../../tests/fakes/command.ts'

const world = new CommandWorld()
const { folder } = world
afterEach(() => world.killAll())
afterAll(() => world.remove())

/** A data folder whose policies are compiled already: what most of these tests need. */
const ready = join(folder, 'ready')
const broken = join(folder, 'broken')
mkdirSync(broken)
writeFileSync(join(broken, 'a.rego'), 'package alert.a\n\nalert contains res if {\n\tres := nope\n}\n')

beforeAll(async () => {
  const running = world.start(['serve', '--data', ready, '-a', '127.0.0.1:0'])
  await readyLine(running)
  running.child.kill('SIGTERM')
  expect(await running.ended).toBe(0)
})

describe('serve', () => {
  it('prints one ready line, takes an event, and ends in order on a signal', async () => {
    const running = world.start(['s', '--data', ready, '-a', '127.0.0.1:0', '-l', 'warn'])
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
    const { code, out, err } = await world.run(['serve', '--data', ready, '-a', `127.0.0.1:${port}`])
    other.close()
    expect([code, out]).toEqual([1, ''])
    expect(err).toContain(String(port))
  })

  it('exits 1 and names the port when that of the desk is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const desk = ['--desk', `127.0.0.1:${port}`]
    const { code, out, err } = await world.run(['serve', '--data', ready, '-a', '127.0.0.1:0', ...desk])
    other.close()
    expect([code, out]).toEqual([1, ''])
    expect(err).toContain(String(port))
  })

  it('exits 1 when no policy can be used, naming file and line', async () => {
    const { code, out, err } = await world.run([
      'serve',
      '--data',
      join(folder, 'unused'),
      '-d',
      broken,
      '-a',
      '127.0.0.1:0',
    ])
    expect([code, out]).toEqual([1, ''])
    expect(err).toContain('a.rego:4')
  })

  it('exits 1 when another process has the data folder', async () => {
    const first = world.start(['serve', '--data', ready, '-a', '127.0.0.1:0'])
    await readyLine(first)
    const { code, out, err } = await world.run(['serve', '--data', ready, '-a', '127.0.0.1:0'])
    expect([code, out]).toEqual([1, ''])
    expect(err).not.toBe('')
  })

  it('exits 1 when the data folder is a file', async () => {
    writeFileSync(join(folder, 'file'), '')
    const { code, err } = await world.run(['serve', '--data', join(folder, 'file'), '-a', '127.0.0.1:0'])
    expect(code).toBe(1)
    expect(err).toContain('--data')
  })

  it('[S29] ends at once on a second signal', async () => {
    const running = world.start(['serve', '--data', ready, '-a', '127.0.0.1:0'])
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
    const running = world.start(args)
    const { desk, receiver } = await readyLine(running)
    expect(await stateOver(desk ?? '')).toMatchObject({ host: 'browser', mode: 'ask', receiver: { url: receiver } })
    const second = world.start(args)
    const fresh = await readyLine(second)
    expect(await second.ended).toBe(0)
    expect(fresh.desk).not.toBe(desk)
    expect(await stateOver(fresh.desk ?? '')).toMatchObject({ receiver: { url: receiver } })
    running.child.kill('SIGTERM')
    expect(await running.ended).toBe(0)
    expect(existsSync(join(ready, 'desk-link.json'))).toBe(false)
  })

  it('has the port of the last time, so that the browser still knows its theme; a taken one is no obstacle', async () => {
    const portOf = async (running: ReturnType<typeof world.start>): Promise<string> =>
      new URL((await readyLine(running)).desk ?? '').port
    const first = world.start(args)
    const port = await portOf(first)
    first.child.kill('SIGTERM')
    expect(await first.ended).toBe(0)
    const second = world.start(args)
    expect(await portOf(second)).toBe(port)
    second.child.kill('SIGTERM')
    expect(await second.ended).toBe(0)
    const other = createServer().listen(Number(port), '127.0.0.1')
    await once(other, 'listening')
    const third = world.start(args)
    const another = await portOf(third)
    other.close()
    expect(another).not.toBe(port)
    expect(readFileSync(join(ready, 'desk-port'), 'utf8')).toBe(another)
    expect(statSync(join(ready, 'desk-port')).mode & 0o777).toBe(0o600)
  })

  it('[S18] opens and shows the state when the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    const running = world.start([...args, '-a', `127.0.0.1:${port}`])
    const { desk, receiver } = await readyLine(running)
    other.close()
    expect(receiver).toBeNull()
    expect(await stateOver(desk ?? '')).toMatchObject({ receiver: { state: 'port_taken' } })
  })

  it('opens on the problem when no policy can be used', async () => {
    const data = join(folder, 'no-policy')
    cpSync(broken, join(data, 'workspace'), { recursive: true })
    const running = world.start(['desk', '--data', data, '-a', '127.0.0.1:0', '--host', 'browser', '--no-open'])
    const { desk } = await readyLine(running)
    expect(await stateOver(desk ?? '')).toMatchObject({ policy: null, policyProblem: [{ file: 'a.rego', row: 4 }] })
  })

  it('hands its options to Electron as variables and its exit status on', async () => {
    const dist = join(folder, 'electron')
    mkdirSync(dist)
    const script = '#!/bin/sh\necho "$TOCSIN_DATA $TOCSIN_ADDR $TOCSIN_ALLOW_HOST $ELECTRON_RUN_AS_NODE|$1|"\nexit 3\n'
    writeFileSync(join(dist, 'electron'), script, { mode: 0o755 })
    const env = { ELECTRON_OVERRIDE_DIST_PATH: dist, DISPLAY: ':9', ELECTRON_RUN_AS_NODE: '1' }
    const hosts = ['--allow-host', 'a.test', '--allow-host', 'b.test']
    const { code, out } = await world.run(['desk', '--data', ready, '-a', '127.0.0.1:0', ...hosts], env)
    expect([code, out]).toEqual([3, `${ready} 127.0.0.1:0 a.test,b.test |${JS_FLAGS}|\n`])
  })

  it('[S10] starts the browser on a private file, so that no token is in a process list', async () => {
    const bin = join(folder, 'bin')
    mkdirSync(bin)
    const script = `#!/bin/sh\necho "$@" > "${bin}/args"\nstat -c %a "$1" > "${bin}/mode"\ncp "$1" "${bin}/page.new"\nmv "${bin}/page.new" "${bin}/page"\n`
    writeFileSync(join(bin, 'xdg-open'), script, { mode: 0o755 })
    const open = args.filter((arg) => arg !== '--no-open')
    const running = world.start(open, { PATH: `${bin}:${process.env['PATH'] ?? ''}` })
    const { desk } = await readyLine(running)
    await vi.waitFor(() => expect(existsSync(join(bin, 'page'))).toBe(true), { timeout: 10_000 })
    expect(readFileSync(join(bin, 'page'), 'utf8')).toContain(desk)
    expect(readFileSync(join(bin, 'args'), 'utf8')).not.toContain('token')
    expect(readFileSync(join(bin, 'mode'), 'utf8')).toBe('600\n')
    running.child.kill('SIGTERM')
    expect(await running.ended).toBe(0)
    expect(globSync('tocsin-open-*', { cwd: ready })).toEqual([])
  })

  it('says why it is not Electron', async () => {
    const { code, err } = await world.run(['desk', '--host', 'electron', '--data', ready], {
      ELECTRON_OVERRIDE_DIST_PATH: '/nowhere',
      DISPLAY: ':9',
    })
    expect(code).toBe(1)
    expect(err).toContain('/nowhere')
  })
})

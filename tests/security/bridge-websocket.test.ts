import { mkdtempSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { askForLink, newLinkSecret, publishDesk, writeRedirect } from '../../electron/bridge/desk-link.ts'
import { DeskTokens } from '../../electron/bridge/tokens.ts'
import { BROWSER_HOST_CSP, WebsocketHost } from '../../electron/bridge/websocket-host.ts'
import type { TopicListener } from '../../electron/engine/news/bus.ts'
import type { CallName } from '../../shared/contract.ts'

const quiet = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }
const open: { stop(): Promise<void> }[] = []
afterEach(async () => {
  for (const host of open.splice(0)) await host.stop()
})

async function startHost(target: (name: CallName, arg: unknown) => Promise<unknown> = async () => 'fine') {
  const rendererDir = mkdtempSync(join(tmpdir(), 'tocsin-page-'))
  writeFileSync(join(rendererDir, 'index.html'), '<!doctype html><title>Desk</title>')
  writeFileSync(join(rendererDir, 'index.js'), 'export {}')
  writeFileSync(join(rendererDir, '.env'), 'no')
  writeFileSync(join(rendererDir, 'note.txt'), 'no')
  symlinkSync('/etc/passwd', join(rendererDir, 'passwd.html'))
  const listeners = new Set<TopicListener>()
  const secret = newLinkSecret()
  const host = new WebsocketHost({
    rendererDir,
    target: async (name, arg) => ({ ok: true, value: await target(name, arg) }),
    onTopic: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    log: quiet,
    linkSecret: secret,
    command: "npx tocsin desk --data '/srv/t'",
  })
  await host.start(0)
  open.push(host)
  return { host, origin: host.origin(), authority: host.origin().slice('http://'.length), listeners, secret }
}

function tokenOf(link: string): string {
  return link.split('#token=')[1] ?? ''
}

/** Status and headers of one request whose headers are exactly what is given (`fetch` would correct them). */
function ask(origin: string, path: string, options: { method?: string; headers?: Record<string, string> } = {}) {
  const { port } = new URL(origin)
  return new Promise<{ status: number; headers: Record<string, unknown>; body: string }>((resolve, reject) => {
    const call = request(
      { host: '127.0.0.1', port, path, method: options.method ?? 'GET', headers: options.headers ?? {} },
      (response) => {
        let body = ''
        response.setEncoding('utf8').on('data', (part: string) => (body += part))
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
      },
    )
    call.on('error', reject)
    call.end()
  })
}

/** The first line of the answer to raw bytes. */
function askRaw(origin: string, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(origin).port), '127.0.0.1', () => socket.write(bytes))
    let text = ''
    socket.setEncoding('utf8').on('data', (part: string) => (text += part))
    socket.on('close', () => resolve(text.split('\r\n')[0] ?? ''))
    socket.on('error', reject)
  })
}

/** A page's socket with its messages in order; `closed` resolves to the close code. */
async function page(origin: string, headers: Record<string, string> = {}) {
  const socket = new WebSocket(`${origin.replace('http', 'ws')}/bridge`, { headers: { Origin: origin, ...headers } })
  const queue: unknown[] = []
  const readers: ((message: unknown) => void)[] = []
  socket.on('message', (data: Buffer) => {
    const message: unknown = JSON.parse(data.toString())
    const reader = readers.shift()
    if (reader) reader(message)
    else queue.push(message)
  })
  const closed = new Promise<number>((resolve) => socket.on('close', resolve))
  await new Promise<void>((resolve, reject) => {
    socket.on('open', () => resolve())
    socket.on('error', reject)
  })
  return {
    socket,
    closed,
    send: (message: unknown) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    next: () => new Promise<unknown>((resolve) => (queue.length > 0 ? resolve(queue.shift()) : readers.push(resolve))),
  }
}

async function admitted(host: WebsocketHost) {
  const tab = await page(host.origin())
  tab.send({ type: 'hello', token: tokenOf(host.link()) })
  const welcome = (await tab.next()) as { type: string; session: string }
  expect(welcome.type).toBe('welcome')
  return { ...tab, session: welcome.session }
}

describe('browser host', () => {
  it('serves the page under the production policy', async () => {
    const { origin } = await startHost()
    const { status, headers, body } = await ask(origin, '/')
    expect([status, body]).toEqual([200, '<!doctype html><title>Desk</title>'])
    expect(headers['content-security-policy']).toBe(BROWSER_HOST_CSP)
    expect(BROWSER_HOST_CSP).toContain("connect-src 'self'")
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' })
    expect(headers).not.toHaveProperty('access-control-allow-origin')
    expect((await ask(origin, '/index.js')).headers['content-type']).toBe('text/javascript; charset=utf-8')
  })

  it.each([
    '/../x',
    '/%2e%2e/x',
    '/%2e%2e%2fx',
    '/..%5cindex.html',
    '/%00',
    '//127.0.0.1/index.html',
    'http://evil.test/',
    '/.env',
    '/note.txt',
    '/passwd.html',
    '/missing.html',
    '/assets',
    '/index.html%2f..',
    '/%zz',
    '/c:/index.html',
  ])('[S2] does not serve %s', async (path) => {
    const { origin } = await startHost()
    expect((await ask(origin, path)).status).toBe(404)
  })

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('[S2] does not take %s', async (method) => {
    const { origin } = await startHost()
    expect((await ask(origin, '/', { method })).status).toBe(405)
  })

  it('[S12] answers only its own Host, given once', async () => {
    const { origin, authority } = await startHost()
    const { port } = new URL(origin)
    const wrong = ['evil.test', `localhost:${port}`, '127.0.0.1', `127.0.0.1:${Number(port) + 1}`, `${authority}.`]
    for (const host of wrong) {
      expect([host, (await ask(origin, '/', { headers: { Host: host } })).status]).toEqual([host, 403])
    }
    expect(await askRaw(origin, `GET / HTTP/1.0\r\n\r\n`)).toContain('403')
    expect(await askRaw(origin, `GET / HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n`)).toContain('403')
    const twice = `GET / HTTP/1.1\r\nHost: ${authority}\r\nHost: evil.test\r\nConnection: close\r\n\r\n`
    expect(await askRaw(origin, twice)).toMatch(/ 40[03] /)
  })

  it.each<[string, (origin: string) => Record<string, string>]>([
    ['another site', () => ({ Origin: 'https://evil.test' })],
    ['another port', (origin) => ({ Origin: origin.replace(/\d+$/, '1') })],
    ['a longer name', (origin) => ({ Origin: `${origin}.evil.test` })],
    ['an opaque origin', () => ({ Origin: 'null' })],
    ['a rebound Host', () => ({ Host: 'evil.test' })],
  ])('[S13] refuses the socket of %s', async (_what, headers) => {
    const { origin } = await startHost()
    await expect(page(origin, headers(origin))).rejects.toThrow(/403/)
  })

  it('[S13] refuses a socket without an Origin and on another path', async () => {
    const { origin, authority } = await startHost()
    const upgrade = `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n`
    expect(await askRaw(origin, `GET /bridge HTTP/1.1\r\nHost: ${authority}\r\n${upgrade}\r\n`)).toContain('403')
    expect(
      await askRaw(origin, `GET /other HTTP/1.1\r\nHost: ${authority}\r\nOrigin: ${origin}\r\n${upgrade}\r\n`),
    ).toContain('403')
  })

  it('gives a session for a link, once, and lets the session go on', async () => {
    const { host, origin } = await startHost()
    const token = tokenOf(host.link())
    const first = await page(origin)
    first.send({ type: 'hello', token })
    const welcome = (await first.next()) as { session: string }
    expect(welcome).toEqual({ type: 'welcome', session: expect.stringMatching(/^[\w-]{43}$/) as string })

    const again = await page(origin)
    again.send({ type: 'hello', token })
    expect(await again.next()).toMatchObject({
      type: 'refused',
      message: expect.stringContaining('was used') as string,
      command: "npx tocsin desk --data '/srv/t'",
    })
    expect(await again.closed).toBe(4001)

    const old = await page(origin)
    old.send({ type: 'hello', session: 'of-an-earlier-run' })
    expect(await old.next()).toMatchObject({
      type: 'refused',
      message: expect.stringContaining('before Tocsin was started again') as string,
    })

    const later = await page(origin)
    later.send({ type: 'hello', session: welcome.session })
    expect(await later.next()).toEqual({ type: 'welcome', session: welcome.session })
  })

  it.each<[string, unknown]>([
    ['a made-up token', { type: 'hello', token: 'a'.repeat(43) }],
    ['a made-up session', { type: 'hello', session: 'a'.repeat(43) }],
    ['an empty token', { type: 'hello', token: '' }],
    ['a token that is an object', { type: 'hello', token: {} }],
    ['both', { type: 'hello', token: 'a', session: 'b' }],
    ['neither', { type: 'hello' }],
    ['a call before hello', { type: 'call', id: 1, name: 'desk.state', arg: {} }],
    ['text that is not JSON', 'hello'],
    ['an array', []],
    ['null', 'null'],
    ['another type', { type: 'welcome', session: 'x' }],
  ])('[S5] closes on %s', async (_what, message) => {
    const calls: string[] = []
    const { origin } = await startHost(async (name) => calls.push(name))
    const tab = await page(origin)
    tab.send(message)
    expect([4001, 4002]).toContain(await tab.closed)
    expect(calls).toEqual([])
  })

  it('answers calls by their ids and passes topics to admitted pages only', async () => {
    const { host, listeners } = await startHost(async (name) => name)
    const tab = await admitted(host)
    const stranger = await page(host.origin())
    tab.send({ type: 'call', id: 7, name: 'desk.state', arg: {} })
    expect(await tab.next()).toEqual({ type: 'answer', id: 7, answer: { ok: true, value: 'desk.state' } })
    tab.send({ type: 'call', id: 8, name: 'alerts.get', arg: {} })
    expect(await tab.next()).toMatchObject({
      type: 'answer',
      id: 8,
      answer: { ok: false, error: { code: 'bad_argument' } },
    })

    const payload = { kind: 'alert', text: 'New alert', alertId: 'a', actionId: null } as const
    for (const listener of listeners) listener('news', payload)
    expect(await tab.next()).toEqual({ type: 'topic', topic: 'news', payload })
    // The stranger's first message would be the topic; it gets only what follows its own hello.
    stranger.send({ type: 'hello', token: tokenOf(host.link()) })
    expect(await stranger.next()).toMatchObject({ type: 'welcome' })
  })

  it('[S4] closes on a message that is too large, binary, or one of a flood', async () => {
    const { host } = await startHost()
    const large = await admitted(host)
    large.send({ type: 'call', id: 1, name: 'desk.state', arg: { text: 'x'.repeat(2_000_000) } })
    expect(await large.closed).toBe(1009)
    const binary = await admitted(host)
    binary.socket.send(Buffer.from('{"type":"call","id":1,"name":"desk.state","arg":{}}'))
    expect(await binary.closed).toBe(4002)
    const flood = await admitted(host)
    for (let id = 0; id < 2000; id += 1) flood.send({ type: 'call', id, name: 'desk.state', arg: {} })
    expect(await flood.closed).toBe(4003)
  })

  it('[S17] lets the analyst in while strangers hold sockets and connections and say nothing', async () => {
    const { host, origin } = await startHost()
    const silent = Array.from({ length: 150 }, () => connect(Number(new URL(origin).port), '127.0.0.1'))
    for (const socket of silent) socket.on('error', () => {})
    const strangers = []
    for (let count = 0; count < 40; count += 1) strangers.push(await page(origin))
    const tab = await admitted(host)
    tab.send({ type: 'call', id: 1, name: 'desk.state', arg: {} })
    expect(await tab.next()).toMatchObject({ id: 1, answer: { ok: true } })
    expect(await strangers[0]?.closed).toBe(1006)
    expect((await ask(origin, '/', { headers: { Host: origin.slice('http://'.length) } })).status).toBe(200)
    for (const socket of silent) socket.destroy()
    for (const { socket } of strangers) socket.terminate()
  })

  it('[S17] keeps admitted pages when strangers come', async () => {
    const { host, origin } = await startHost()
    const tab = await admitted(host)
    for (let count = 0; count < 70; count += 1) await page(origin)
    tab.send({ type: 'call', id: 1, name: 'desk.state', arg: {} })
    expect(await tab.next()).toMatchObject({ id: 1, answer: { ok: true } })
  })

  it('[S4] bounds the calls under way of one page', async () => {
    const gate = Promise.withResolvers<string>()
    const { host } = await startHost(() => gate.promise)
    const tab = await admitted(host)
    for (let id = 0; id < 65; id += 1) tab.send({ type: 'call', id, name: 'desk.state', arg: {} })
    expect(await tab.next()).toMatchObject({ id: 64, answer: { ok: false, error: { code: 'busy' } } })
    gate.resolve('done')
    expect(await tab.next()).toMatchObject({ id: 0, answer: { ok: true } })
  })
})

describe('links', () => {
  it('end with their time and their use', () => {
    let now = 0
    const tokens = new DeskTokens(() => now)
    const [used, old] = [tokens.issueLink(), tokens.issueLink()]
    const session = tokens.openSession(used)
    expect(session).not.toBeNull()
    expect(tokens.openSession(used)).toBeNull()
    now = 16 * 60_000
    expect(tokens.openSession(old)).toBeNull()
    expect(tokens.resumeSession(used)).toBe(false)
    now += 23 * 3_600_000
    expect(tokens.resumeSession(session ?? '')).toBe(true)
    now += 23 * 3_600_000
    expect(tokens.resumeSession(session ?? '')).toBe(true)
    now += 25 * 3_600_000
    expect(tokens.resumeSession(session ?? '')).toBe(false)
  })

  it('[S30] leaves the way to a fresh link in a 0600 file and takes it away again', async () => {
    const { host, origin, secret } = await startHost()
    const dataDir = mkdtempSync(join(tmpdir(), 'tocsin-link-'))
    expect(await askForLink(dataDir)).toBeNull()
    const remove = await publishDesk(dataDir, origin, secret)
    expect(statSync(join(dataDir, 'desk-link.json')).mode & 0o777).toBe(0o600)
    const link = (await askForLink(dataDir)) ?? ''
    expect(link.startsWith(`${origin}/#token=`)).toBe(true)
    const tab = await page(host.origin())
    tab.send({ type: 'hello', token: tokenOf(link) })
    expect(await tab.next()).toMatchObject({ type: 'welcome' })
    await remove()
    expect(await askForLink(dataDir)).toBeNull()
  })

  it('[S13] gives no link without the secret or to a page that has it', async () => {
    const { origin, secret } = await startHost()
    const refused = [
      {},
      { authorization: 'Bearer wrong' },
      { authorization: secret },
      { authorization: `Bearer ${secret}`, origin },
      { authorization: `Bearer ${secret}`, 'sec-fetch-site': 'same-origin' },
    ] as Record<string, string>[]
    for (const headers of refused) {
      expect((await ask(origin, '/link', { method: 'POST', headers })).status).toBe(403)
    }
    expect((await ask(origin, '/link', { headers: { authorization: `Bearer ${secret}` } })).status).toBe(404)
  })

  it('[S30] writes the redirect page 0600 in a folder of its own', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tocsin-redirect-'))
    const path = await writeRedirect(folder, 'http://127.0.0.1:1/#token=abc')
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(statSync(join(path, '..')).mode & 0o777).toBe(0o700)
  })
})

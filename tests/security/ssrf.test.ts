import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { MAX_ANSWER_BYTES } from '../../electron/engine/http/answer-limit.ts'
import { HttpPort, type OutgoingRequest } from '../../electron/engine/http/http-port.ts'
import { HttpFailure } from '../../electron/engine/http/http-failure.ts'
import { FAKE_CA_FILE, FakeRemote } from '../fakes/fake-remote.ts'
import { systemClock } from '../../electron/engine/ports/system-ports.ts'

/** Long enough for loopback on a busy machine; tests that expect a time-out set a short one. */
const PLENTY_MS = 20_000

let remote: FakeRemote
let other: FakeRemote
const ports: HttpPort[] = []

beforeEach(async () => {
  remote = await FakeRemote.start()
  other = await FakeRemote.start()
})
afterEach(async () => {
  await Promise.all([...ports.splice(0).map((port) => port.close()), remote.close(), other.close()])
})

function portFor(allow: string[], more: { proxy?: string; caFile?: string } = {}): HttpPort {
  const settings = { 'net.allow': allow, 'net.proxy': more.proxy ?? '', 'net.caFile': more.caFile ?? '' }
  const port = new HttpPort({ settings: () => settings, env: {}, clock: systemClock })
  ports.push(port)
  return port
}

function get(url: string, more: Partial<OutgoingRequest> = {}): OutgoingRequest {
  return { method: 'GET', url, timeoutMs: PLENTY_MS, isPlainAllowed: true, ...more }
}

async function failureOf(port: HttpPort, request: OutgoingRequest): Promise<HttpFailure> {
  try {
    await port.send(request)
  } catch (error) {
    if (error instanceof HttpFailure) return error
    throw error
  }
  throw new Error('the request went through')
}

describe('addresses', () => {
  const refused = [
    'http://127.0.0.1/',
    'http://127.1/',
    'http://2130706433/',
    'http://0x7f000001/',
    'http://0177.0.0.1/',
    'http://127.0.0.1./',
    'http://①②⑦.⓪.⓪.①/',
    'http://0.0.0.0/',
    'http://10.1.2.3/',
    'http://172.16.0.1/',
    'http://192.168.0.1/',
    'http://100.64.0.1/',
    'http://169.254.169.254/latest/meta-data/',
    'http://198.18.0.1/',
    'http://192.0.2.1/',
    'http://224.0.0.1/',
    'http://255.255.255.255/',
    'http://[::1]/',
    'http://[::]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:7f00:1]/',
    'http://[::127.0.0.1]/',
    'http://[64:ff9b::7f00:1]/',
    'http://[64:ff9b::a9fe:a9fe]/',
    'http://[fe80::1]/',
    'http://[fec0::1]/',
    'http://[fc00::1]/',
    'http://[fd00:ec2::254]/',
    'http://[2002:7f00:1::]/',
    'http://[2001:0:7f00:1::]/',
    'http://localhost/',
    'https://localhost/',
  ]
  it.each(refused)('[S25] refuses %s before anything leaves', async (url) => {
    const failure = await failureOf(portFor([]), get(url))
    expect(failure).toMatchObject({ code: 'net_refused_address', hasLeft: false })
  })

  it('[S25] refuses a name with a trailing dot, whether the machine resolves it or not', async () => {
    const failure = await failureOf(portFor([]), get(`http://LOCALHOST.:${remote.port}/`))
    expect(failure.code).toMatch(/^net_(refused_address|dns)$/)
  })

  it('[S25] refuses the fake by address and by name, and no request reaches it', async () => {
    const port = portFor([])
    for (const host of ['127.0.0.1', '2130706433', '[::ffff:127.0.0.1]', 'localhost']) {
      const failure = await failureOf(port, get(`http://${host}:${remote.port}/`))
      expect(failure.code).toBe('net_refused_address')
    }
    expect(remote.calls).toEqual([])
  })

  it.each([
    ['an address', () => ['127.0.0.1']],
    ['a range', () => ['127.0.0.0/8']],
    ['an address and port', () => [`127.0.0.1:${remote.port}`]],
  ])('[S25] lets through what is allowed by %s', async (_by, allow) => {
    const port = portFor(allow())
    expect((await port.send(get(remote.url))).status).toBe(200)
    expect((await port.send(get(`http://2130706433:${remote.port}/`))).status).toBe(200)
  })

  it('[S25] allows a name with its port, not the address nor another port', async () => {
    const port = portFor([`localhost:${remote.port}`])
    expect((await port.send(get(`http://localhost:${remote.port}/`))).status).toBe(200)
    expect((await failureOf(port, get(remote.url))).code).toBe('net_refused_address')
    expect((await failureOf(port, get(`http://localhost:${other.port}/`))).code).toBe('net_refused_address')
  })

  it('[S25] takes further allowed addresses from TOCSIN_NET_ALLOW and forgets them when the setting goes', async () => {
    let allow = ['127.0.0.1']
    const settings = () => ({ 'net.allow': allow, 'net.proxy': '', 'net.caFile': '' })
    const port = new HttpPort({ settings, env: { TOCSIN_NET_ALLOW: '10.0.0.0/8' }, clock: systemClock })
    ports.push(port)
    expect((await port.send(get(remote.url))).status).toBe(200)
    allow = []
    expect((await failureOf(port, get(remote.url))).code).toBe('net_refused_address')
    expect(remote.calls).toHaveLength(1)
  })

  it.each(['127.0.0.1:x', 'http://127.0.0.1', '10.0.0.0/33', '300.1.1.1', 'a b', '*'])(
    'refuses "%s" as an allowed address',
    async (entry) => {
      expect((await failureOf(portFor([entry]), get(remote.url))).code).toBe('bad_net_allow')
    },
  )

  it('[S25] sends nothing unencrypted but for http.fetch and allowed addresses', async () => {
    const request = get('http://93.184.215.14/', { isPlainAllowed: false })
    expect(await failureOf(portFor([]), request)).toMatchObject({ code: 'net_plain_http', hasLeft: false })
    expect((await portFor(['127.0.0.1']).send(get(remote.url, { isPlainAllowed: false }))).status).toBe(200)
  })

  it.each([
    'ftp://h.example/',
    'file:///etc/passwd',
    'javascript:1',
    '//h.example/',
    'no url',
    'https://u:p@h.example/',
  ])('refuses %s as a url', async (url) => {
    const failure = await failureOf(portFor([]), get(url))
    expect(failure).toMatchObject({ code: 'net_bad_url', hasLeft: false })
    expect(failure.message).not.toContain('h.example')
  })
})

describe('redirects', () => {
  it.each([
    ['another port of loopback', () => other.url],
    ['the metadata service', () => 'http://169.254.169.254/latest/meta-data/'],
    ['another name for the same machine', () => `http://localhost:${remote.port}/`],
    ['another host', () => 'https://h.example/'],
    ['a file', () => 'file:///etc/passwd'],
    ['a URL with credentials', () => `http://u:p@127.0.0.1:${remote.port}/`],
  ])('[S25] does not follow to %s', async (_to, target) => {
    remote.on('/', { do: 'redirect', to: target() })
    const failure = await failureOf(portFor(['127.0.0.0/8', 'localhost']), get(remote.url))
    expect(failure).toMatchObject({ code: 'net_redirect', hasLeft: true, status: 302 })
    expect(remote.calls).toHaveLength(1)
    expect(other.calls).toEqual([])
  })

  it('[S25] follows to nowhere for a request that takes the first answer', async () => {
    remote.on('/', { do: 'redirect', to: '/b' })
    const answer = await portFor(['127.0.0.1']).send(get(remote.url, { isRedirectFollowed: false }))
    expect(answer).toMatchObject({ status: 302, headers: { location: '/b' } })
    expect(remote.calls).toHaveLength(1)
  })

  it('follows on the same host and gives up after five', async () => {
    remote.on('/a', { do: 'redirect', to: '/b?x=1' })
    remote.on('/loop', { do: 'redirect', to: '/loop' })
    const port = portFor(['127.0.0.1'])
    expect((await port.send(get(`${remote.url}/a`, { headers: { 'x-key': 'k' } }))).status).toBe(200)
    expect(remote.calls[1]).toMatchObject({ path: '/b', headers: { 'x-key': 'k' } })
    expect((await failureOf(port, get(`${remote.url}/loop`))).code).toBe('net_redirect')
    expect(remote.count('/loop')).toBe(6)
  })

  it('repeats a POST on 307 and turns it into a GET on 303', async () => {
    remote.on('/307', { do: 'redirect', to: '/x', status: 307 })
    remote.on('/303', { do: 'redirect', to: '/y', status: 303 })
    const port = portFor(['127.0.0.1'])
    for (const path of ['/307', '/303']) {
      await port.send(get(remote.url + path, { method: 'POST', body: 'text', headers: { 'content-type': 'a/b' } }))
    }
    expect(remote.calls.map(({ method, path, body }) => `${method} ${path} ${body}`)).toEqual([
      'POST /307 text',
      'POST /x text',
      'POST /303 text',
      'GET /y ',
    ])
    expect(remote.calls[3]?.headers['content-type']).toBeUndefined()
  })
})

describe('answers', () => {
  it.each([true, false])('[S25] stops a huge body (announced: %s)', async (isAnnounced) => {
    remote.on('/', { do: 'huge', bytes: MAX_ANSWER_BYTES + 1, isAnnounced })
    const failure = await failureOf(portFor(['127.0.0.1']), get(remote.url))
    expect(failure).toMatchObject({ code: 'net_too_large', hasLeft: true, status: 200 })
  })

  it.each([true, false])('[S25] stops at a size that the request sets (announced: %s)', async (isAnnounced) => {
    remote.on('/', { do: 'huge', bytes: 1025, isAnnounced })
    const failure = await failureOf(portFor(['127.0.0.1']), get(remote.url, { maxBytes: 1024 }))
    expect(failure).toMatchObject({ code: 'net_too_large', hasLeft: true })
  })

  it('reads a body of exactly the largest size', async () => {
    remote.on('/', { do: 'huge', bytes: MAX_ANSWER_BYTES, isAnnounced: true })
    expect((await portFor(['127.0.0.1']).send(get(remote.url))).body).toHaveLength(MAX_ANSWER_BYTES)
  })

  it('[S25] stops a slow drip at the total time-out', async () => {
    remote.on('/', { do: 'drip' })
    const failure = await failureOf(portFor(['127.0.0.1']), get(remote.url, { timeoutMs: 200 }))
    expect(failure).toMatchObject({ code: 'net_timeout', hasLeft: true })
  })

  it('says that a request has left when no answer comes in time', async () => {
    remote.on('/', { do: 'hold' })
    const failure = await failureOf(portFor(['127.0.0.1']), get(remote.url, { timeoutMs: 200, method: 'POST' }))
    expect(failure).toMatchObject({ code: 'net_timeout', hasLeft: true, status: null })
    expect(remote.calls).toHaveLength(1)
  })

  it('says that nothing has left when nobody listens', async () => {
    const url = other.url
    await other.close()
    const failure = await failureOf(portFor(['127.0.0.1']), get(url, { method: 'POST', body: 'x' }))
    expect(failure).toMatchObject({ code: 'net_unreachable', hasLeft: false })
    other = await FakeRemote.start()
  })

  it('says that a name does not exist', async () => {
    expect(await failureOf(portFor([]), get('https://nowhere.invalid/'))).toMatchObject({
      code: 'net_dns',
      hasLeft: false,
    })
  })

  it.each(['before-body', 'after-body'] as const)(
    'says that a request has left when the connection breaks %s',
    async (when) => {
      remote.on('/', { do: 'reset', when })
      const failure = await failureOf(portFor(['127.0.0.1']), get(remote.url, { method: 'POST', body: 'x' }))
      expect(failure).toMatchObject({ code: 'net_reset', hasLeft: true, status: null })
    },
  )

  it('does not take half an answer for an answer', async () => {
    remote.on('/', { do: 'half-body', body: 'half' })
    const failure = await failureOf(portFor(['127.0.0.1']), get(remote.url))
    expect(failure).toMatchObject({ code: 'net_reset', hasLeft: true, status: 200 })
  })

  it('stops at the caller’s signal', async () => {
    remote.on('/', { do: 'hold' })
    const stop = new AbortController()
    const sending = failureOf(portFor(['127.0.0.1']), get(remote.url, { signal: stop.signal }))
    await remote.reached(1)
    stop.abort()
    expect(await sending).toMatchObject({ code: 'stopped', hasLeft: true })
  })

  it('sends no headers of its own beyond host, connection and length', async () => {
    await portFor(['127.0.0.1']).send(
      get(`${remote.url}/a?b=1`, { method: 'POST', body: 'ü', headers: { 'X-A': '1' } }),
    )
    const [call] = remote.calls
    expect(Object.keys(call?.headers ?? {}).sort()).toEqual(['connection', 'content-length', 'host', 'x-a'])
    expect(call).toMatchObject({ path: '/a', body: 'ü' })
  })
})

describe('TLS', () => {
  it('[S25] refuses a certificate that no known authority signed, and the request has not left', async () => {
    const secure = await FakeRemote.start({ tls: true })
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0')
    const failure = await failureOf(portFor(['127.0.0.1']), get(secure.url, { method: 'POST', body: 'x' }))
    expect(failure).toMatchObject({ code: 'net_tls', hasLeft: false })
    expect(secure.calls).toEqual([])
    await secure.close()
  })

  it('trusts the CA file, for names in the certificate only', async () => {
    const secure = await FakeRemote.start({ tls: true })
    const port = portFor(['127.0.0.0/8', 'localhost'], { caFile: FAKE_CA_FILE })
    expect((await port.send(get(secure.url))).status).toBe(200)
    expect((await port.send(get(secure.url.replace('127.0.0.1', 'localhost')))).status).toBe(200)
    expect((await failureOf(port, get(secure.url.replace('127.0.0.1', '127.0.0.2')))).code).toMatch(
      /net_(tls|unreachable)/,
    )
    expect((await failureOf(portFor([], { caFile: '/nowhere.pem' }), get(secure.url))).code).toBe('bad_ca_file')
    await secure.close()
  })

  it('[S25] calls nothing that does not speak TLS as https', async () => {
    const failure = await failureOf(portFor(['127.0.0.1']), get(remote.url.replace('http:', 'https:')))
    expect(failure).toMatchObject({ code: 'net_tls', hasLeft: false })
  })
})

describe('proxy', () => {
  let proxy: Server
  let tunnels: string[]
  const sockets = new Set<Socket>()

  beforeEach(async () => {
    tunnels = []
    // Every tunnel ends at the fake, wherever it was meant to go: what is tested is what the port asks of a proxy.
    proxy = createServer((client) => {
      sockets.add(client)
      client.once('data', (data: Buffer) => {
        tunnels.push(/^CONNECT (\S+)/.exec(data.toString())?.[1] ?? data.toString())
        client.write('HTTP/1.1 200 OK\r\n\r\n')
        client.pipe(connect(remote.port, '127.0.0.1').on('error', () => {})).pipe(client)
      })
      client.on('error', () => {})
    })
    await new Promise<void>((resolve) => {
      proxy.listen(0, '127.0.0.1', resolve)
    })
  })
  afterEach(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => {
      proxy.close(resolve)
    })
  })

  function proxyUrl(): string {
    return `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
  }

  it('goes through it, to addresses that may be called', async () => {
    const port = portFor([], { proxy: proxyUrl() })
    expect((await port.send(get('http://93.184.215.14/x'))).status).toBe(200)
    expect(tunnels).toEqual(['93.184.215.14:80'])
    expect(remote.calls[0]).toMatchObject({ path: '/x', headers: { host: '93.184.215.14' } })
  })

  it('[S25] refuses private addresses and names behind it as well', async () => {
    const port = portFor([], { proxy: proxyUrl() })
    for (const url of ['http://169.254.169.254/', 'http://localhost/', `http://2130706433:${remote.port}/`]) {
      expect((await failureOf(port, get(url))).code).toBe('net_refused_address')
    }
    expect(tunnels).toEqual([])
  })
})

describe('hosts of a secret', () => {
  it.each([
    [['127.0.0.1'], true],
    [['127.0.0.1:1'], false],
    [['api.example.com', '127.0.0.1'], true],
    [[], true],
    [['api.example.com'], false],
    [['*.0.0.1'], true],
    [['27.0.0.1'], false],
  ])('[S10] with %j goes to 127.0.0.1: %s', async (hosts, isSent) => {
    const request = get(remote.url, { secrets: [{ name: 'KEY', hosts }] })
    if (isSent) expect((await portFor(['127.0.0.1']).send(request)).status).toBe(200)
    else
      expect(await failureOf(portFor(['127.0.0.1']), request)).toMatchObject({
        code: 'secret_host_refused',
        hasLeft: false,
      })
    expect(remote.calls).toHaveLength(isSent ? 1 : 0)
  })
})

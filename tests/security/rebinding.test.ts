import type * as dns from 'node:dns'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { HttpPort } from '../../electron/engine/http/http-port.ts'
import { systemClock } from '../../electron/engine/ports/system-ports.ts'
import { FakeRemote } from '../fakes/fake-remote.ts'

/** What the name server says, one answer per question; an empty one is "no such name". */
const answers: string[][] = []
const asked: string[] = []

vi.mock('node:dns', async (original) => ({
  ...(await original<typeof dns>()),
  lookup: (
    name: string,
    _options: object,
    callback: (error: Error | null, addresses: dns.LookupAddress[]) => void,
  ): void => {
    asked.push(name)
    const answer = answers.shift() ?? []
    if (answer.length === 0) callback(Object.assign(new Error('ENOTFOUND'), { code: 'ENOTFOUND' }), [])
    else
      callback(
        null,
        answer.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      )
  },
}))

let remote: FakeRemote
let proxy: Server
let port: HttpPort
/** What the proxy was asked to connect to. */
let tunnels: string[]
const sockets = new Set<Socket>()

beforeEach(async () => {
  answers.length = 0
  asked.length = 0
  tunnels = []
  remote = await FakeRemote.start()
  // Every tunnel ends at the fake, wherever it was meant to go.
  proxy = createServer((client) => {
    sockets.add(client.on('error', () => {}))
    client.once('data', (data: Buffer) => {
      tunnels.push(/^CONNECT (\S+)/.exec(data.toString())?.[1] ?? data.toString())
      client.write('HTTP/1.1 200 OK\r\n\r\n')
      client.pipe(connect(remote.port, '127.0.0.1').on('error', () => {})).pipe(client)
    })
  })
  await new Promise<void>((resolve) => {
    proxy.listen(0, '127.0.0.1', resolve)
  })
})
afterEach(async () => {
  await port.close()
  for (const socket of sockets) socket.destroy()
  proxy.close()
  await remote.close()
})

function open(allow: string[], isProxied: boolean): void {
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
  const settings = { 'net.allow': allow, 'net.proxy': isProxied ? url : '', 'net.caFile': '' }
  port = new HttpPort({ settings: () => settings, env: {}, clock: systemClock })
}

function send(url: string): Promise<{ status: number }> {
  return port.send({ method: 'GET', url, timeoutMs: 20_000, isPlainAllowed: true })
}

it('[S25] asks a name server once per connection, and connects to what it checked', async () => {
  open([`127.0.0.1:${remote.port}`], false)
  answers.push(['127.0.0.1'], ['169.254.169.254'])
  expect((await send(`http://rebind.example:${remote.port}/a`)).status).toBe(200)
  expect(asked).toEqual(['rebind.example'])
  await port.close()
  await expect(send(`http://rebind.example:${remote.port}/b`)).rejects.toMatchObject({ code: 'net_refused_address' })
  expect(remote.calls.map(({ path }) => path)).toEqual(['/a'])
})

it('[S25] refuses a name of which one address is private', async () => {
  open([`127.0.0.1:${remote.port}`], false)
  answers.push(['127.0.0.1', '10.0.0.1'])
  await expect(send(`http://both.example:${remote.port}/`)).rejects.toMatchObject({ code: 'net_refused_address' })
  expect(remote.calls).toEqual([])
})

it.each([
  ['93.184.215.14', '93.184.215.14:80'],
  ['2606:4700::1', '[2606:4700::1]:80'],
])('[S25] gives a proxy the address %s that was checked, and the server the name', async (address, tunnel) => {
  open([], true)
  answers.push([address])
  expect((await send('http://site.example/x')).status).toBe(200)
  expect(tunnels).toEqual([tunnel])
  expect(remote.calls[0]).toMatchObject({ path: '/x', headers: { host: 'site.example' } })
  expect(asked).toEqual(['site.example'])
})

it('[S25] gives a proxy a name only where a certificate or the user stands for it', async () => {
  open(['inner.example'], true)
  answers.push([])
  await expect(send('http://nobody-knows.example/')).rejects.toMatchObject({ code: 'net_refused_address' })
  expect(tunnels).toEqual([])
  answers.push(['93.184.215.14'])
  await expect(send('https://site.example/')).rejects.toMatchObject({ name: 'HttpFailure' })
  answers.push([])
  expect((await send('http://inner.example/')).status).toBe(200)
  expect(tunnels).toEqual(['site.example:443', 'inner.example:80'])
})

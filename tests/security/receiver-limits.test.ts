import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import {
  DOOR_POLICY,
  open,
  post,
  readAll,
  requestText,
  send,
  sendBytes,
  startDesk,
  type TestDesk,
} from './receiver-kit.ts'

let desk: TestDesk
afterEach(() => desk.close())

const MIB = 1024 * 1024
const EVENT = '{"title":"open","who":"ann"}'

/** An `authz` policy may allow anybody, so that bodies are read before it is known who may pass. */
const OPEN_AUTHZ = 'package authz.http\n\nallow if input.path != "/never"\n'

/** A JSON string that makes a body of exactly this size. */
function bodyOf(bytes: number): string {
  return `"${'x'.repeat(bytes - 2)}"`
}

function chunked(body: string): string {
  const half = body.length >> 1
  return [body.slice(0, half), body.slice(half)]
    .map((part) => `${part.length.toString(16)}\r\n${part}\r\n`)
    .join('')
    .concat('0\r\n\r\n')
}

describe('size', () => {
  it('[S16] takes 1 MiB and refuses one byte more, with and without a length', async () => {
    desk = await startDesk()
    expect((await post(desk.port, '/alert/door', bodyOf(MIB)))?.status).toBe(200)
    expect((await post(desk.port, '/alert/door', bodyOf(MIB + 1)))?.status).toBe(413)
    const head = requestText(desk.port, { headers: ['Transfer-Encoding: chunked'] })
    expect((await sendBytes(desk.port, head + chunked(bodyOf(MIB))))?.status).toBe(200)
    expect((await sendBytes(desk.port, head + chunked(bodyOf(MIB + 1))))?.status).toBe(413)
    expect(desk.rows('event')).toBe(2)
  })

  it('[S16] believes neither a false length nor two framings', async () => {
    desk = await startDesk()
    const claim = (length: string): Promise<number | undefined> =>
      send(desk.port, { headers: [`Content-Length: ${length}`], body: EVENT }).then((answer) => answer?.status)
    expect(await claim('9999999999')).toBe(413)
    expect(await claim('99999999999999999999')).toBe(400)
    expect(await claim('-1')).toBe(400)
    expect(await claim('0x10')).toBe(400)
    const both = await send(desk.port, {
      headers: ['Content-Length: 5', 'Transfer-Encoding: chunked'],
      body: '0\r\n\r\n',
    })
    expect(both?.status).toBe(400)
    expect(desk.rows('event')).toBe(0)
  })

  it('[S16] holds no more bytes than its bound, however many send at once', async () => {
    desk = await startDesk({ limits: { requestBytes: 300_000 } })
    const first = await open(desk.port)
    first.write(`${requestText(desk.port, { headers: ['Content-Length: 250002'] })}"${'x'.repeat(250_000)}`)
    await expect.poll(async () => (await post(desk.port, '/alert/door', bodyOf(100_000)))?.status).toBe(503)
    const refused = await post(desk.port, '/alert/door', bodyOf(100_000))
    expect(refused?.headers['retry-after']).toBe('5')
    expect((await post(desk.port, '/alert/door', EVENT))?.status).toBe(200)
    const answer = readAll(first, (text) => text.includes('event_id'))
    first.write('"')
    expect(await answer).toMatch(/^HTTP\/1\.1 200/)
    expect((await post(desk.port, '/alert/door', bodyOf(100_000)))?.status).toBe(200)
    first.destroy()
  })

  it('[S16] refuses unknown encodings and oversized headers', async () => {
    desk = await startDesk()
    for (const encoding of ['br', 'zstd', 'compress', 'gzip, gzip', 'gzip;q=1']) {
      const answer = await post(desk.port, '/alert/door', EVENT, [`Content-Encoding: ${encoding}`])
      expect(answer).toMatchObject({ status: 415, headers: { 'accept-encoding': 'gzip, deflate' } })
    }
    const answer = await post(desk.port, '/alert/door', EVENT, [`X-Long: ${'x'.repeat(8192)}`])
    expect(answer).toMatchObject({ status: 431, json: { code: 'headers_too_large' } })
    expect(answer?.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
    const fields = Array.from({ length: 1200 }, (_, index) => `a${index}: `)
    expect((await post(desk.port, '/alert/door', EVENT, fields))?.status).toBe(431)
    expect(desk.rows('event')).toBe(0)
  })

  it('sends 100 Continue to those who pass the guards, and the refusal to the others', async () => {
    desk = await startDesk()
    const ask = async (headers: string[]): Promise<string> => {
      const socket = await open(desk.port)
      const text = readAll(socket, (seen) => seen.includes('event_id') || seen.includes('"code"'))
      const head = requestText(desk.port, {
        headers: [...headers, 'Expect: 100-continue', `Content-Length: ${EVENT.length}`],
      })
      socket.write(head)
      socket.once('data', (chunk) => chunk.toString().includes('100 Continue') && socket.write(EVENT))
      const answer = await text
      socket.destroy()
      return answer
    }
    expect(await ask([])).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200/)
    expect(await ask(['Origin: http://evil.test'])).toMatch(/^HTTP\/1\.1 403/)
  })
})

describe('slow and many', () => {
  const QUICK = { requestMs: 300, checkMs: 50, keepAliveMs: 200, idleMs: 500 }

  it.each([
    ['a head that never ends', 'POST /alert/door HTTP/1.1\r\nHost: 127'],
    ['a body that never comes', 'POST /alert/door HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nContent-Length: 10\r\n\r\n{'],
    [
      'a chunk that never ends',
      'POST /alert/door HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{',
    ],
  ])('[S17] cuts %s', async (_name, text) => {
    desk = await startDesk({ limits: QUICK })
    const socket = await open(desk.port)
    socket.write(text.replace('PORT', String(desk.port)))
    const answer = await readAll(socket)
    expect(answer).toMatch(/^HTTP\/1\.1 408 /)
    expect(answer).toContain('"code":"timeout"')
    expect(desk.rows('event')).toBe(0)
  })

  it('[S17] cuts a client that drips one byte at a time', async () => {
    desk = await startDesk({ limits: QUICK })
    const socket = await open(desk.port)
    const closed = once(socket, 'close')
    const text = requestText(desk.port, { headers: ['Content-Length: 1000'] })
    let sent = 0
    const drip = setInterval(() => socket.write(text[sent++] ?? 'x'), 20)
    socket.on('error', () => {})
    socket.resume()
    await closed
    clearInterval(drip)
    expect(sent).toBeLessThan(text.length + 1000)
    expect(desk.rows('event')).toBe(0)
  })

  it('[S17] closes connections that nobody uses', async () => {
    desk = await startDesk({ limits: QUICK })
    const silent = await open(desk.port)
    const kept = await open(desk.port)
    const served = readAll(kept, (text) => text.endsWith('OK'))
    kept.write(requestText(desk.port, { method: 'GET', target: '/health' }))
    expect(await served).toMatch(/^HTTP\/1\.1 200/)
    silent.resume()
    await Promise.all([once(silent, 'close'), once(kept, 'close')])
  })

  it('[S17] serves a good client while 500 connections are held open', async () => {
    desk = await startDesk()
    const hogs: Socket[] = []
    for (let count = 0; count < 500; count += 1) {
      const socket = await open(desk.port)
      socket.on('error', () => {})
      socket.resume()
      if (count % 2 === 0) socket.write('POST /alert/door HTTP/1.1\r\nHost: 127.0.0.1')
      hogs.push(socket)
    }
    for (let count = 0; count < 5; count += 1) {
      expect((await post(desk.port, '/alert/door', EVENT))?.status).toBe(200)
    }
    await expect.poll(() => hogs.filter((socket) => socket.closed).length).toBeGreaterThanOrEqual(500 - 256)
    for (const socket of hogs) socket.destroy()
  })

  async function tokenOf(name: string): Promise<string> {
    const { store } = desk
    return (await store.writer.commit('source', (tx) => store.sources.create(tx, name, 'analyst'))).token
  }

  it('[S17] takes a source while others without a token hold all that they may, and cuts those that send nothing more', async () => {
    desk = await startDesk({
      policies: { 'alert/door.rego': DOOR_POLICY, 'authz/http.rego': OPEN_AUTHZ },
      limits: { requestBytes: 200_000 },
    })
    const token = await tokenOf('wazuh')
    const hogs: Socket[] = []
    for (let count = 0; count < 20; count += 1) {
      const hog = await open(desk.port)
      hog.on('error', () => {})
      hog.resume()
      hog.write(`${requestText(desk.port, { headers: ['Content-Length: 40000'] })}"${'x'.repeat(20_000)}`)
      hogs.push(hog)
    }
    const bearer = [`Authorization: Bearer ${token}`]
    for (let count = 0; count < 20; count += 1) {
      expect((await post(desk.port, '/alert/door', bodyOf(60_000), bearer))?.status).toBe(200)
    }
    for (const hog of hogs) hog.destroy()
  })

  it('[S17] refuses at its head what comes without the token that is needed', async () => {
    desk = await startDesk()
    await tokenOf('wazuh')
    const socket = await open(desk.port)
    const answer = readAll(socket, (text) => text.includes('"code"'))
    socket.write(requestText(desk.port, { headers: ['Content-Length: 1000000'] }))
    expect(await answer).toMatch(/^HTTP\/1\.1 401/)
    socket.destroy()
  })

  it('[S17] answers every one of 400 senders that wait at once', async () => {
    desk = await startDesk({ limits: { graceMs: 60_000 } })
    const { port } = desk
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    let [asked, ended] = [0, 0]
    const evaluate = desk.policy.evaluate.bind(desk.policy)
    desk.policy.evaluate = async (request) => {
      asked += 1
      await released
      return evaluate(request)
    }
    const one = async (): Promise<string> => {
      const sender = await open(port)
      const answer = readAll(sender)
      sender.write(requestText(port, { headers: ['Connection: close'], body: EVENT }))
      void answer.then(() => (ended += 1))
      return answer
    }
    const answers = Promise.all(Array.from({ length: 400 }, one))
    await expect.poll(() => asked + ended, { timeout: 10_000 }).toBe(400)
    release()
    expect((await answers).filter((answer) => !answer.startsWith('HTTP/1.1 200'))).toEqual([])
    expect(desk.rows('event')).toBe(400)
  })

  it('[S17] answers pipelined requests one after the other', async () => {
    desk = await startDesk()
    const socket = await open(desk.port)
    const answers = readAll(socket, (text) => (text.match(/event_id/g) ?? []).length === 20)
    socket.write(requestText(desk.port, { body: EVENT }).repeat(20))
    expect((await answers).match(/HTTP\/1\.1 200/g)).toHaveLength(20)
    expect(desk.rows('event')).toBe(20)
    socket.destroy()
  })
})

describe('stopping', () => {
  it('answers what was taken, and does not wait for those who hold a connection', async () => {
    desk = await startDesk()
    const { port } = desk
    const silent = await open(port)
    const half = await open(port)
    half.write('POST /alert/door HTTP/1.1\r\nHost: 127')
    const refusedOne = await open(port)
    const refusal = readAll(refusedOne, (text) => text.includes('"code"'))
    refusedOne.write(requestText(port, { method: 'GET', target: '/nothing' }))
    await refusal
    const { promise: isHeld, resolve: hold } = Promise.withResolvers<void>()
    const { promise: released, resolve: release } = Promise.withResolvers<void>()
    const evaluate = desk.policy.evaluate.bind(desk.policy)
    desk.policy.evaluate = async (request) => {
      hold()
      await released
      return evaluate(request)
    }
    const kept = await open(port)
    const answer = readAll(kept)
    kept.write(requestText(port, { body: EVENT }))
    await isHeld
    const stopping = desk.receiver.stop()
    release()
    await stopping
    expect(await answer).toContain('event_id')
    expect(desk.rows('event')).toBe(1)
    expect(desk.receiver.state()).toMatchObject({ state: 'stopped', url: null })
    await expect(open(port)).rejects.toThrow('ECONNREFUSED')
    for (const socket of [silent, half, refusedOne]) socket.destroy()
  })
})

describe('port', () => {
  it('goes on listening when its server reports an error', async () => {
    const servers: Server[] = []
    // The channel hands on every server that begins to listen.
    const note = (message: unknown): number => servers.push((message as { server: Server }).server)
    subscribe('tracing:net.server.listen:asyncStart', note)
    desk = await startDesk()
    unsubscribe('tracing:net.server.listen:asyncStart', note)
    servers[0]?.emit('error', new Error('accept EMFILE'))
    expect((await post(desk.port, '/alert/door', EVENT))?.status).toBe(200)
    expect(desk.log.lines).toContainEqual({
      level: 'error',
      message: 'The receiver failed',
      fields: { reason: 'accept EMFILE' },
    })
  })

  it('[S18] says that the port is taken, tries no other, and listens when asked again', async () => {
    desk = await startDesk()
    const squatter = createServer((_request, response) => response.end('not ours')).listen(0, '127.0.0.1')
    await once(squatter, 'listening')
    const { port } = squatter.address() as AddressInfo
    const taken = await desk.receiver.retry(`127.0.0.1:${port}`)
    expect(taken).toMatchObject({ state: 'port_taken', url: null, address: `127.0.0.1:${port}` })
    expect(taken.message).toContain(String(port))
    expect(await desk.receiver.retry(null)).toMatchObject({ state: 'port_taken' })
    squatter.close()
    await once(squatter, 'close')
    const again = await desk.receiver.retry(null)
    expect(again).toMatchObject({ state: 'listening', url: `http://127.0.0.1:${port}` })
    expect((await post(port, '/alert/door', EVENT))?.status).toBe(200)
  })

  it.each(['0.0.0.0:8080', '[::1]:8080', '192.0.2.1:8080', '127.0.0.2:8080', '8080', ':8080', '127.0.0.1:70000'])(
    '[S11] refuses to listen on %s',
    async (address) => {
      desk = await startDesk()
      expect(await desk.receiver.retry(address)).toMatchObject({ state: 'failed', url: null })
    },
  )
})

import { networkInterfaces } from 'node:os'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { open, post, send, sendBytes, startDesk, type TestDesk } from './receiver-kit.ts'

let desk: TestDesk

beforeAll(async () => {
  desk = await startDesk()
})
afterAll(() => desk.close())

const EVENT = '{"title":"open","who":"ann"}'

describe('where it listens', () => {
  it('[S11] binds 127.0.0.1 and nothing else', async () => {
    expect(desk.receiver.state()).toMatchObject({ state: 'listening', url: `http://127.0.0.1:${desk.port}` })
    const others = Object.values(networkInterfaces())
      .flat()
      .filter((address) => address !== undefined && address.address !== '127.0.0.1')
      .map((address) => address!.address)
    const reached = await Promise.all(
      [...others, '::1', '127.0.0.2'].map((address) =>
        open(desk.port, address).then(
          () => address,
          () => null,
        ),
      ),
    )
    expect(reached.filter((address) => address !== null)).toEqual([])
  })
})

describe('Host', () => {
  const port = (): number => desk.port
  it.each([
    ['127.0.0.1', () => [`Host: 127.0.0.1:${port()}`], 200],
    ['localhost', () => [`Host: localhost:${port()}`], 200],
    ['another name', () => ['Host: evil.test'], 403],
    ['another name with our port', () => [`Host: evil.test:${port()}`], 403],
    ['our address as a prefix', () => [`Host: 127.0.0.1.evil.test:${port()}`], 403],
    ['a trailing dot', () => [`Host: localhost.:${port()}`], 403],
    ['another port', () => ['Host: 127.0.0.1:1'], 403],
    ['no port', () => ['Host: 127.0.0.1'], 403],
    ['upper case', () => [`Host: LOCALHOST:${port()}`], 200],
    ['IPv6', () => [`Host: [::1]:${port()}`], 403],
    ['decimal', () => [`Host: 2130706433:${port()}`], 403],
    ['any address', () => [`Host: 0.0.0.0:${port()}`], 403],
    ['user information', () => [`Host: a@127.0.0.1:${port()}`], 403],
    ['empty', () => ['Host:'], 403],
    ['twice', () => [`Host: 127.0.0.1:${port()}`, 'Host: evil.test'], 403],
    ['twice, ours last', () => ['Host: evil.test', `Host: 127.0.0.1:${port()}`], 403],
    ['twice the same', () => [`Host: 127.0.0.1:${port()}`, `Host: 127.0.0.1:${port()}`], 403],
  ])('[S12] %s', async (_name, headers, status) => {
    const before = desk.rows('event')
    const answer = await send(desk.port, { headers: headers(), body: EVENT })
    expect(answer?.status).toBe(status)
    expect(desk.rows('event') - before).toBe(status === 200 ? 1 : 0)
    if (status === 403) expect(answer?.json).toMatchObject({ code: 'host_not_allowed' })
  })

  it.each([
    ['missing over 1.1', (): string => `GET /health HTTP/1.1\r\n\r\n`, 403],
    ['missing over 1.0', (): string => `GET /health HTTP/1.0\r\n\r\n`, 403],
    ['given over 1.0', (): string => `GET /health HTTP/1.0\r\nHost: 127.0.0.1:${port()}\r\n\r\n`, 200],
    ['foreign over 1.0', (): string => `GET /health HTTP/1.0\r\nHost: evil.test\r\n\r\n`, 403],
    ['HTTP/2.0 in the line', (): string => `GET /health HTTP/2.0\r\nHost: 127.0.0.1:${port()}\r\n\r\n`, 400],
    ['absolute-form', (): string => `GET http://evil.test/health HTTP/1.1\r\nHost: 127.0.0.1:${port()}\r\n\r\n`, 400],
    [
      'absolute-form with our name',
      (): string => `GET http://127.0.0.1:${port()}/health HTTP/1.1\r\nHost: 127.0.0.1:${port()}\r\n\r\n`,
      400,
    ],
    ['two slashes', (): string => `GET //evil.test/health HTTP/1.1\r\nHost: 127.0.0.1:${port()}\r\n\r\n`, 400],
    ['asterisk', (): string => `OPTIONS * HTTP/1.1\r\nHost: 127.0.0.1:${port()}\r\n\r\n`, 400],
    ['tunnel', (): string => `CONNECT evil.test:443 HTTP/1.1\r\nHost: 127.0.0.1:${port()}\r\n\r\n`, 400],
    ['not HTTP', (): string => 'hello\r\n\r\n', 400],
  ])('[S12] request line: %s', async (_name, text, status) => {
    const answer = await sendBytes(desk.port, text())
    expect(answer?.status).toBe(status)
    expect(answer?.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
  })
})

describe('browsers', () => {
  it.each([
    ['Origin: http://127.0.0.1:8080'],
    ['Origin: null'],
    ['Origin:'],
    ['oRiGiN: http://localhost'],
    ['Sec-Fetch-Site: same-origin'],
    ['Sec-Fetch-Mode: no-cors'],
    ['sec-fetch-anything: 1'],
  ])('[S13] refuses %s and stores nothing', async (header) => {
    const before = desk.rows('event')
    const answer = await send(desk.port, { headers: [header], body: EVENT })
    expect(answer?.status).toBe(403)
    expect(answer?.json).toMatchObject({ code: 'browser_not_allowed' })
    expect(desk.rows('event')).toBe(before)
  })

  it('[S13] answers a preflight with no CORS header', async () => {
    const answer = await send(desk.port, { method: 'OPTIONS', headers: ['Access-Control-Request-Method: POST'] })
    expect(answer?.status).toBe(405)
    expect(Object.keys(answer?.headers ?? {}).filter((name) => name.startsWith('access-control'))).toEqual([])
  })
})

describe('routes', () => {
  it.each([
    ['GET', '/health', 200],
    ['GET', '/health/', 200],
    ['HEAD', '/health', 200],
    ['HEAD', '/health/', 200],
    ['POST', '/health', 405],
    ['OPTIONS', '/health', 405],
    ['GET', '/health/x', 404],
    ['GET', '/', 404],
    ['GET', '/alert/door', 405],
    ['PUT', '/alert/raw/door', 405],
    ['POST', '/alert/', 404],
    ['POST', '/alert', 404],
    ['POST', '/alert/raw', 404],
    ['POST', '/alert/raw/', 404],
    ['POST', '/alert/pubsub', 404],
    ['POST', '/alert/sns', 404],
    ['POST', '/alert/raw/a/b', 404],
    ['POST', '/alert/a/b', 404],
    ['POST', '/alert/door/', 404],
    ['POST', '/alert//door', 404],
    ['POST', '/alert/raw/../door', 404],
    ['POST', '/alert%2Fraw/door', 404],
    ['POST', '/alert/raw/d%6For', 200],
    ['POST', '/alert/raw/door.x-y.if', 200],
    ['POST', '/alert/raw/a%2Fb', 422],
    ['POST', '/alert/raw/a%00', 422],
    ['POST', '/alert/9lives', 422],
    ['POST', '/alert/a..b', 422],
    ['POST', '/alert/foo%5B_%5D', 422],
    ['POST', `/alert/${'a'.repeat(129)}`, 422],
    ['POST', `/alert/${'a'.repeat(128)}`, 200],
    ['POST', '/alert/%ff', 400],
  ])('%s %s is %i', async (method, target, status) => {
    const answer = await send(desk.port, { method, target, body: method === 'POST' ? '{}' : '' })
    expect(answer?.status).toBe(status)
    expect(answer?.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
    if (status >= 400) {
      expect(answer?.json).toEqual({ error: expect.any(String) as string, code: expect.any(String) as string })
    }
  })

  it('says OK on /health', async () => {
    const answer = await send(desk.port, { method: 'GET', target: '/health' })
    expect(answer).toMatchObject({ body: 'OK', headers: { 'content-type': 'text/plain; charset=utf-8' } })
  })

  it('takes a form content type, as curl -d sends it', async () => {
    const answer = await post(desk.port, '/alert/door', EVENT, ['Content-Type: application/x-www-form-urlencoded'])
    expect(answer).toMatchObject({
      status: 200,
      json: { alerts: [{ title: 'open', attrs: [{ key: 'who', value: 'ann' }] }] },
    })
  })
})

it('counts refused requests per code, without anything of their body', async () => {
  const { db } = desk.store
  const count = (): number =>
    db
      .prepare("SELECT coalesce(sum(count), 0) FROM refusal WHERE code = 'encoding_not_supported'")
      .pluck()
      .get() as number
  const before = count()
  await post(desk.port, '/alert/door', 'PLANTED-BODY', ['Content-Encoding: br'])
  await expect.poll(count, { timeout: 5000 }).toBe(before + 1)
  await post(desk.port, '/alert/door?PLANTED-QUERY', 'PLANTED-BODY', ['X-Forwarded-For: PLANTED-HEADER'])
  const row = (code: string, remote: string): unknown =>
    db.prepare('SELECT source_id AS sourceId, count FROM refusal WHERE code = ? AND remote = ?').get(code, remote)
  await expect.poll(() => row('unauthorized', 'proxy'), { timeout: 5000 }).toEqual({ sourceId: '', count: 1 })
  expect(row('encoding_not_supported', '127.0.0.1')).toMatchObject({ sourceId: '' })
  expect(JSON.stringify([desk.log.lines, db.prepare('SELECT * FROM refusal').all()])).not.toContain('PLANTED')
})

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { actionKit, secretsOf, type ActionKit } from '../../../tests/fakes/action-kit.ts'
import { FakeRemote } from '../../../tests/fakes/fake-remote.ts'
import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'

const KEY = 'k3y-with/special+chars='

let remote: FakeRemote
let kit: ActionKit
beforeEach(async () => {
  remote = await FakeRemote.start()
  kit = actionKit({ secrets: secretsOf({ API_KEY: KEY, BOUND: 'only-for-example' }, { BOUND: ['api.example.com'] }) })
})
afterEach(async () => {
  await kit.close()
  await remote.close()
})

function args(more: JsonObject = {}): JsonObject {
  return { method: 'GET', url: `${remote.url}/a`, ...more }
}

describe('http.fetch', () => {
  it('sends the request of golden/actions.txt', async () => {
    const outcome = await kit.run('http.fetch', { header: { 'X-A': '1' }, method: 'GET', url: `${remote.url}/a?b=1` })
    expect(outcome).toEqual({ outcome: 'succeeded', result: {} })
    expect(remote.calls).toHaveLength(1)
    expect(remote.calls[0]).toMatchObject({ method: 'GET', path: '/a', body: '', headers: { 'x-a': '1' } })
    expect(remote.calls[0]?.query.toString()).toBe('b=1')
  })

  it('one address is asked for many targets: what is in the body tells them apart', () => {
    const url = 'https://edr.example.com/isolate'
    const keyOf = (more: JsonObject): unknown => kit.actions.describe('http.fetch', args({ url, ...more }))?.targetKey
    const key = keyOf({ method: 'POST', data: { host: 'web-3' } })
    expect(keyOf({ method: 'DELETE', data: { host: 'web-3' } })).toBe(key)
    expect(keyOf({ method: 'POST', data: { host: 'web-4' } })).not.toBe(key)
    expect(keyOf({ method: 'POST', data: { host: 'web-3' }, url: `${url}/again` })).not.toBe(key)
  })

  it.each([
    ['application/json', '{"a":[1,null]}', { a: [1, null] }],
    ['application/json; charset=utf-8', '{"a":1}', { a: 1 }],
    ['application/problem+json', '{"a":1}', { a: 1 }],
    ['application/json', '', null],
    ['application/octet-stream', '\u0000x', Buffer.from('\u0000x').toString('base64')],
    ['text/plain', '{"a":1}', '{"a":1}'],
    ['text/plain; charset=nonsense', 'x', 'x'],
    ['', 'x', 'x'],
  ])('reads %s', async (type, body, result) => {
    remote.on('/a', { do: 'answer', headers: { 'content-type': type }, body })
    expect(await kit.run('http.fetch', args())).toEqual({ outcome: 'succeeded', result })
  })

  it('[S44] names as possible targets what path, query and body say, and not whom it asks', () => {
    const namesOf = (url: string, data: JsonValue): unknown =>
      kit.actions.describe('http.fetch', args({ method: 'POST', url, data }))?.names
    const url = 'https://edr.example.com/hosts/web%2D3/isolate?zone=a&force='
    expect(namesOf(url, { host: 'web-3', more: [{ ip: '10.0.0.1' }], n: 1 })).toEqual(
      ['hosts', 'web-3', 'isolate', 'a'].concat('web-3', '10.0.0.1'),
    )
    expect(namesOf('https://edr.example.com', '{"host": "web-3"}')).toContain('web-3')
    expect(namesOf('https://edr.example.com', 'user=ana&days=3')).toContain('ana')
  })

  it('reads text in its charset', async () => {
    remote.on('/a', {
      do: 'answer',
      headers: { 'content-type': 'text/plain; charset="iso-8859-1"' },
      body: Buffer.from([0xfc]),
    })
    expect(await kit.run('http.fetch', args())).toEqual({ outcome: 'succeeded', result: 'ü' })
  })

  it('fails on an answer that is no JSON although it says so', async () => {
    remote.on('/a', { do: 'answer', body: '{' })
    expect(await kit.run('http.fetch', args())).toMatchObject({ outcome: 'failed', error: { code: 'bad_answer' } })
  })

  it('[S24] is unknown when a POST was taken and its answer cannot be read', async () => {
    remote.on('/a', { do: 'answer', body: '{' })
    expect(await kit.run('http.fetch', args({ method: 'POST' }))).toMatchObject({
      outcome: 'unknown',
      error: { code: 'bad_answer', message: expect.stringContaining('200 OK') as unknown },
    })
  })

  it.each([
    ['text', 'a=1', 'a=1', undefined],
    ['an object', { a: [1, 'x'] }, '{"a":[1,"x"]}', 'application/json'],
    ['a number', 0, '0', 'application/json'],
    ['nothing', null, '', undefined],
  ])('sends %s as data', async (_kind, data, body, type) => {
    await kit.run('http.fetch', args({ method: 'post', data }))
    expect(remote.calls[0]).toMatchObject({ method: 'POST', body })
    expect(remote.calls[0]?.headers['content-type']).toBe(type)
  })

  it('keeps the policy’s own content type', async () => {
    await kit.run('http.fetch', args({ method: 'PUT', data: { a: 1 }, header: { 'content-TYPE': 'text/x' } }))
    expect(remote.calls[0]?.headers['content-type']).toBe('text/x')
  })

  it('logs in by basic and bearer, with secrets', async () => {
    const secret = kit.handles.make('API_KEY')
    await kit.run('http.fetch', args({ auth: { basic: { user: 'me', password: secret } } }))
    await kit.run('http.fetch', args({ auth: { bearer: secret } }))
    expect(remote.calls.map(({ headers }) => headers.authorization)).toEqual([
      `Basic ${Buffer.from(`me:${KEY}`).toString('base64')}`,
      `Bearer ${KEY}`,
    ])
  })

  it('puts secrets into url, header and data', async () => {
    const secret = kit.handles.make('API_KEY')
    await kit.run('http.fetch', {
      method: 'POST',
      url: `${remote.url}/a?key=${secret}`,
      header: { 'X-Key': `key ${secret}` },
      data: { nested: [secret] },
    })
    const [call] = remote.calls
    expect(call?.query.get('key')).toBe(KEY.replace('+', ' '))
    expect(call?.headers['x-key']).toBe(`key ${KEY}`)
    expect(JSON.parse(call?.body ?? '')).toEqual({ nested: [KEY] })
  })

  it('[S10] sends a secret only to its hosts', async () => {
    const outcome = await kit.run('http.fetch', args({ auth: { bearer: kit.handles.make('BOUND') } }))
    expect(outcome).toMatchObject({ outcome: 'failed', error: { code: 'secret_host_refused' } })
    expect(remote.calls).toEqual([])
  })

  it('fails on 400 and more, unless the policy wants to see it', async () => {
    remote.on('/a', { do: 'answer', status: 404, headers: { 'content-type': 'text/html' }, body: '<b>not\n here</b>' })
    const failed = await kit.run('http.fetch', args())
    expect(failed).toMatchObject({ outcome: 'failed', error: { code: 'http_status' } })
    expect(JSON.stringify(failed)).toContain('answered 404 Not Found: <b>not here</b>')
    expect(await kit.run('http.fetch', args({ error_status: 'result' }))).toEqual({
      outcome: 'succeeded',
      result: { status: 404, body: '<b>not\n here</b>' },
    })
  })

  it('asks HEAD without waiting for a body', async () => {
    expect(await kit.run('http.fetch', args({ method: 'HEAD' }))).toEqual({ outcome: 'succeeded', result: null })
  })

  it('declares its effect by method', () => {
    const facts = (method: string) => kit.actions.describe('http.fetch', args({ method }))
    expect(facts('GET')).toMatchObject({
      effect: 'observe',
      isIdempotent: true,
      title: `GET 127.0.0.1:${remote.port}/a`,
    })
    expect(facts('')).toMatchObject({ effect: 'observe' })
    expect(facts('head')).toMatchObject({ effect: 'observe' })
    expect(facts('POST')).toMatchObject({ effect: 'notify', isIdempotent: false, target: `127.0.0.1:${remote.port}` })
    expect(facts('DELETE')).toMatchObject({ effect: 'notify' })
  })

  it.each<[string, JsonObject, RegExp]>([
    ['nothing', {}, /method is required; url is required/],
    ['an unknown argument', { method: 'GET', url: 'https://h', headers: {} }, /no argument headers/],
    ['a method that is none', { method: 'GET /', url: 'https://h' }, /method: is no HTTP method/],
    ['CONNECT', { method: 'connect', url: 'https://h' }, /method: cannot be sent/],
    ['a header of the connection', { method: 'GET', url: 'https://h', header: { Host: 'x' } }, /header.Host/],
    ['a header that is none', { method: 'GET', url: 'https://h', header: { 'a b': 'x' } }, /is no header name/],
    [
      'two log-ins',
      { method: 'GET', url: 'https://h', header: { authorization: 'x' }, auth: { bearer: 'y' } },
      /auth: stands beside/,
    ],
  ])('refuses %s', (_what, wrong, message) => {
    expect(() => kit.actions.describe('http.fetch', wrong)).toThrow(message)
    expect(() => kit.actions.describe('http.fetch', wrong)).toThrow(expect.objectContaining({ code: 'invalid_args' }))
  })

  it('refuses a header value with a line break, before anything leaves', async () => {
    const outcome = await kit.run('http.fetch', args({ header: { 'X-A': 'a\r\nX-B: b' } }))
    expect(outcome).toMatchObject({ outcome: 'failed', error: { code: 'net_bad_request' } })
    expect(remote.calls).toEqual([])
  })
})

describe('repeats', () => {
  it('tries a GET again when the connection breaks or the remote fails', async () => {
    remote.on('/a', { do: 'reset', when: 'after-body' }, { do: 'answer', status: 502 }, { do: 'answer', body: '1' })
    expect(await kit.run('http.fetch', args())).toEqual({ outcome: 'succeeded', result: 1 })
    expect(remote.calls).toHaveLength(3)
  })

  it('gives up after the last try', async () => {
    remote.on('/a', { do: 'reset', when: 'after-body' })
    expect(await kit.run('http.fetch', args())).toMatchObject({ outcome: 'failed', error: { code: 'net_reset' } })
    expect(remote.calls).toHaveLength(3)
  })

  it('[S24] never repeats a POST that has left, and says that its outcome is unknown', async () => {
    remote.on('/a', { do: 'reset', when: 'after-body' })
    const outcome = await kit.run('http.fetch', args({ method: 'POST' }))
    expect(outcome).toMatchObject({ outcome: 'unknown', error: { code: 'net_reset' } })
    expect(remote.calls).toHaveLength(1)
  })

  it('[S24] counts a POST whose answer broke off after 200 as unknown, after 500 as failed', async () => {
    remote.on('/a', { do: 'half-body', body: 'half' }, { do: 'half-body', body: 'half', status: 500 })
    expect(await kit.run('http.fetch', args({ method: 'POST' }))).toMatchObject({ outcome: 'unknown' })
    expect(await kit.run('http.fetch', args({ method: 'POST' }))).toMatchObject({ outcome: 'failed' })
  })

  it('does not repeat a POST that failed with 500', async () => {
    remote.on('/a', { do: 'answer', status: 500 })
    expect(await kit.run('http.fetch', args({ method: 'POST' }))).toMatchObject({ outcome: 'failed' })
    expect(remote.calls).toHaveLength(1)
  })

  it('repeats a POST that the remote refused for its load', async () => {
    remote.on('/a', { do: 'answer', status: 429, headers: { 'retry-after': '1' } }, { do: 'answer', body: '"ok"' })
    expect(await kit.run('http.fetch', args({ method: 'POST' }))).toEqual({ outcome: 'succeeded', result: 'ok' })
  })

  it('gives up at once when it is asked to wait longer than its time-out', async () => {
    remote.on('/a', { do: 'answer', status: 429, headers: { 'retry-after': '3600' } })
    expect(await kit.run('http.fetch', args())).toMatchObject({ outcome: 'failed', error: { code: 'http_status' } })
    expect(remote.calls).toHaveLength(1)
  })

  it('is unknown when a POST is stopped after it has left, failed when it had not', async () => {
    remote.on('/a', { do: 'hold' })
    const stop = new AbortController()
    const running = kit.run('http.fetch', args({ method: 'POST' }), { signal: stop.signal })
    await remote.reached(1)
    stop.abort()
    expect(await running).toMatchObject({ outcome: 'unknown', error: { code: 'stopped' } })
    const late = await kit.run('http.fetch', args({ method: 'POST' }), { signal: stop.signal })
    expect(late).toMatchObject({ outcome: 'failed', error: { code: 'stopped' } })
    expect(remote.calls).toHaveLength(1)
  })
})

/** The original's cases (`behaviour/alertchain.md` §10.8). */
describe('http fetch_test: TestFetch', () => {
  it('Success', async () => {
    remote.on('/test', { do: 'answer', headers: { 'content-type': 'application/json' }, body: '{"message":"Hello"}' })
    const outcome = await kit.run('http.fetch', { method: 'GET', url: `${remote.url}/test` })
    expect(outcome).toEqual({ outcome: 'succeeded', result: { message: 'Hello' } })
    expect(remote.calls[0]).toMatchObject({ method: 'GET', path: '/test' })
  })

  it('Invalid argument', () => {
    expect(() => kit.actions.describe('http.fetch', {})).toThrow('method is required; url is required')
  })

  it('Invalid JSON response', async () => {
    remote.on('/test', { do: 'answer', headers: { 'content-type': 'application/json' }, body: '{"message"}' })
    const outcome = await kit.run('http.fetch', { method: 'GET', url: `${remote.url}/test` })
    expect(outcome).toMatchObject({ outcome: 'failed', error: { code: 'bad_answer' } })
  })

  it('HTTP request error', async () => {
    const outcome = await kit.run('http.fetch', { method: 'GET', url: 'http://example.invalid' })
    expect(outcome).toMatchObject({ outcome: 'failed', error: { code: 'net_dns' } })
  })
})

import { expect, it } from 'vitest'
import type { Clock } from '../ports.ts'
import { answerHttpSend, type HttpSendRequest, type HttpSendResponse } from './http-send.ts'

function setUp(response: Partial<HttpSendResponse> = {}) {
  let now = 1000
  const asked: HttpSendRequest[] = []
  const clock: Clock = { now: () => now, nowNs: () => '0', after: () => () => {} }
  const send = answerHttpSend((request) => {
    asked.push(request)
    if (response.statusCode === 0) return Promise.reject(new Error('refused'))
    const body = new TextEncoder().encode('{"keys":[1]}')
    return Promise.resolve({ statusCode: 200, statusText: 'OK', headers: {}, body, ...response })
  }, clock)
  return { asked, send, wait: (ms: number) => (now += ms) }
}

const REQUEST = { method: 'get', url: 'https://idp.test/keys' }

it("gives OPA's response object", async () => {
  const { send, asked } = setUp({ headers: { 'content-type': ['application/json; charset=utf-8'] } })
  expect(await send({ ...REQUEST, headers: { A: 'b' }, body: { x: 1 }, timeout: '2s' })).toEqual({
    status: '200 OK',
    status_code: 200,
    body: { keys: [1] },
    raw_body: '{"keys":[1]}',
    headers: { 'content-type': ['application/json; charset=utf-8'] },
  })
  expect(asked).toEqual([
    {
      method: 'GET',
      url: REQUEST.url,
      headers: { A: 'b' },
      body: new TextEncoder().encode('{"x":1}'),
      timeoutMs: 2000,
      isFollowingRedirects: false,
    },
  ])
})

it('reads the body as JSON only where it says so or the policy does', async () => {
  const { send } = setUp()
  expect(await send(REQUEST)).toMatchObject({ body: null, raw_body: '{"keys":[1]}' })
  expect(await send({ ...REQUEST, force_json_decode: true })).toMatchObject({ body: { keys: [1] } })
})

it('honours force_cache for the given seconds', async () => {
  const { send, asked, wait } = setUp()
  const request = { ...REQUEST, force_cache: true, force_cache_duration_seconds: 10 }
  await send(request)
  await send({ ...request })
  wait(9999)
  await send(request)
  expect(asked).toHaveLength(1)
  wait(1)
  await send(request)
  await send({ ...request, url: 'https://idp.test/other' })
  expect(asked).toHaveLength(3)
})

it('does not keep what failed, and gives the failure as a value where the policy asks', async () => {
  const { send, asked } = setUp({ statusCode: 0 })
  await expect(send(REQUEST)).rejects.toThrow('refused')
  expect(await send({ ...REQUEST, raise_error: false })).toEqual({
    status_code: 0,
    error: { code: 'eval_http_send_network_error', message: 'refused' },
  })
  expect(asked).toHaveLength(2)
})

it('refuses what it does not do', async () => {
  const { send, asked } = setUp()
  await expect(send({ ...REQUEST, tls_client_cert: 'x' })).rejects.toThrow('tls_client_cert is not supported')
  await expect(send({ url: REQUEST.url })).rejects.toThrow('method')
  expect(asked).toEqual([])
})

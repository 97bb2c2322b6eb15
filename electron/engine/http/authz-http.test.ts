import { describe, expect, it } from 'vitest'
import type { JsonValue } from '../../../shared/model/json.ts'
import { authzHttp } from './authz-http.ts'
import type { IncomingAnswer, OutgoingRequest } from './http-port.ts'
import { systemClock } from '../ports/system-ports.ts'

function portThat(answer: (request: OutgoingRequest) => Partial<IncomingAnswer>) {
  let now = 0
  const sent: OutgoingRequest[] = []
  const send = async (request: OutgoingRequest): Promise<IncomingAnswer> => {
    sent.push(request)
    const { status = 200, body = Buffer.from('') } = answer(request)
    return { status, statusText: `${status} OK`, headers: { 'content-type': 'text/plain' }, ...answer(request), body }
  }
  const http = authzHttp({ send }, { ...systemClock, now: () => now })
  return { ask: (request: JsonValue) => http(request), sent, wait: (ms: number) => (now += ms) }
}

describe('http.send of authz', () => {
  it('answers as OPA does', async () => {
    const { ask, sent } = portThat(() => ({
      status: 201,
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body: Buffer.from('{"keys":[1]}'),
    }))
    const request = {
      method: 'post',
      url: 'https://idp.test/keys',
      headers: { A: 'b', n: 1 },
      body: { q: 1 },
      timeout: '2s',
    }
    expect(await ask(request)).toEqual({
      status: '201 OK',
      status_code: 201,
      body: { keys: [1] },
      raw_body: '{"keys":[1]}',
      headers: { 'content-type': ['application/json; charset=utf-8'] },
    })
    expect(sent).toEqual([
      {
        method: 'POST',
        url: 'https://idp.test/keys',
        headers: { A: 'b' },
        body: '{"q":1}',
        timeoutMs: 2000,
        isRedirectFollowed: false,
      },
    ])
  })

  it('parses only what says that it is JSON, unless told to', async () => {
    const { ask } = portThat(() => ({ body: Buffer.from('[1]') }))
    expect(await ask({ method: 'GET', url: 'https://a.test' })).toMatchObject({ body: null, raw_body: '[1]' })
    expect(await ask({ method: 'GET', url: 'https://a.test', force_json_decode: true })).toMatchObject({ body: [1] })
  })

  it('keeps an answer for as long as force_cache says', async () => {
    let count = 0
    const { ask, sent, wait } = portThat(() => ({ body: Buffer.from(String((count += 1))) }))
    const cached = { method: 'GET', url: 'https://a.test', force_cache: true, force_cache_duration_seconds: 60 }
    await ask(cached)
    wait(59_999)
    await ask(cached)
    expect(sent).toHaveLength(1)
    wait(2)
    await ask(cached)
    await ask({ method: 'GET', url: 'https://a.test' })
    await ask({ method: 'GET', url: 'https://a.test' })
    expect(sent).toHaveLength(4)
  })

  it('keeps no answer that says that something is broken', async () => {
    const { ask, sent } = portThat(() => ({ status: sent.length === 1 ? 503 : 200 }))
    const cached = { method: 'GET', url: 'https://a.test', force_cache: true, force_cache_duration_seconds: 60 }
    expect(await ask(cached)).toMatchObject({ status_code: 503 })
    expect(await ask(cached)).toMatchObject({ status_code: 200 })
    expect(await ask(cached)).toMatchObject({ status_code: 200 })
    expect(sent).toHaveLength(2)
  })

  it.each([
    [{ 'cache-control': 'public, max-age=60' }, 60],
    [{ expires: 'Thu, 01 Jan 1970 00:01:40 GMT', date: 'Thu, 01 Jan 1970 00:00:40 GMT' }, 60],
    [{ 'cache-control': 'no-store, max-age=60' }, 0],
    [{ expires: 'soon' }, 0],
    [{}, 0],
  ])('keeps an answer for as long as its server says where the policy says cache: %j', async (headers, seconds) => {
    const { ask, sent, wait } = portThat(() => ({ headers }))
    const cached = { method: 'GET', url: 'https://a.test', cache: true }
    await ask(cached)
    if (seconds > 0) wait(seconds * 1000 - 1)
    await ask(cached)
    expect(sent).toHaveLength(seconds > 0 ? 1 : 2)
    wait(2)
    await ask(cached)
    expect(sent).toHaveLength(seconds > 0 ? 2 : 3)
  })

  it('refuses to cache without a duration, as OPA does', async () => {
    const { ask, sent } = portThat(() => ({}))
    const request = { method: 'GET', url: 'https://a.test', force_cache: true }
    await expect(ask(request)).rejects.toThrow('force_cache_duration_seconds')
    await expect(ask({ ...request, force_cache_duration_seconds: '60' })).rejects.toThrow('whole number')
    expect(await ask({ ...request, raise_error: false })).toMatchObject({
      status_code: 0,
      error: { code: 'eval_http_send_internal_error' },
    })
    expect(sent).toEqual([])
  })

  it('follows redirects only when told to', async () => {
    const { ask, sent } = portThat(() => ({ status: 302 }))
    await ask({ method: 'GET', url: 'https://a.test' })
    await ask({ method: 'GET', url: 'https://a.test', enable_redirect: true })
    expect(sent.map(({ isRedirectFollowed }) => isRedirectFollowed)).toEqual([false, true])
  })

  it('fails where the request fails, or answers with status 0 when the policy wants to see it', async () => {
    const { ask } = portThat(() => {
      throw new Error('refused')
    })
    await expect(ask({ method: 'GET', url: 'https://a.test' })).rejects.toThrow('refused')
    expect(await ask({ method: 'GET', url: 'https://a.test', raise_error: false })).toEqual({
      status_code: 0,
      error: { code: 'eval_http_send_network_error', message: 'refused' },
    })
  })
})

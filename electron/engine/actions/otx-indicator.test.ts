import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { actionKit, secretsOf, type ActionKit } from '../../../tests/fakes/action-kit.ts'
import { startFakeOtx } from '../../../tests/fakes/fake-otx.ts'
import type { FakeRemote, Step } from '../../../tests/fakes/fake-remote.ts'
import type { JsonObject } from '../../../shared/model/json.ts'

const KEY = '0123456789abcdef0123456789abcdef'
const PATH = '/api/v1/indicators/IPv4/192.0.2.1/general'

let otx: FakeRemote
let kit: ActionKit
beforeEach(async () => {
  otx = await startFakeOtx({ key: KEY })
  kit = actionKit({ secrets: secretsOf({ OTX_KEY: KEY }), urls: { OTX_BASE_URL: `${otx.url}/` } })
})
afterEach(async () => {
  await kit.close()
  await otx.close()
})

function args(more: JsonObject = {}): JsonObject {
  return {
    secret_api_key: kit.handles.make('OTX_KEY'),
    type: 'IPv4',
    indicator: '192.0.2.1',
    section: 'general',
    ...more,
  }
}

const SECTIONS = ['general', 'reputation', 'geo', 'malware', 'url_list', 'passive_dns', 'http_scans']

describe('otx.indicator', () => {
  it('sends the request of golden/actions.txt', async () => {
    otx.on(PATH, { do: 'answer', body: '{"a":1}' })
    expect(await kit.run('otx.indicator', args())).toEqual({ outcome: 'succeeded', result: { a: 1 } })
    expect(otx.calls).toHaveLength(1)
    expect(otx.calls[0]).toMatchObject({ method: 'GET', path: PATH, body: '', headers: { 'x-otx-api-key': KEY } })
  })

  it.each(SECTIONS)('asks for the section %s', async (section) => {
    expect(await kit.run('otx.indicator', args({ section }))).toMatchObject({
      outcome: 'succeeded',
      result: { section },
    })
  })

  it.each([
    ['IPv4', 'IPv4', '192.0.2.1'],
    ['ipv4', 'IPv4', '192.0.2.1'],
    ['IPv6', 'IPv6', '2001:db8::1'],
    ['ipv6', 'IPv6', '2001:db8::1'],
    ['domain', 'domain', 'example.com'],
    ['hostname', 'hostname', 'www.example.com'],
    ['file', 'file', 'd41d8cd98f00b204e9800998ecf8427e'],
    ['url', 'url', 'http://h.example/a/../b?c=d&e#f %2e'],
  ])('asks about %s as %s', async (type, asked, indicator) => {
    // The fake knows OTX's own types only and reads the indicator back out of the path.
    expect(await kit.run('otx.indicator', args({ type, indicator }))).toMatchObject({
      outcome: 'succeeded',
      result: { type: asked, indicator },
    })
  })

  it('[S20] lets no indicator out of its place in the path', async () => {
    for (const indicator of ['../../../users/me', 'x/general?y=', '#', 'a\r\nX-Evil: 1', '%2e%2e']) {
      await kit.run('otx.indicator', args({ type: 'hostname', indicator }))
      const path = otx.calls.at(-1)?.path
      expect(path).toBe(`/api/v1/indicators/hostname/${encodeURIComponent(indicator)}/general`)
    }
    for (const indicator of ['.', '..', ''])
      expect(() => kit.actions.describe('otx.indicator', args({ indicator }))).toThrow(/indicator/)
  })

  it.each<[string, Step[], object, number]>([
    ['a wrong key', [{ do: 'answer', status: 403, body: '{"detail":"no"}' }], { code: 'http_status' }, 1],
    ['an answer that is not 200', [{ do: 'answer', status: 202 }], { code: 'http_status' }, 1],
    [
      'no JSON',
      [{ do: 'answer', headers: { 'content-type': 'text/html' }, body: '<html>' }],
      { code: 'bad_answer' },
      1,
    ],
    ['nothing', [{ do: 'answer', body: '' }], { code: 'bad_answer' }, 1],
    ['500 again and again', [{ do: 'answer', status: 500 }], { code: 'http_status' }, 3],
    ['a broken connection again and again', [{ do: 'reset', when: 'after-body' }], { code: 'net_reset' }, 3],
    ['half an answer again and again', [{ do: 'half-body', body: '{"a"' }], { code: 'net_reset' }, 3],
    [
      'a limit that lasts',
      [{ do: 'answer', status: 429, headers: { 'retry-after': '3600' }, body: '{"detail":"Request was throttled."}' }],
      { code: 'http_status' },
      1,
    ],
  ])('fails on %s', async (_what, steps, error, calls) => {
    otx.on(PATH, ...steps)
    expect(await kit.run('otx.indicator', args())).toMatchObject({ outcome: 'failed', error })
    expect(otx.calls).toHaveLength(calls)
  })

  it.each<[string, Step]>([
    ['a limit', { do: 'answer', status: 429, headers: { 'retry-after': '1' } }],
    ['500', { do: 'answer', status: 500 }],
    ['a broken connection', { do: 'reset', when: 'after-body' }],
    ['half an answer', { do: 'half-body', body: '{"a"' }],
  ])('asks again after %s', async (_what, step) => {
    otx.on(PATH, step, { do: 'serve' })
    expect(await kit.run('otx.indicator', args())).toMatchObject({ outcome: 'succeeded' })
    expect(otx.calls).toHaveLength(2)
  })

  it('is stopped while OTX is slow, and has failed then', async () => {
    otx.on(PATH, { do: 'drip' })
    const stop = new AbortController()
    const running = kit.run('otx.indicator', args(), { signal: stop.signal })
    await otx.reached(1)
    stop.abort()
    expect(await running).toMatchObject({ outcome: 'failed', error: { code: 'stopped' } })
  })

  it('[S10] shows the key neither in a refusal nor in the log', async () => {
    const outcome = await kit.run('otx.indicator', args({ secret_api_key: 'another-key-of-mine' }))
    expect(outcome).toMatchObject({ outcome: 'failed', error: { code: 'http_status' } })
    expect(JSON.stringify([outcome, kit.logged])).not.toContain('another-key')
  })

  it('declares itself', async () => {
    expect(kit.actions.describe('otx.indicator', args())).toMatchObject({
      effect: 'observe',
      isIdempotent: true,
      canProbe: false,
      undo: null,
      secretArgs: ['secret_api_key'],
      title: 'Ask OTX about 192.0.2.1',
    })
    const { plan } = await kit.intent('otx.indicator', args())
    expect(plan).toEqual({ rows: [{ key: 'Request', value: `GET ${otx.url}${PATH}` }], bound: null })
  })

  it('says in DeepAlert’s forms what the sections have, and brings up public addresses and names', () => {
    const pulses = { count: 12, pulses: [{ name: 'credential\u202e stuffing' }, null, { name: 7 }] }
    const records = [
      { hostname: 'a.example.com', address: '93.184.215.14', last: '2026-11-20T00:00:00' },
      { hostname: '../x', address: '10.0.0.1' },
      null,
    ]
    const answer: JsonObject = { pulse_info: pulses, country_code: 'US', asn: 'AS15169 Google', passive_dns: records }
    expect(kit.actions.inspected('otx.indicator', args(), answer)).toMatchObject({
      summary: '12 pulses, the first is “credential  stuffing”',
      findings: [
        { type: 'host', content: { ipaddr: ['192.0.2.1'], country: ['US'], as_owner: ['AS15169 Google'] } },
        { type: 'result', content: { count: 12, names: ['credential  stuffing'] } },
      ],
      attributes: [{ type: 'domain', value: 'a.example.com' }],
    })
    const named = args({ type: 'domain', indicator: 'a.example.com' })
    expect(kit.actions.inspected('otx.indicator', named, answer).attributes).toMatchObject([
      { type: 'ipaddr', value: '93.184.215.14' },
    ])
    for (const nothing of [{}, { pulse_info: null, data: 'x' }, 'text'])
      expect(kit.actions.inspected('otx.indicator', args(), nothing)).toMatchObject({ summary: '', attributes: [] })
  })

  it('names what is wrong in AlertChain’s order', () => {
    expect(() => kit.actions.describe('otx.indicator', {})).toThrow(
      'secret_api_key is required; type is required; indicator is required; section is required',
    )
    expect(() => kit.actions.describe('otx.indicator', args({ section: 'nids_list' }))).toThrow(/section: .*reputation/)
  })
})

/** The original's cases (`behaviour/alertchain.md` §10.8). */
describe('otx action_test: TestIndicator', () => {
  const original: JsonObject = { secret_api_key: 'dummy', type: 'domain', indicator: 'example.com', section: 'general' }
  const path = '/api/v1/indicators/domain/example.com/general'
  const invalid: unknown = expect.objectContaining({ code: 'invalid_args' })

  it('normal', async () => {
    otx.on(path, { do: 'answer', body: '{"key": "value"}' })
    expect(await kit.run('otx.indicator', original)).toEqual({ outcome: 'succeeded', result: { key: 'value' } })
  })

  it('invalid api key', () => {
    const { secret_api_key: _key, ...without } = original
    expect(() => kit.actions.describe('otx.indicator', without)).toThrow(invalid)
  })

  it('invalid type', () => {
    expect(() => kit.actions.describe('otx.indicator', { ...original, type: 'invalid' })).toThrow(invalid)
  })

  it('invalid section', () => {
    expect(() => kit.actions.describe('otx.indicator', { ...original, section: 'invalid' })).toThrow(invalid)
  })

  it('http request error', async () => {
    otx.on(path, { do: 'answer', status: 500, body: '' })
    expect(await kit.run('otx.indicator', original)).toMatchObject({ outcome: 'failed' })
  })
})

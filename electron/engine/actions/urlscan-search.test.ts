import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { actionKit, secretsOf, type ActionKit } from '../../../tests/fakes/action-kit.ts'
import type { FakeRemote } from '../../../tests/fakes/fake-remote.ts'
import { startFakeUrlscan } from '../../../tests/fakes/fake-urlscan.ts'
import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'

const KEY = '01234567-89ab-4def-8123-456789abcdef'
const USES = 'urlscan.search'

let remote: FakeRemote
let kit: ActionKit
beforeEach(async () => {
  remote = await startFakeUrlscan({ key: KEY })
  kit = actionKit({ secrets: secretsOf({ URLSCAN_KEY: KEY }), urls: { URLSCAN_BASE_URL: remote.url } })
})
afterEach(async () => {
  await kit.close()
  await remote.close()
})

function args(type: string, value: string): JsonObject {
  return { secret_api_key: kit.handles.make('URLSCAN_KEY'), type, value }
}

describe('urlscan.search', () => {
  it('says of a name which pages were seen, and brings up their public addresses', async () => {
    const outcome = await kit.run(USES, args('domain', 'Evil.Example.com'))
    expect(outcome).toMatchObject({ outcome: 'succeeded', result: { total: 143 } })
    const result = outcome.outcome === 'succeeded' ? outcome.result : null
    expect(kit.actions.inspected(USES, args('domain', 'evil.example.com'), result)).toMatchObject({
      summary: '143 scans, the newest of 2026-11-17; 1 of the newest 2 malicious',
      findings: [
        {
          type: 'host',
          content: { ipaddr: ['93.184.215.14'], related_urls: [{ url: 'http://evil.example.com/login' }, {}] },
        },
        { type: 'result', content: { total: 143, malicious: 1 } },
      ],
      attributes: [{ type: 'ipaddr', value: '93.184.215.14' }],
    })
  })

  it('says of an address who owns it, and brings up its names', async () => {
    const outcome = await kit.run(USES, args('ip', '93.184.215.14'))
    const result = outcome.outcome === 'succeeded' ? outcome.result : null
    expect(kit.actions.inspected(USES, args('ip', '93.184.215.14'), result)).toMatchObject({
      findings: [{ content: { ipaddr: ['93.184.215.14'], country: ['US'], as_owner: ['EXAMPLE, US'] } }, {}],
      attributes: [{ type: 'domain', value: 'evil.example.com' }],
    })
  })

  it('needs no key', async () => {
    expect(await kit.run(USES, { type: 'ip', value: '8.8.8.8' })).toMatchObject({ outcome: 'succeeded' })
    expect(remote.calls[0]?.headers['api-key']).toBeUndefined()
  })

  it.each([
    ['ip', '2606:4700::0001', 'page.ip:"2606:4700::1"'],
    ['domain', 'a.example.com', 'page.domain:"a.example.com"'],
    ['url', 'http://a.example.com/?q=" OR page.ip:*', null],
    ['url', 'http://a.example.com/?q=%22+OR+domain:*', 'page.url:"http://a.example.com/?q=%22+OR+domain:*"'],
    ['url', 'http://a.example.com/?q="+OR+domain:*', 'page.url:"http://a.example.com/?q=%22+OR+domain:*"'],
    [
      'url',
      String.raw`http://a.example.com/?q=\"+OR+x:\\`,
      String.raw`page.url:"http://a.example.com/?q=\\%22+OR+x:\\\\"`,
    ],
    ['url', `http://a.example.com/#"\\`, String.raw`page.url:"http://a.example.com/#%22\\"`],
  ])('[S21] asks for %s %s as one phrase', async (type, value, query) => {
    if (query === null) {
      expect(() => kit.actions.describe(USES, args(type, value))).toThrow(/value: is no/)
      return
    }
    await kit.run(USES, args(type, value))
    expect(remote.calls[0]?.query.get('q')).toBe(query)
    expect([...(remote.calls[0]?.query.keys() ?? [])]).toEqual(['q', 'size'])
  })

  it('takes "no scan" as an answer', async () => {
    const outcome = await kit.run(USES, args('domain', 'unknown.example.com'))
    expect(outcome).toMatchObject({ result: { known: false, reason: 'not_found' } })
  })

  it.each([
    ['ip', '10.0.0.1'],
    ['domain', 'printer.local'],
    ['url', 'http://intranet/secret'],
  ])('tells nobody outside of the private %s %s', async (type, value) => {
    expect(await kit.run(USES, args(type, value))).toMatchObject({ result: { known: false, reason: 'private' } })
    expect(remote.calls).toEqual([])
  })

  it('names the secret that was refused', async () => {
    remote.on('/api/v1/search/', { do: 'answer', status: 403, body: '{}' })
    expect(await kit.run(USES, args('ip', '8.8.8.8'))).toMatchObject({
      error: { code: 'key_refused', message: 'urlscan.io refused the key (403): look at the secret URLSCAN_KEY.' },
    })
  })

  it.each<JsonValue>([{}, { results: 'x' }, null, [1]])('reads %j without a fault', (result) => {
    for (const [type, value] of [
      ['ip', '8.8.8.8'],
      ['domain', 'a.com'],
    ] as const) {
      expect(kit.actions.inspected(USES, args(type, value), result)).toMatchObject({
        summary: 'urlscan.io names no scan',
        attributes: [],
      })
    }
  })

  it('takes a missing verdict for none', () => {
    const { findings, summary } = kit.actions.inspected(USES, args('ip', '8.8.8.8'), { results: [{ page: {} }] })
    expect([summary, findings[1]]).toEqual(['1 scans', { type: 'result', content: { total: null, malicious: null } }])
  })
})

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { actionKit, secretsOf, type ActionKit } from '../../../tests/fakes/action-kit.ts'
import type { FakeRemote } from '../../../tests/fakes/fake-remote.ts'
import { startFakeShodan } from '../../../tests/fakes/fake-shodan.ts'
import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'

const KEY = 'AbCdEf0123456789AbCdEf0123456789'
const USES = 'shodan.host'
const PATH = '/shodan/host/8.8.8.8'

let remote: FakeRemote
let kit: ActionKit
beforeEach(async () => {
  remote = await startFakeShodan({ key: KEY })
  kit = actionKit({ secrets: secretsOf({ SHODAN_KEY: KEY }), urls: { SHODAN_BASE_URL: remote.url } })
})
afterEach(async () => {
  await kit.close()
  await remote.close()
})

function args(more: JsonObject = {}): JsonObject {
  return { secret_api_key: kit.handles.make('SHODAN_KEY'), ip: '8.8.8.8', ...more }
}

describe('shodan.host', () => {
  it('says which services were seen at an address, and brings up its names', async () => {
    const outcome = await kit.run(USES, args())
    expect(outcome).toMatchObject({ outcome: 'succeeded', result: { vulns: ['CVE-2021-0001', 'CVE-2020-0002'] } })
    expect(JSON.stringify(outcome)).not.toContain('Recursion')
    const result = outcome.outcome === 'succeeded' ? outcome.result : null
    expect(kit.actions.inspected(USES, args(), result)).toMatchObject({
      summary: 'Open: 443, 53; 2 known vulnerabilities',
      findings: [
        {
          type: 'host',
          content: {
            ipaddr: ['8.8.8.8'],
            country: ['US'],
            as_owner: ['Google LLC'],
            hostname: ['dns.google'],
            software: [{ name: 'dnsmasq 2.80', location: 'udp/53' }],
          },
        },
        { type: 'result' },
      ],
      attributes: [{ type: 'domain', value: 'dns.google' }],
    })
  })

  it('[S10] shows its key in no plan, result, failure or log, although it stands in the address', async () => {
    expect(await kit.actions.plan(USES, args(), { alertId: 'a', alert: {}, chainId: 'c' })).toEqual({
      rows: [{ key: 'Request', value: `GET ${remote.url}${PATH}` }],
      bound: null,
    })
    const seen = [await kit.run(USES, args())]
    remote.on(PATH, { do: 'answer', status: 400, body: `no plan for key=${KEY}` })
    seen.push(await kit.run(USES, args()))
    remote.on(PATH, { do: 'redirect', to: `http://other.example/?key=${KEY}` })
    seen.push(await kit.run(USES, args()))
    remote.on(PATH, { do: 'reset', when: 'after-body' })
    seen.push(await kit.run(USES, args()))
    expect(seen.map(({ outcome }) => outcome)).toEqual(['succeeded', 'failed', 'failed', 'failed'])
    expect(remote.calls[0]?.query.get('key')).toBe(KEY)
    expect(JSON.stringify(seen) + kit.logged.join('\n')).not.toContain(KEY)
  })

  it('names the secret that was refused', async () => {
    remote.on(PATH, { do: 'answer', status: 401, body: '<html>' })
    expect(await kit.run(USES, args())).toMatchObject({
      error: { code: 'key_refused', message: 'Shodan refused the key (401): look at the secret SHODAN_KEY.' },
    })
  })

  it('waits and asks again where the limit is reached', async () => {
    remote.on(PATH, { do: 'answer', status: 429, headers: { 'retry-after': '1' } }, { do: 'serve' })
    expect(await kit.run(USES, args())).toMatchObject({ outcome: 'succeeded' })
    expect(remote.calls).toHaveLength(2)
  })

  it('takes "no information" as an answer', async () => {
    expect(await kit.run(USES, args({ ip: '9.9.9.9' }))).toMatchObject({
      result: { known: false, reason: 'not_found' },
    })
  })

  it('asks nobody about a private address', async () => {
    expect(await kit.run(USES, args({ ip: '192.168.0.1' }))).toMatchObject({ result: { reason: 'private' } })
    expect(remote.calls).toEqual([])
  })

  it.each<JsonValue>([{}, { ports: ['x'], services: [{ port: 'x', product: 7 }], hostnames: [1, '..'] }, null, 'x'])(
    'reads %j without a fault',
    (result) => {
      expect(kit.actions.inspected(USES, args(), result)).toMatchObject({
        summary: 'Shodan names no open port',
        attributes: [],
      })
    },
  )
})

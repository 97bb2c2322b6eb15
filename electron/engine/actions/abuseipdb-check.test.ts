import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { actionKit, secretsOf, type ActionKit } from '../../../tests/fakes/action-kit.ts'
import { startFakeAbuseipdb } from '../../../tests/fakes/fake-abuseipdb.ts'
import type { FakeRemote } from '../../../tests/fakes/fake-remote.ts'
import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'

const KEY = '0123456789abcdef0123456789abcdef'
const USES = 'abuseipdb.check'

let remote: FakeRemote
let kit: ActionKit
beforeEach(async () => {
  remote = await startFakeAbuseipdb({ key: KEY })
  kit = actionKit({ secrets: secretsOf({ ABUSE_KEY: KEY }), urls: { ABUSEIPDB_BASE_URL: remote.url } })
})
afterEach(async () => {
  await kit.close()
  await remote.close()
})

function args(more: JsonObject = {}): JsonObject {
  return { secret_api_key: kit.handles.make('ABUSE_KEY'), ip: '8.8.8.8', ...more }
}

describe('abuseipdb.check', () => {
  it('says how often an address was reported, and brings up its names', async () => {
    const outcome = await kit.run(USES, args({ max_age_days: 90 }))
    expect(outcome).toMatchObject({ outcome: 'succeeded', result: { data: { abuseConfidenceScore: 91 } } })
    expect(remote.calls[0]?.query.toString()).toBe('ipAddress=8.8.8.8&maxAgeInDays=90')
    const result = outcome.outcome === 'succeeded' ? outcome.result : null
    expect(kit.actions.inspected(USES, args(), result)).toMatchObject({
      summary: '91 % confidence, 214 reports',
      findings: [
        { type: 'host', content: { ipaddr: ['8.8.8.8'], country: ['CN'], as_owner: ['Example Hosting'] } },
        { type: 'result' },
      ],
      attributes: [{ type: 'domain', value: 'host.example.com' }],
    })
  })

  it('[S20] asks nobody about a private address', async () => {
    expect(await kit.run(USES, args({ ip: 'fd00::1' }))).toMatchObject({ result: { known: false, reason: 'private' } })
    expect(remote.calls).toEqual([])
  })

  it('names the secret that was refused', async () => {
    remote.on('/api/v2/check', { do: 'answer', status: 401 })
    expect(await kit.run(USES, args())).toMatchObject({
      error: { code: 'key_refused', message: 'AbuseIPDB refused the key (401): look at the secret ABUSE_KEY.' },
    })
  })

  it.each<JsonObject>([{ ip: 'x' }, { ip: '8.8.8.8&verbose' }, { max_age_days: 0 }, { max_age_days: 366 }])(
    'refuses %j',
    (more) => {
      expect(() => kit.actions.describe(USES, args(more))).toThrow(/ip|max_age_days/)
    },
  )

  it.each<JsonValue>([{}, { data: { hostnames: [null, 1, '..'], abuseConfidenceScore: 'x' } }, null])(
    'reads %j without a fault',
    (result) => {
      expect(kit.actions.inspected(USES, args(), result)).toMatchObject({
        summary: 'AbuseIPDB gave no score',
        attributes: [],
      })
    },
  )
})

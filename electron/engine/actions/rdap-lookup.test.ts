import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { actionKit, type ActionKit } from '../../../tests/fakes/action-kit.ts'
import { startFakeBootstrap, startFakeRegistry } from '../../../tests/fakes/fake-rdap.ts'
import type { FakeRemote } from '../../../tests/fakes/fake-remote.ts'
import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'

const USES = 'rdap.lookup'

let registry: FakeRemote
let bootstrap: FakeRemote
let kit: ActionKit
beforeEach(async () => {
  registry = await startFakeRegistry()
  bootstrap = await startFakeBootstrap(registry.url)
  kit = actionKit({ urls: { RDAP_BASE_URL: bootstrap.url } })
})
afterEach(async () => {
  await kit.close()
  await bootstrap.close()
  await registry.close()
})

async function look(type: string, value: string): Promise<JsonValue> {
  const outcome = await kit.run(USES, { type, value })
  if (outcome.outcome !== 'succeeded') throw new Error(`${outcome.error.code}: ${outcome.error.message}`)
  return outcome.result
}

describe('rdap.lookup', () => {
  it.each<[string, string, string, JsonObject]>([
    [
      'ipaddr',
      '8.8.8.8',
      '8.8.8.0 to 8.8.8.255, Registered 1995-08-14 by Google LLC',
      { ipaddr: ['8.8.8.8'], country: ['US'], as_owner: ['Google LLC'] },
    ],
    [
      'domain',
      'Example.com',
      'Registered 1995-08-14 with Example Registrar',
      { related_domains: [{ name: 'example.com', timestamp: '1995-08-14T04:00:00.000Z', source: 'RDAP' }] },
    ],
    ['asn', 'AS15169', 'Registered on an unknown day by GOOGLE', { as_owner: ['GOOGLE'] }],
  ])('says of %s %s who holds it', async (type, value, summary, content) => {
    const result = await look(type, value)
    expect(kit.actions.inspected(USES, { type, value }, result)).toMatchObject({
      summary,
      findings: [{ type: 'host', content }, { type: 'result' }],
      attributes: [],
    })
    expect(JSON.stringify(result)).not.toMatch(/person@|tel:/)
    expect([bootstrap.calls.length, registry.calls.length]).toEqual([1, 1])
  })

  it('takes "not found" as an answer', async () => {
    expect(await look('domain', 'free.example.com')).toEqual({ known: false, reason: 'not_found' })
  })

  it.each([
    ['ip', '172.16.0.1'],
    ['domain', 'nas.lan'],
    ['asn', '64512'],
    ['asn', 'as4294967295'],
  ])('asks nobody about the private %s %s', async (type, value) => {
    expect(await look(type, value)).toEqual({ known: false, reason: 'private' })
    expect(bootstrap.calls).toEqual([])
  })

  it('[S25] follows no registry to a private address or to plain HTTP', async () => {
    for (const to of [
      'http://169.254.169.254/latest/meta-data',
      'https://10.0.0.1/',
      'http://192.0.2.1/',
      'file:///etc/passwd',
    ]) {
      bootstrap.on('/ip/8.8.8.8', { do: 'redirect', to })
      const error: unknown = expect.objectContaining({
        code: expect.stringMatching(/^net_(refused_address|plain_http|bad_url)$/) as string,
      })
      expect(await kit.run(USES, { type: 'ip', value: '8.8.8.8' })).toMatchObject({ outcome: 'failed', error })
    }
    expect(registry.calls).toEqual([])
  })

  it('[S25] follows four redirects and no more', async () => {
    registry.on('/rdap/ip/8.8.8.8', { do: 'redirect', to: '/rdap/ip/8.8.8.8' })
    expect(await kit.run(USES, { type: 'ip', value: '8.8.8.8' })).toMatchObject({ error: { code: 'net_redirect' } })
    expect(bootstrap.calls.length + registry.calls.length).toBe(5)
  })

  it('says what to check where a redirect leads nowhere', async () => {
    bootstrap.on('/ip/8.8.8.8', { do: 'redirect', to: 'https://' })
    expect(await kit.run(USES, { type: 'ip', value: '8.8.8.8' })).toMatchObject({ error: { code: 'net_redirect' } })
  })

  it.each([
    ['ip', '8.8.8.8/24'],
    ['domain', '../ip/1'],
    ['asn', '4294967296'],
    ['asn', 'AS-1'],
  ])('refuses as %s what is none: %s', (type, value) => {
    expect(() => kit.actions.describe(USES, { type, value })).toThrow(/value: is no/)
  })

  it.each<JsonValue>([{}, { entities: [{ roles: 7 }, null], events: 'x', name: 1 }, null, [1]])(
    'reads %j without a fault',
    (result) => {
      const { summary } = kit.actions.inspected(USES, { type: 'domain', value: 'a.com' }, result)
      expect(summary).toBe('Registered on an unknown day')
    },
  )
})

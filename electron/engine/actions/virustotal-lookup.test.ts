import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { actionKit, secretsOf, type ActionKit } from '../../../tests/fakes/action-kit.ts'
import type { FakeRemote, Step } from '../../../tests/fakes/fake-remote.ts'
import { startFakeVirustotal } from '../../../tests/fakes/fake-virustotal.ts'
import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import type { Inspected } from '../../../shared/model/report.ts'

const KEY = '0123456789abcdef0123456789abcdef'
const USES = 'virustotal.lookup'

let remote: FakeRemote
let kit: ActionKit
beforeEach(async () => {
  remote = await startFakeVirustotal({ key: KEY })
  kit = actionKit({ secrets: secretsOf({ VT_KEY: KEY }), urls: { VIRUSTOTAL_BASE_URL: `${remote.url}/` } })
})
afterEach(async () => {
  await kit.close()
  await remote.close()
})

function args(type: string, value: string): JsonObject {
  return { secret_api_key: kit.handles.make('VT_KEY'), type, value }
}

async function look(type: string, value: string): Promise<{ result: JsonValue; inspected: Inspected }> {
  const outcome = await kit.run(USES, args(type, value))
  if (outcome.outcome !== 'succeeded') throw new Error(outcome.error.message)
  return { result: outcome.result, inspected: kit.actions.inspected(USES, args(type, value), outcome.result) }
}

describe('virustotal.lookup', () => {
  it('says of an address who owns it and how many engines find it harmful', async () => {
    const { result, inspected } = await look('ipaddr', '8.8.8.8')
    expect(inspected).toMatchObject({ summary: '6 of 90 engines find it harmful', attributes: [] })
    expect(inspected.findings[0]).toEqual({
      type: 'host',
      content: { ipaddr: ['8.8.8.8'], country: ['US'], as_owner: ['Google LLC'] },
    })
    expect(result).toMatchObject({ data: { attributes: { detections: [{ engine_name: 'Alpha' }] } } })
    expect(JSON.stringify(result)).not.toMatch(/whois|Beta/)
  })

  it('brings up the public addresses of a domain', async () => {
    const { inspected } = await look('domain', 'Evil.Example.com.')
    expect(inspected.attributes).toEqual([
      { type: 'ipaddr', key: 'VirusTotal DNS', value: '93.184.215.14', context: ['remote', 'additional'] },
    ])
  })

  it('says of a file what it is called by those that find it harmful', async () => {
    const { inspected } = await look('filehashvalue', '44D88612FEA8A8F36DE82E1278ABB02F')
    expect(inspected.summary).toBe('6 of 90 engines find it harmful: virus.eicar/test')
    const scans = [{ vendor: 'Alpha', name: 'malware', positive: true, source: 'VirusTotal' }]
    expect(inspected.findings[0]).toMatchObject({
      type: 'binary',
      content: { software: ['eicar.com'], related_malware: [{ scans }] },
    })
  })

  it('asks for a URL by its id', async () => {
    const { inspected } = await look('url', 'http://evil.example.com/a?b')
    expect(inspected.findings[0]).toMatchObject({ content: { related_urls: [{ url: 'http://evil.example.com/a?b' }] } })
  })

  it('takes "not found" as an answer', async () => {
    const { result, inspected } = await look('ip', '9.9.9.9')
    expect(result).toEqual({ known: false, reason: 'not_found' })
    expect(inspected).toMatchObject({ summary: 'Not known to VirusTotal', findings: [{ type: 'result' }] })
  })

  it.each([
    ['ip', '10.0.0.1'],
    ['ip', '::ffff:127.0.0.1'],
    ['domain', 'printer.office.local'],
    ['url', 'http://192.168.1.1/admin'],
    ['url', 'http://[::1]/'],
    ['url', 'http://intranet/'],
  ])('[S20] tells nobody outside of the private %s %s', async (type, value) => {
    const { result, inspected } = await look(type, value)
    expect(result).toEqual({ known: false, reason: 'private' })
    expect(inspected.summary).toBe('Private: nobody outside knows it')
    expect(remote.calls).toEqual([])
  })

  it.each([
    ['ip', '../users/me'],
    ['ip', '127.1'],
    ['ip', 'fe80::1%eth0'],
    ['domain', 'a.com/../../users/me'],
    ['domain', 'a.com?x=1'],
    ['domain', '%2e%2e'],
    ['domain', '..'],
    ['domain', '1.2.3.4'],
    ['domain', `${'a'.repeat(64)}.com`],
    ['file', 'd41d8cd98f00b204e9800998ecf8427g'],
    ['file', '../x'],
    ['url', 'javascript:alert(1)'],
    ['url', `http://a.example/${'x'.repeat(3000)}`],
  ])('[S20] refuses as %s what is none: %s', (type, value) => {
    expect(() => kit.actions.describe(USES, args(type, value))).toThrow(/value: is no/)
  })

  it.each<[string, Step, RegExp]>([
    ['a refused key', { do: 'answer', status: 401, body: '{}' }, /look at the secret VT_KEY/],
    ['a limit', { do: 'answer', status: 429, headers: { 'retry-after': '3600' } }, /\(429\): ask again in 3600 s/],
    ['no object', { do: 'answer', body: '[1]' }, /check VIRUSTOTAL_BASE_URL/],
    ['no JSON', { do: 'answer', body: '<html>' }, /says that it is JSON/],
  ])('fails clearly on %s', async (_what, step, message) => {
    remote.on('/api/v3/ip_addresses/8.8.8.8', step)
    const error: unknown = expect.objectContaining({ message: expect.stringMatching(message) as string })
    expect(await kit.run(USES, args('ip', '8.8.8.8'))).toMatchObject({ outcome: 'failed', error })
  })

  it('never follows the answer to another address, and bounds hostile ones', async () => {
    const hostile = {
      as_owner: `evil\u202e\u0007${'x'.repeat(100_000)}`,
      country: 7,
      last_analysis_stats: 'none',
      last_dns_records: Array.from({ length: 5000 }, () => ({ type: 'A', value: ['8.8.4.4'] })),
      last_analysis_results: { a: null, b: { category: 'malicious', engine_name: { x: 1 } } },
      names: Array.from({ length: 500 }, () => 'n'.repeat(5000)),
    }
    const body = JSON.stringify({ data: { links: { self: 'http://127.0.0.1:1/' }, attributes: hostile } })
    remote.on('/api/v3/ip_addresses/8.8.8.8', { do: 'answer', body })
    const { result, inspected } = await look('ip', '8.8.8.8')
    expect(JSON.stringify(result).length).toBeLessThan(150_000)
    expect(JSON.stringify(inspected)).not.toMatch(/\\u0007|\u202e/)
    expect(remote.calls).toHaveLength(1)
  })

  it.each<JsonValue>([{}, { data: null }, { data: { attributes: null } }, null, 'x', [1]])(
    'reads %j without a fault',
    (result) => {
      for (const type of ['ip', 'domain', 'file', 'url']) {
        const value = { ip: '8.8.8.8', domain: 'a.com', file: 'a'.repeat(64), url: 'http://a.com' }[type] ?? ''
        expect(kit.actions.inspected(USES, args(type, value), result).summary).toMatch(/not analysed/)
      }
    },
  )
})

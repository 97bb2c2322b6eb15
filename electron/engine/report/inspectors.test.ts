import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { delivery } from '../../../tests/fakes/delivery.ts'
import { openEngineWorld, type EngineWorld } from '../../../tests/fakes/engine.ts'
import { startFakeAbuseipdb } from '../../../tests/fakes/fake-abuseipdb.ts'
import { FakeDns } from '../../../tests/fakes/fake-dns.ts'
import { startFakeOtx } from '../../../tests/fakes/fake-otx.ts'
import { startFakeBootstrap, startFakeRegistry } from '../../../tests/fakes/fake-rdap.ts'
import type { FakeRemote } from '../../../tests/fakes/fake-remote.ts'
import { startFakeShodan } from '../../../tests/fakes/fake-shodan.ts'
import { startFakeUrlscan } from '../../../tests/fakes/fake-urlscan.ts'
import { startFakeVirustotal } from '../../../tests/fakes/fake-virustotal.ts'
import { mmdb } from '../../../tests/fakes/mmdb.ts'
import type { ReportDetail } from '../../../shared/model/report.ts'

const KEY = '0123456789abcdef0123456789abcdef'

const ALERT = `package alert.a

alert contains {
  "title": "Odd login", "detector": "ids", "rule_id": "odd", "alert_key": "k",
  "attrs": [{"key": "from", "value": input.ip, "type": "ipaddr"}],
}
`

/** Every inspector that ships, about the address of the alert. */
const INSPECT = `package inspect

ip := input.attribute.value if input.attribute.key == "from"

key := input.env.KEY

inspect contains {"uses": "otx.indicator", "args": {"secret_api_key": key, "type": "ipv4", "indicator": ip, "section": "general"}}

inspect contains {"uses": "virustotal.lookup", "args": {"secret_api_key": key, "type": "ipaddr", "value": ip}}

inspect contains {"uses": "abuseipdb.check", "args": {"secret_api_key": key, "ip": ip}}

inspect contains {"uses": "urlscan.search", "args": {"secret_api_key": key, "type": "ip", "value": ip}}

inspect contains {"uses": "shodan.host", "args": {"secret_api_key": key, "ip": ip}}

inspect contains {"uses": "rdap.lookup", "args": {"type": "ip", "value": ip}}

inspect contains {"uses": "dns.lookup", "args": {"value": ip}}

inspect contains {"uses": "geoip", "args": {"ip": ip}}

inspect contains {"uses": "history", "args": {"type": "ipaddr", "value": ip}}
`

const remotes: Record<string, FakeRemote> = {}
let dns: FakeDns
let world: EngineWorld

beforeEach(async () => {
  const registry = await startFakeRegistry()
  Object.assign(remotes, {
    OTX_BASE_URL: await startFakeOtx({ key: KEY }),
    VIRUSTOTAL_BASE_URL: await startFakeVirustotal({ key: KEY }),
    ABUSEIPDB_BASE_URL: await startFakeAbuseipdb({ key: KEY }),
    URLSCAN_BASE_URL: await startFakeUrlscan({ key: KEY }),
    SHODAN_BASE_URL: await startFakeShodan({ key: KEY }),
    RDAP_BASE_URL: await startFakeBootstrap(registry.url),
    registry,
  })
  dns = await FakeDns.start({
    '8.8.8.8.in-addr.arpa': [{ type: 'PTR', name: '8.8.8.8.in-addr.arpa', ttl: 60, data: 'dns.google' }],
  })
  const urls = Object.fromEntries(Object.entries(remotes).map(([name, { url }]) => [name, url]))
  world = await openEngineWorld((folder) => {
    const policyDir = join(folder, 'policy')
    for (const [name, source] of Object.entries({ alert: ALERT, inspect: INSPECT })) {
      mkdirSync(join(policyDir, name), { recursive: true })
      writeFileSync(join(policyDir, name, 'a.rego'), source)
    }
    const geoip = join(folder, 'data/geoip')
    mkdirSync(geoip, { recursive: true, mode: 0o700 })
    writeFileSync(
      join(geoip, 'a.mmdb'),
      mmdb({ type: 'A', networks: { '8.8.8.0/24': { country: { iso_code: 'US' } } } }),
    )
    const env = { ...urls, TOCSIN_NET_ALLOW: '127.0.0.1', TOCSIN_INSPECT_DELAY: '0', TOCSIN_DNS_SERVER: dns.server }
    return { policyDir, starterDir: null, hasReceiver: false, mode: 'policy', env }
  })
  await world.ask('secrets.set', { name: 'KEY', value: KEY, hosts: [] })
})
afterEach(async () => {
  await world.close()
  await dns.close()
  await Promise.all(Object.values(remotes).map((remote) => remote.close()))
})

function settled(): Promise<ReportDetail> {
  return vi.waitFor(
    async () => {
      await world.engine.services().reports!.gather()
      const filter = { severities: [], text: '', value: '' }
      const [row] = (await world.ask('reports.page', { filter, upToSeq: null, offset: 0, limit: 1 })).rows
      const report = await world.ask('reports.get', { id: row!.id })
      expect(report).toMatchObject({ status: 'published', openInspections: 0, inspectAt: null })
      return report
    },
    { timeout: 15_000 },
  )
}

test(
  'every inspector that ships answers for a report, and its new attributes come up',
  { timeout: 20_000 },
  async () => {
    for (let no = 0; no < 3; no += 1) {
      const body = JSON.stringify({ ip: '8.8.8.8', no })
      await world.engine.services().intake.receive(delivery({ schema: 'a', body }))
    }
    const report = await settled()
    const [entity, ...brought] = report.entities
    // The summary stands with the first finding of each.
    const spoken = entity!.findings.filter(({ summary }) => summary !== '')
    const said = Object.fromEntries(spoken.map(({ author, summary }) => [author, summary]))
    expect(said).toEqual({
      'otx.indicator': expect.stringContaining('pulses') as string,
      'virustotal.lookup': '6 of 90 engines find it harmful',
      'abuseipdb.check': '91 % confidence, 214 reports',
      'urlscan.search': '143 scans, the newest of 2026-11-17; 1 of the newest 2 malicious',
      'shodan.host': 'Open: 443, 53; 2 known vulnerabilities',
      'rdap.lookup': '8.8.8.0 to 8.8.8.255, Registered 1995-08-14 by Google LLC',
      'dns.lookup': 'PTR: dns.google',
      geoip: 'US',
      history: expect.stringMatching(/^In [1-3] alerts? since .*: none judged; in 1 report: none graded$/) as string,
    })
    expect(brought.map(({ value, depth }) => [value, depth])).toEqual(
      expect.arrayContaining([
        ['dns.google', 1],
        ['evil.example.com', 1],
        ['host.example.com', 1],
      ]),
    )
    for (const { calls } of Object.values(remotes)) expect(calls).toHaveLength(1)
  },
)

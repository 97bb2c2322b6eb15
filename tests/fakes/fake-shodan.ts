import { FakeRemote, type Received, type Reply } from './fake-remote.ts'

/** Shodan's REST API in the form of its documentation, with the key in the query; refuses wrong keys. */
export async function startFakeShodan(options: { key: string }): Promise<FakeRemote> {
  return FakeRemote.start({ service: (call) => answer(call, options.key) })
}

function answer({ path, query }: Received, key: string): Reply {
  if (query.get('key') !== key) return { status: 401, body: '<html><title>401 Unauthorized</title></html>' }
  if (path !== '/shodan/host/8.8.8.8') {
    return { status: 404, body: JSON.stringify({ error: 'No information available for that IP.' }) }
  }
  const body = {
    ip: 134744072,
    ip_str: '8.8.8.8',
    region_code: 'CA',
    country_code: 'US',
    country_name: 'United States',
    city: 'Mountain View',
    org: 'Google LLC',
    isp: 'Google LLC',
    asn: 'AS15169',
    os: null,
    ports: [443, 53],
    hostnames: ['dns.google'],
    domains: ['dns.google'],
    tags: [],
    vulns: ['CVE-2021-0001'],
    last_update: '2026-11-20T09:48:54.423165',
    data: [
      {
        port: 53,
        transport: 'udp',
        product: 'dnsmasq',
        version: '2.80',
        timestamp: '2026-11-20T09:48:54.423165',
        data: '\nRecursion: enabled',
        vulns: { 'CVE-2020-0002': { cvss: 9.8 } },
      },
      { port: 443, transport: 'tcp', timestamp: '2026-11-19T00:00:00.000000', data: 'HTTP/1.1 302 Found' },
    ],
  }
  return { body: JSON.stringify(body) }
}

import { FakeRemote, type Received, type Reply } from './fake-remote.ts'

/** AbuseIPDB's API v2 in the form of its documentation: `data` with the answer, `errors` with failures; refuses wrong keys. */
export async function startFakeAbuseipdb(options: { key: string }): Promise<FakeRemote> {
  return FakeRemote.start({ service: (call) => answer(call, options.key) })
}

function answer({ path, query, headers }: Received, key: string): Reply {
  if (headers['key'] !== key) return failure(401, 'Authentication failed. Your API key is either missing or incorrect.')
  if (path !== '/api/v2/check') return failure(404, 'The route could not be found.')
  const data = {
    ipAddress: query.get('ipAddress'),
    isPublic: true,
    ipVersion: 4,
    isWhitelisted: null,
    abuseConfidenceScore: 91,
    countryCode: 'CN',
    usageType: 'Data Center/Web Hosting/Transit',
    isp: 'Example Hosting',
    domain: 'example.com',
    hostnames: ['host.example.com'],
    isTor: false,
    totalReports: 214,
    numDistinctUsers: 50,
    lastReportedAt: '2026-11-20T20:55:14+00:00',
  }
  return { body: JSON.stringify({ data }) }
}

function failure(status: number, detail: string): Reply {
  return { status, body: JSON.stringify({ errors: [{ detail, status }] }) }
}

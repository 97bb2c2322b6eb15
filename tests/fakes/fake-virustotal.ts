import { FakeRemote, type Received, type Reply } from './fake-remote.ts'

/** VirusTotal's API v3 in the form of its documentation (objects under `data`, failures under `error`); refuses wrong keys. */
export async function startFakeVirustotal(options: { key: string }): Promise<FakeRemote> {
  return FakeRemote.start({ service: (call) => answer(call, options.key) })
}

const STATS = { harmless: 60, malicious: 5, suspicious: 1, undetected: 24, timeout: 0 }

const RESULTS = {
  Alpha: { method: 'blacklist', engine_name: 'Alpha', category: 'malicious', result: 'malware' },
  Beta: { method: 'blacklist', engine_name: 'Beta', category: 'harmless', result: 'clean' },
}

const KNOWN: Record<string, object> = {
  '/api/v3/ip_addresses/8.8.8.8': { type: 'ip_address', as_owner: 'Google LLC', asn: 15169, country: 'US' },
  '/api/v3/domains/evil.example.com': {
    type: 'domain',
    creation_date: 1_700_000_000,
    last_dns_records: [
      { type: 'A', value: '93.184.215.14', ttl: 60 },
      { type: 'A', value: '10.0.0.1', ttl: 60 },
      { type: 'MX', value: 'mail.example.com', ttl: 60 },
    ],
  },
  '/api/v3/files/44d88612fea8a8f36de82e1278abb02f': {
    type: 'file',
    sha256: '275a021bbfb6489e54d471899f7db9d1663fc695ec2fe2a2c4538aabf651fd0f',
    meaningful_name: 'eicar.com',
    popular_threat_classification: { suggested_threat_label: 'virus.eicar/test' },
  },
  // base64url of http://evil.example.com/a?b
  '/api/v3/urls/aHR0cDovL2V2aWwuZXhhbXBsZS5jb20vYT9i': { type: 'url', url: 'http://evil.example.com/a?b' },
}

function answer({ method, path, headers }: Received, key: string): Reply {
  if (headers['x-apikey'] !== key) return failure(401, 'WrongCredentialsError', 'Wrong API key')
  if (method !== 'GET') return failure(405, 'MethodNotAllowedError', 'Method not allowed')
  const known = KNOWN[path]
  if (known === undefined) return failure(404, 'NotFoundError', `"${path}" not found`)
  const attributes = { last_analysis_stats: STATS, last_analysis_results: RESULTS, whois: 'long', ...known }
  return { body: JSON.stringify({ data: { id: path.split('/').at(-1), attributes } }) }
}

function failure(status: number, code: string, message: string): Reply {
  return { status, body: JSON.stringify({ error: { code, message } }) }
}

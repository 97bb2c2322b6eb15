import { FakeRemote, type Received, type Reply } from './fake-remote.ts'

/** urlscan.io's search in the form of its documentation: with the right key or without any; refuses wrong keys. */
export async function startFakeUrlscan(options: { key: string }): Promise<FakeRemote> {
  return FakeRemote.start({ service: (call) => answer(call, options.key) })
}

function answer({ path, query, headers }: Received, key: string): Reply {
  const given = headers['api-key']
  if (given !== undefined && given !== key) return failure(401, 'API key is not valid')
  if (path !== '/api/v1/search/') return failure(404, 'Not found')
  const isFound = !(query.get('q') ?? '').includes('unknown')
  const scan = {
    _id: '0190c0c0-1111-7000-8000-000000000001',
    _score: null,
    sort: [1794900000000, '0190c0c0-1111-7000-8000-000000000001'],
    task: { visibility: 'public', method: 'api', domain: 'evil.example.com', time: '2026-11-17T08:00:00.000Z' },
    stats: { uniqIPs: 3, requests: 20 },
    page: {
      url: 'http://evil.example.com/login',
      domain: 'evil.example.com',
      ip: '93.184.215.14',
      asn: 'AS64500',
      asnname: 'EXAMPLE, US',
      country: 'US',
      server: 'nginx',
      title: 'Sign in',
      status: '200',
    },
    result: 'https://urlscan.io/api/v1/result/0190c0c0-1111-7000-8000-000000000001/',
    screenshot: 'https://urlscan.io/screenshots/0190c0c0-1111-7000-8000-000000000001.png',
  }
  const results = isFound ? [{ ...scan, verdicts: { score: 100, malicious: true } }, scan] : []
  return { body: JSON.stringify({ results, total: isFound ? 143 : 0, took: 12, has_more: isFound }) }
}

function failure(status: number, message: string): Reply {
  return { status, body: JSON.stringify({ message, status }) }
}

import { secretsOf } from '../fakes/action-kit.ts'
import { startFakeAbuseipdb } from '../fakes/fake-abuseipdb.ts'
import { startFakeRegistry } from '../fakes/fake-rdap.ts'
import { startFakeShodan } from '../fakes/fake-shodan.ts'
import { startFakeUrlscan } from '../fakes/fake-urlscan.ts'
import { startFakeVirustotal } from '../fakes/fake-virustotal.ts'
import type { ActionCase } from './action-cases.ts'

const KEY = '0123456789abcdef0123456789abcdef'

/** What inspectors ask services. */
export const LOOKUP_CASES: readonly ActionCase[] = [
  {
    uses: 'virustotal.lookup',
    shows: 'an address',
    start: () => startFakeVirustotal({ key: KEY }),
    kit: (url) => ({ secrets: secretsOf({ KEY }), urls: { VIRUSTOTAL_BASE_URL: url } }),
    args: (kit) => ({ secret_api_key: kit.handles.make('KEY'), type: 'ip', value: '8.8.8.8' }),
  },
  {
    uses: 'abuseipdb.check',
    shows: 'an address',
    start: () => startFakeAbuseipdb({ key: KEY }),
    kit: (url) => ({ secrets: secretsOf({ KEY }), urls: { ABUSEIPDB_BASE_URL: url } }),
    args: (kit) => ({ secret_api_key: kit.handles.make('KEY'), ip: '8.8.8.8' }),
  },
  {
    uses: 'urlscan.search',
    shows: 'a domain',
    start: () => startFakeUrlscan({ key: KEY }),
    kit: (url) => ({ secrets: secretsOf({ KEY }), urls: { URLSCAN_BASE_URL: url } }),
    args: (kit) => ({ secret_api_key: kit.handles.make('KEY'), type: 'domain', value: 'example.com' }),
  },
  {
    uses: 'shodan.host',
    shows: 'an address; the service takes its key in the query alone',
    start: () => startFakeShodan({ key: KEY }),
    kit: (url) => ({ secrets: secretsOf({ KEY }), urls: { SHODAN_BASE_URL: url } }),
    args: (kit) => ({ secret_api_key: kit.handles.make('KEY'), ip: '8.8.8.8' }),
    varying: [[/(?<=key=)[^&]+/, '***']],
  },
  {
    uses: 'rdap.lookup',
    shows: 'a name that nobody has registered',
    start: startFakeRegistry,
    kit: (url) => ({ urls: { RDAP_BASE_URL: url } }),
    args: () => ({ type: 'domain', value: 'free.example.com' }),
  },
]

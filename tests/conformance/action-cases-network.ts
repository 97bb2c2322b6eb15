import { ADGUARD_DOMAIN, ADGUARD_RULES, ADGUARD_USER, startFakeAdguard } from '../fakes/fake-adguard.ts'
import { noWaits, secretsOf } from '../fakes/action-kit.ts'
import { CLOUDFLARE_ACCOUNT, CLOUDFLARE_LIST, startFakeCloudflare } from '../fakes/fake-cloudflare.ts'
import { DEFENDER_MACHINE, startFakeDefender } from '../fakes/fake-defender.ts'
import { MICROSOFT_CLIENT, MICROSOFT_TENANT } from '../fakes/fake-microsoft-login.ts'
import { PIHOLE_DOMAIN, startFakePihole } from '../fakes/fake-pihole.ts'
import type { FakeRemote } from '../fakes/fake-remote.ts'
import type { ActionCase } from './action-cases.ts'

const KEY = 'k3y-0123456789abcdef'

const IP = '203.0.113.7'

const kit: NonNullable<ActionCase['kit']> = (url) => ({
  secrets: secretsOf({ KEY }),
  clock: noWaits,
  urls: { CLOUDFLARE_BASE_URL: url, DEFENDER_BASE_URL: url, LOGIN_BASE_URL: url },
})

const item: ActionCase['args'] = ({ handles }) => ({
  account_id: CLOUDFLARE_ACCOUNT,
  list_id: CLOUDFLARE_LIST,
  secret_token: handles.make('KEY'),
  ip: IP,
})

async function cloudflare(isListed: boolean): Promise<FakeRemote> {
  const fake = await startFakeCloudflare(KEY)
  if (isListed) fake.add(IP)
  return fake.remote
}

const name: ActionCase['args'] = ({ handles }, url) => ({
  base_url: url,
  secret_password: handles.make('KEY'),
  domain: PIHOLE_DOMAIN,
})

async function pihole(isDenied: boolean): Promise<FakeRemote> {
  const fake = await startFakePihole(KEY)
  if (isDenied) fake.put({})
  return fake.remote
}

const rule: ActionCase['args'] = ({ handles }, url) => ({
  base_url: url,
  username: ADGUARD_USER,
  secret_password: handles.make('KEY'),
  domain: ADGUARD_DOMAIN,
})

async function adguard(isListed: boolean): Promise<FakeRemote> {
  const fake = await startFakeAdguard(KEY)
  if (isListed) fake.write([...ADGUARD_RULES, `||${ADGUARD_DOMAIN}^`])
  return fake.remote
}

const machine: ActionCase['args'] = ({ handles }) => ({
  tenant_id: MICROSOFT_TENANT,
  client_id: MICROSOFT_CLIENT,
  secret_client_secret: handles.make('KEY'),
  machine_id: DEFENDER_MACHINE,
})

async function defender(isIsolated: boolean): Promise<FakeRemote> {
  const fake = await startFakeDefender(KEY)
  if (isIsolated) fake.add('Isolate')
  return fake.remote
}

/** Its log-ins stand in bodies and in a header of its own. */
const varying: ActionCase['varying'] = [[/k3y-0123456789abcdef|sid-of-log-in-\d+=/, '***']]

/** What cuts addresses, names and machines off, and takes it back. */
export const NETWORK_CASES: readonly ActionCase[] = [
  { uses: 'cloudflare.block_ip', shows: 'an address', start: () => cloudflare(false), kit, args: item },
  { uses: 'cloudflare.unblock_ip', shows: 'a listed address', start: () => cloudflare(true), kit, args: item },
  { uses: 'pihole.block_domain', shows: 'a name', start: () => pihole(false), kit, args: name, varying },
  { uses: 'pihole.unblock_domain', shows: 'a denied name', start: () => pihole(true), kit, args: name, varying },
  { uses: 'adguard.block_domain', shows: 'a name', start: () => adguard(false), kit, args: rule },
  { uses: 'adguard.unblock_domain', shows: 'a name with a rule', start: () => adguard(true), kit, args: rule },
  { uses: 'defender.isolate_machine', shows: 'a machine', start: () => defender(false), kit, args: machine, varying },
  {
    uses: 'defender.release_machine',
    shows: 'an isolated machine',
    start: () => defender(true),
    kit,
    args: machine,
    varying,
  },
]

import { noWaits, secretsOf } from '../fakes/action-kit.ts'
import { CLOUDFLARE_ACCOUNT, CLOUDFLARE_LIST, startFakeCloudflare } from '../fakes/fake-cloudflare.ts'
import type { FakeRemote } from '../fakes/fake-remote.ts'
import type { ActionCase } from './action-cases.ts'

const KEY = 'k3y-0123456789abcdef'

const IP = '203.0.113.7'

const kit: NonNullable<ActionCase['kit']> = (url) => ({
  secrets: secretsOf({ KEY }),
  clock: noWaits,
  urls: { CLOUDFLARE_BASE_URL: url },
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

/** What keeps others from reaching an address or a name, and takes it back. */
export const NETWORK_CASES: readonly ActionCase[] = [
  { uses: 'cloudflare.block_ip', shows: 'an address', start: () => cloudflare(false), kit, args: item },
  { uses: 'cloudflare.unblock_ip', shows: 'a listed address', start: () => cloudflare(true), kit, args: item },
]

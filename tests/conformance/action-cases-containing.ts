import { noWaits, secretsOf } from '../fakes/action-kit.ts'
import { CROWDSTRIKE_CLIENT, CROWDSTRIKE_DEVICE, startFakeCrowdstrike } from '../fakes/fake-crowdstrike.ts'
import { OKTA_USER, startFakeOkta } from '../fakes/fake-okta.ts'
import type { FakeRemote } from '../fakes/fake-remote.ts'
import type { ActionCase } from './action-cases.ts'

const KEY = 'k3y-0123456789abcdef'

/** A fake whose target is in a status, as if somebody had put it there. */
async function at(
  status: string,
  start: (key: string) => Promise<{ remote: FakeRemote; set: (status: string) => void }>,
): Promise<FakeRemote> {
  const fake = await start(KEY)
  fake.set(status)
  return fake.remote
}

const kit: ActionCase['kit'] = () => ({ secrets: secretsOf({ KEY }), clock: noWaits })

const user: ActionCase['args'] = ({ handles }, url) => ({
  base_url: url,
  secret_token: handles.make('KEY'),
  user_id: OKTA_USER,
})

const device: ActionCase['args'] = ({ handles }, url) => ({
  base_url: url,
  client_id: CROWDSTRIKE_CLIENT,
  secret_client_secret: handles.make('KEY'),
  device_id: CROWDSTRIKE_DEVICE,
})

/** What changes a target at a service, and takes it back. Each looks before and after. */
export const CONTAINING_CASES: readonly ActionCase[] = [
  { uses: 'okta.suspend_user', shows: 'an active user', start: () => at('ACTIVE', startFakeOkta), kit, args: user },
  {
    uses: 'okta.unsuspend_user',
    shows: 'a suspended user',
    start: () => at('SUSPENDED', startFakeOkta),
    kit,
    args: user,
  },
  {
    uses: 'crowdstrike.contain_host',
    shows: 'a host',
    start: () => at('normal', startFakeCrowdstrike),
    kit,
    args: device,
  },
  {
    uses: 'crowdstrike.lift_containment',
    shows: 'a contained host',
    start: () => at('contained', startFakeCrowdstrike),
    kit,
    args: device,
  },
]

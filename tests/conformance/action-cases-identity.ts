import { noWaits, secretsOf } from '../fakes/action-kit.ts'
import { OKTA_USER, startFakeOkta } from '../fakes/fake-okta.ts'
import type { ActionCase } from './action-cases.ts'

const KEY = 'k3y-0123456789abcdef'

const kit: ActionCase['kit'] = () => ({ secrets: secretsOf({ KEY }), clock: noWaits })

const oktaUser: ActionCase['args'] = ({ handles }, url) => ({
  base_url: url,
  secret_token: handles.make('KEY'),
  user_id: OKTA_USER,
})

/** What changes accounts and sessions at the services of identities. Each looks before and after. */
export const IDENTITY_CASES: readonly ActionCase[] = [
  {
    uses: 'okta.clear_sessions',
    shows: 'a user',
    start: async () => (await startFakeOkta(KEY)).remote,
    kit,
    args: oktaUser,
    varying: [[/since=[^&]*/, 'since=90-days-ago']],
  },
]

import { noWaits, secretsOf } from '../fakes/action-kit.ts'
import { entraUser, googleUser } from '../fakes/contained-identity.ts'
import { startFakeDirectory } from '../fakes/fake-directory.ts'
import { GITHUB_LEAKED_TOKEN, GITHUB_ORG, GITHUB_USER, startFakeGithubOrg } from '../fakes/fake-github-org.ts'
import { googleCredentials } from '../fakes/fake-google.ts'
import { startFakeGraph } from '../fakes/fake-graph.ts'
import { OKTA_USER, startFakeOkta } from '../fakes/fake-okta.ts'
import type { ActionCase } from './action-cases.ts'

const KEY = 'k3y-0123456789abcdef'

const kit: NonNullable<ActionCase['kit']> = () => ({ secrets: secretsOf({ KEY }), clock: noWaits })

const oktaUser: ActionCase['args'] = ({ handles }, url) => ({
  base_url: url,
  secret_token: handles.make('KEY'),
  user_id: OKTA_USER,
})

const entra: Pick<ActionCase, 'kit' | 'args'> = {
  kit: (url) => ({ ...kit(url), urls: entraUser(url).urls ?? {} }),
  args: ({ handles }, url) => entraUser(url).argsWith(handles.make('KEY')),
}

const google: Pick<ActionCase, 'kit' | 'args' | 'varying'> = {
  kit: (url) => ({
    ...kit(url),
    secrets: secretsOf({ KEY: googleCredentials(url) }),
    urls: googleUser(url).urls ?? {},
  }),
  args: ({ handles }, url) => googleUser(url).argsWith(handles.make('KEY')),
  varying: [[/assertion=.*/, 'assertion=jwt']],
}

const github: Pick<ActionCase, 'kit' | 'args'> = {
  kit: (url) => ({ ...kit(url), urls: { GITHUB_API_URL: url } }),
  args: ({ handles }) => ({ secret_token: handles.make('KEY'), org: GITHUB_ORG, user_name: GITHUB_USER }),
}

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
  { uses: 'entra.disable_user', shows: 'a user', start: async () => (await startFakeGraph(KEY)).remote, ...entra },
  {
    uses: 'entra.enable_user',
    shows: 'a disabled user',
    async start() {
      const { remote, set } = await startFakeGraph(KEY)
      set('disabled')
      return remote
    },
    ...entra,
  },
  { uses: 'entra.revoke_sessions', shows: 'a user', start: async () => (await startFakeGraph(KEY)).remote, ...entra },
  {
    uses: 'google.suspend_user',
    shows: 'an active user',
    start: async () => (await startFakeDirectory()).remote,
    ...google,
  },
  {
    uses: 'google.restore_user',
    shows: 'a suspended user',
    async start() {
      const { remote, set } = await startFakeDirectory()
      set('suspended')
      return remote
    },
    ...google,
  },
  { uses: 'github.block_user', shows: 'a user', start: async () => (await startFakeGithubOrg(KEY)).remote, ...github },
  {
    uses: 'github.unblock_user',
    shows: 'a blocked user',
    async start() {
      const { remote, set } = await startFakeGithubOrg(KEY)
      set('blocked')
      return remote
    },
    ...github,
  },
  {
    uses: 'github.revoke_token',
    shows: 'a token',
    start: async () => (await startFakeGithubOrg(KEY)).remote,
    kit: (url) => ({ secrets: secretsOf({ LEAKED: GITHUB_LEAKED_TOKEN }), urls: { GITHUB_API_URL: url } }),
    args: ({ handles }) => ({ secret_leaked_token: handles.make('LEAKED') }),
  },
]

import { entraUser } from './contained-identity.ts'
import { KEYED, SERVICE_KEY, type ContainedWorld } from './contained-world.ts'
import { GRAPH_NAME, GRAPH_USER, startFakeGraph } from './fake-graph.ts'
import { OKTA_LOGIN, OKTA_PATH, OKTA_USER, startFakeOkta } from './fake-okta.ts'

/** A service with one target that an action changes for good, so that each is tried in the same ways. */
export interface IrreversibleWorld extends Pick<
  ContainedWorld,
  'remote' | 'urls' | 'secret' | 'wrong' | 'argsWith' | 'hostile' | 'looks' | 'lag' | 'changes'
> {
  /** The service's own name of the target, and the argument that names it where it is no secret. */
  target: { id: string; arg?: string }
  /** Where it is read first, and what changes it: a path, or a method and a path. */
  paths: { read: string; change: string }
  /** Somebody else does the same. */
  doElsewhere: () => void
}

export async function oktaSessionsWorld(): Promise<IrreversibleWorld> {
  const fake = await startFakeOkta(SERVICE_KEY)
  return {
    ...fake,
    ...KEYED,
    looks: 2,
    argsWith: (secret) => ({ base_url: fake.remote.url, secret_token: secret, user_id: OKTA_LOGIN }),
    target: { arg: 'user_id', id: OKTA_USER },
    hostile: ['me', 'ME', `${OKTA_USER}" or target.id sw "00u`],
    paths: { read: `/api/v1/users/${encodeURIComponent(OKTA_LOGIN)}`, change: `${OKTA_PATH}/sessions` },
    doElsewhere: fake.clear,
  }
}

export async function entraSessionsWorld(): Promise<IrreversibleWorld> {
  const fake = await startFakeGraph(SERVICE_KEY)
  return {
    ...fake,
    ...KEYED,
    ...entraUser(fake.remote.url),
    paths: {
      read: `/v1.0/users/${encodeURIComponent(GRAPH_NAME)}`,
      change: `/v1.0/users/${GRAPH_USER}/revokeSignInSessions`,
    },
    doElsewhere: fake.revokeSessions,
  }
}

import { KEYED, SERVICE_KEY, type ContainedWorld } from './contained-world.ts'
import { GRAPH_NAME, GRAPH_USER, startFakeGraph } from './fake-graph.ts'
import { MICROSOFT_CLIENT, MICROSOFT_TENANT } from './fake-microsoft-login.ts'

/** The user whom the actions of Entra are tried on. */
export function entraUser(url: string): Pick<ContainedWorld, 'urls' | 'argsWith' | 'target' | 'hostile'> {
  return {
    urls: { LOGIN_BASE_URL: url, GRAPH_BASE_URL: url },
    argsWith: (secret) => ({
      tenant_id: MICROSOFT_TENANT,
      client_id: MICROSOFT_CLIENT,
      secret_client_secret: secret,
      user_id: GRAPH_NAME,
    }),
    target: { arg: 'user_id', id: GRAPH_USER, inverse: GRAPH_USER },
    hostile: [
      'me',
      'jane',
      `${GRAPH_USER}/manager`,
      'jane_example.com#EXT#@example.com',
      '@example.com',
      'a@b',
      '$value',
    ],
  }
}

export async function entraWorld(): Promise<ContainedWorld> {
  const fake = await startFakeGraph(SERVICE_KEY)
  return {
    ...fake,
    ...KEYED,
    ...entraUser(fake.remote.url),
    paths: {
      read: `/v1.0/users/${encodeURIComponent(GRAPH_NAME)}`,
      contain: `PATCH /v1.0/users/${GRAPH_USER}`,
    },
    verbs: ['disable', 'enable'],
    words: { free: 'enabled', contained: 'disabled' },
    stateOf: (status) => ({ account_enabled: status === 'enabled' }),
  }
}

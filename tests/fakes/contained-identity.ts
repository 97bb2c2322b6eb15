import { KEYED, SERVICE_KEY, type ContainedWorld } from './contained-world.ts'
import { DIRECTORY_ADMIN, DIRECTORY_EMAIL, DIRECTORY_USER, startFakeDirectory } from './fake-directory.ts'
import { GITHUB_BLOCK_PATH, GITHUB_ORG, GITHUB_USER, startFakeGithubOrg } from './fake-github-org.ts'
import { googleCredentials } from './fake-google.ts'
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

/** The user whom the actions of Google Workspace are tried on. */
export function googleUser(url: string): Pick<ContainedWorld, 'urls' | 'argsWith' | 'target' | 'hostile'> {
  return {
    urls: { GOOGLE_BASE_URL: url },
    argsWith: (secret) => ({
      secret_service_account: secret,
      admin_email: DIRECTORY_ADMIN,
      user_email: DIRECTORY_EMAIL,
    }),
    target: { arg: 'user_email', id: DIRECTORY_USER, inverse: DIRECTORY_USER },
    hostile: [
      'me',
      'my_customer',
      'jane',
      `${DIRECTORY_EMAIL}/aliases`,
      '@example.com',
      'jane@example',
      '-@example.com',
    ],
  }
}

export async function googleWorld(): Promise<ContainedWorld> {
  const fake = await startFakeDirectory()
  const { url } = fake.remote
  return {
    ...fake,
    ...googleUser(url),
    secret: googleCredentials(url),
    wrong: {
      secret: googleCredentials(url, { client_email: 'other@my-project.iam.gserviceaccount.com' }),
      code: 'http_status',
      message: /invalid_grant/,
    },
    looks: 1,
    checks: 1,
    paths: {
      read: `/admin/directory/v1/users/${encodeURIComponent(DIRECTORY_EMAIL)}`,
      contain: `PUT /admin/directory/v1/users/${DIRECTORY_USER}`,
    },
    verbs: ['suspend', 'restore'],
    words: { free: 'active', contained: 'suspended', barred: 'archived' },
    stateOf: (status) => ({
      suspended: status === 'suspended',
      suspension_reason: status === 'suspended' ? 'ADMIN' : null,
    }),
  }
}

export async function githubWorld(): Promise<ContainedWorld> {
  const fake = await startFakeGithubOrg(SERVICE_KEY)
  return {
    ...fake,
    ...KEYED,
    looks: 3,
    urls: { GITHUB_API_URL: fake.remote.url },
    argsWith: (secret) => ({ secret_token: secret, org: GITHUB_ORG, user_name: GITHUB_USER }),
    target: { arg: 'user_name', id: '583231', inverse: GITHUB_USER },
    hostile: ['-mallory', 'mallory--42', 'mallory_', 'mallory@example.com', `${GITHUB_USER}/orgs`, 'x'.repeat(62)],
    paths: { read: `/users/${GITHUB_USER}`, contain: `PUT ${GITHUB_BLOCK_PATH}` },
    verbs: ['block', 'unblock'],
    words: { free: 'not blocked', contained: 'blocked', barred: 'Organization' },
    stateOf: (status) => ({ blocked: status === 'blocked' }),
  }
}

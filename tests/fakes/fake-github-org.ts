import { FakeRemote, type Received, type Reply } from './fake-remote.ts'

export const GITHUB_ORG = 'acme-corp'
export const GITHUB_USER = 'mallory-42'
export const GITHUB_BLOCK_PATH = `/orgs/${GITHUB_ORG}/blocks/${GITHUB_USER}`
export const GITHUB_LEAKED_TOKEN = 'ghp_0123456789abcdefghijklmnopqrstuvwxyz'

export interface FakeGithubOrg {
  remote: FakeRemote
  /** What somebody else does on the organization's page: `blocked`, `not blocked`; or the account's type. */
  set: (status: string) => void
  status: () => string
  /** The account that goes by the name is another one. */
  rename: () => void
  /** The owner of the leaked token revokes it. */
  revokeElsewhere: () => void
  /** Looks after a change that still show what was before. */
  lag: (looks: number) => void
  /** Changes that were carried out. */
  changes: () => string[]
}

/**
 * GitHub's REST API as its OpenAPI description has it: "Get a user" and "Get the authenticated user" (public-user), "Blocking
 * users" of an organization (a token without the right gets 404 of all three), "Revoke a list of credentials" (no log-in, at
 * most 1,000, 202). It takes no other method, path, query, field or content type.
 * @param token of the organization's owner
 */
export async function startFakeGithubOrg(token: string): Promise<FakeGithubOrg> {
  const account = { id: 583_231, type: 'User' }
  let isBlocked = false
  let isLeakedValid = true
  let lag = 0
  let left = 0
  const changes: string[] = []
  const isStale = (): boolean => {
    if (left === 0) return false
    left -= 1
    return true
  }
  const user = (login: string, { id, type }: typeof account): Reply => ({
    body: JSON.stringify({ login, id, node_id: 'MDQ6', type, user_view_type: 'public', site_admin: false }),
  })
  const block = ({ method }: Received): Reply => {
    if (method === 'GET') return isBlocked === isStale() ? refusal(404, 'Not Found') : { status: 204, body: '' }
    if (method !== 'PUT' && method !== 'DELETE') return refusal(404, 'Not Found')
    isBlocked = method === 'PUT'
    left = lag
    changes.push(isBlocked ? 'block' : 'unblock')
    return { status: 204, body: '' }
  }
  const revoke = (call: Received): Reply => {
    if (call.method !== 'POST') return refusal(404, 'Not Found')
    if (call.headers['authorization'] !== undefined) return refusal(403, 'Authenticated requests are not allowed')
    if (call.headers['content-type'] !== 'application/json') return refusal(415, 'Unsupported Media Type')
    const { credentials, ...others } = JSON.parse(call.body) as Record<string, unknown>
    const isList = Array.isArray(credentials) && credentials.length > 0 && credentials.length <= 1000
    if (!isList || Object.keys(others).length > 0) return refusal(422, 'Validation Failed')
    if (credentials.includes(GITHUB_LEAKED_TOKEN)) isLeakedValid = false
    left = lag
    changes.push('revoke')
    return { status: 202, body: '{}' }
  }
  const service = (call: Received): Reply => {
    const authorization = call.headers['authorization']
    if (call.headers['user-agent'] === undefined) return refusal(403, 'Request forbidden by administrative rules.')
    if (call.path === '/credentials/revoke') return revoke(call)
    if (call.path === '/user' && authorization === `Bearer ${GITHUB_LEAKED_TOKEN}`)
      return isLeakedValid || isStale() ? user('jane-doe', { id: 1, type: 'User' }) : refusal(401, 'Bad credentials')
    if (authorization !== `Bearer ${token}`) return refusal(401, 'Bad credentials')
    if (call.body !== '') return refusal(400, 'Problems parsing JSON')
    if (call.path === `/orgs/${GITHUB_ORG}/blocks` && call.method === 'GET' && String(call.query) === 'per_page=1')
      return { body: '[]' }
    if (call.query.size > 0) return refusal(404, 'Not Found')
    if (call.path.toLowerCase() === `/users/${GITHUB_USER}`) return user(GITHUB_USER, account)
    if (call.path.toLowerCase() === GITHUB_BLOCK_PATH) return block(call)
    return refusal(404, 'Not Found')
  }
  return {
    remote: await FakeRemote.start({ service }),
    set(status) {
      const isStatus = status === 'blocked' || status === 'not blocked'
      if (isStatus) isBlocked = status === 'blocked'
      account.type = isStatus ? 'User' : status
    },
    status: () => (isBlocked ? 'blocked' : 'not blocked'),
    rename: () => void (account.id += 1),
    revokeElsewhere: () => void (isLeakedValid = false),
    lag: (looks) => void (lag = looks),
    changes: () => changes,
  }
}

function refusal(status: number, message: string): Reply {
  const documentation = 'https://docs.github.com/rest'
  return { status, body: JSON.stringify({ message, documentation_url: documentation, status: String(status) }) }
}

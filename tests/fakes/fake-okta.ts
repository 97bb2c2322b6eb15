import { FakeRemote, type Received, type Reply } from './fake-remote.ts'

export const OKTA_USER = '00u1f2e3d4c5b6a7980h'
export const OKTA_LOGIN = 'jane.doe@example.com'
/** Whose token it is. */
export const OKTA_OWNER = '00u0000000000000admin'
export const OKTA_PATH = `/api/v1/users/${OKTA_USER}`
export const OKTA_LOG_PATH = '/api/v1/logs'

export interface FakeOkta {
  remote: FakeRemote
  /** What somebody else does in the console. */
  set: (status: string) => void
  status: () => string
  /** An administrator clears the user's sessions. */
  clear: () => void
  /** Looks after a change that still show the user as it was before. */
  lag: (looks: number) => void
  /** The token is the user's own. */
  own: () => void
  /** Changes that were carried out. */
  changes: () => string[]
}

/**
 * Okta's Management API (developer.okta.com, Core Okta API): "Users" and "User Lifecycle", `GET /api/v1/users/{id}` and `/users/me`, `POST
 * …/lifecycle/suspend` and `…/unsuspend`, with the model `User`; "User Sessions", `DELETE …/sessions?oauthTokens=`; "System
 * Log", `GET /api/v1/logs` with the model `LogEvent`; and `Error` (`errorCode`, `errorSummary`, …). It takes no other method,
 * path, query, filter, header of authorization or body, and changes no user from a status that the documentation does not name.
 */
export async function startFakeOkta(token: string): Promise<FakeOkta> {
  const user = { status: 'ACTIVE', statusChanged: '2026-01-01T00:00:00.000Z' }
  let stale = { ...user }
  let owner = OKTA_OWNER
  let lag = 0
  let left = 0
  let tick = 0
  const changes: string[] = []
  const log: string[] = []
  const clear = (): void => {
    tick += 1
    log.unshift(`2026-01-03T00:00:${String(tick).padStart(2, '0')}.000Z`)
  }
  const clearByRequest = ({ method, query, body }: Received): Reply => {
    const isAsked = method === 'DELETE' && query.size === 1 && /^(true|false)$/.test(query.get('oauthTokens') ?? '')
    if (!isAsked || body !== '') return failure(400, 'E0000021', 'Bad request')
    clear()
    left = lag
    changes.push(`clear with oauthTokens=${query.get('oauthTokens')}`)
    return { status: 204, body: '' }
  }
  const readLog = ({ method, query, body }: Received): Reply => {
    const { filter = '', since = '', ...rest } = Object.fromEntries(query)
    const isBounded =
      JSON.stringify(rest) === '{"sortOrder":"DESCENDING","limit":"1"}' && !Number.isNaN(Date.parse(since))
    if (method !== 'GET' || body !== '' || !isBounded || filter !== LOG_FILTER)
      return failure(400, 'E0000031', 'Invalid search criteria.')
    const isStale = left > 0
    if (isStale) left -= 1
    return {
      body: JSON.stringify(
        log
          .slice(isStale ? 1 : 0)
          .slice(0, 1)
          .map(entry),
      ),
    }
  }
  const set = (status: string): void => {
    tick += 1
    Object.assign(user, { status, statusChanged: `2026-01-02T00:00:${String(tick).padStart(2, '0')}.000Z` })
  }
  const shown = (): typeof user => {
    if (left === 0) return user
    left -= 1
    return stale
  }
  const change = (verb: string): Reply => {
    const [from, to] = verb === 'suspend' ? ['ACTIVE', 'SUSPENDED'] : ['SUSPENDED', 'ACTIVE']
    if (user.status !== from) return failure(400, 'E0000001', 'Api validation failed: user is in another status')
    stale = { ...user }
    left = lag
    set(to)
    changes.push(verb)
    return { body: '{}' }
  }
  const answer = (call: Received): Reply => {
    if (call.headers['authorization'] !== `SSWS ${token}`) return failure(401, 'E0000011', 'Invalid token provided')
    if (call.path === OKTA_LOG_PATH) return readLog(call)
    if (call.path === `${OKTA_PATH}/sessions`) return clearByRequest(call)
    const [, path = '', verb = ''] =
      /^\/api\/v1\/users\/([^/]+)(?:\/lifecycle\/(suspend|unsuspend))?$/.exec(call.path) ?? []
    if (path === '' || call.query.size > 0 || call.body !== '') return failure(400, 'E0000021', 'Bad request')
    if (path === 'me' && verb === '' && call.method === 'GET') return { body: JSON.stringify(model(user, owner)) }
    if (![OKTA_USER, OKTA_LOGIN].includes(decodeURIComponent(path)))
      return failure(404, 'E0000007', `Not found: ${path} (User)`)
    if (call.method === 'GET' && verb === '') return { body: JSON.stringify(model(shown())) }
    if (call.method === 'POST' && verb !== '') return change(verb)
    return failure(405, 'E0000022', 'The endpoint does not support the provided HTTP method')
  }
  return {
    remote: await FakeRemote.start({ service: answer }),
    set,
    status: () => user.status,
    clear,
    own: () => void (owner = OKTA_USER),
    lag: (looks) => void (lag = looks),
    changes: () => changes,
  }
}

function model({ status, statusChanged }: { status: string; statusChanged: string }, id = OKTA_USER): object {
  return {
    id,
    status,
    created: '2025-01-01T00:00:00.000Z',
    activated: '2025-01-01T00:00:00.000Z',
    statusChanged,
    lastLogin: null,
    lastUpdated: statusChanged,
    passwordChanged: null,
    type: { id: 'oty1' },
    profile: { firstName: 'Jane', lastName: 'Doe', email: OKTA_LOGIN, login: OKTA_LOGIN, mobilePhone: null },
    credentials: { provider: { type: 'OKTA', name: 'OKTA' } },
  }
}

const LOG_FILTER = `eventType eq "user.session.clear" and target.id eq "${OKTA_USER}" and outcome.result eq "SUCCESS"`

function entry(published: string): object {
  return {
    actor: { id: '00u0000000000000admin', type: 'User', alternateId: 'admin@example.com', displayName: 'Admin' },
    displayMessage: 'Clear user session',
    eventType: 'user.session.clear',
    outcome: { result: 'SUCCESS', reason: null },
    published,
    severity: 'INFO',
    uuid: '5f2c0f4e-0000-4000-8000-000000000001',
    version: '0',
    target: [{ id: OKTA_USER, type: 'User', alternateId: OKTA_LOGIN, displayName: 'Jane Doe', detailEntry: null }],
  }
}

function failure(status: number, errorCode: string, errorSummary: string): Reply {
  return {
    status,
    body: JSON.stringify({ errorCode, errorSummary, errorLink: errorCode, errorId: 'oae1', errorCauses: [] }),
  }
}

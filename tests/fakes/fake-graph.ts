import { FakeMicrosoftLogin } from './fake-microsoft-login.ts'
import { FakeRemote, type Received, type Reply } from './fake-remote.ts'

export const GRAPH_USER = '6ea91a8d-e32e-41a1-b7bd-d2d185eed0e0'
export const GRAPH_NAME = 'jane.doe@example.com'

export interface FakeGraph {
  remote: FakeRemote
  login: FakeMicrosoftLogin
  /** What somebody else does in the admin centre: `enabled` or `disabled`. */
  set: (status: string) => void
  status: () => string
  /** An administrator revokes the user's sessions. */
  revokeSessions: () => void
  /** Properties of the user that are different from the usual ones; undefined ones are left out. */
  change: (properties: Record<string, unknown>) => void
  /** Looks after a change that still show the user as it was before. */
  lag: (looks: number) => void
  /** Changes that were carried out. */
  changes: () => string[]
}

/** Of `microsoft.graph.user`, what an app may select here. */
const SELECTABLE = [
  'id', 'userPrincipalName', 'displayName', 'userType', 'accountEnabled', 'signInSessionsValidFromDateTime',
] // prettier-ignore

/**
 * Microsoft Graph v1.0, "Users": `GET /users/{id | userPrincipalName}?$select=`, `PATCH` of `accountEnabled` alone and `POST
 * …/revokeSignInSessions` without a body, with the models `user`, `odata.error` and the answers of the reference. It takes no
 * other method, path, query, property, content type or body.
 */
export async function startFakeGraph(secret: string): Promise<FakeGraph> {
  const login = new FakeMicrosoftLogin(secret, 'https://graph.microsoft.com')
  const user: Record<string, unknown> = {
    id: GRAPH_USER,
    userPrincipalName: GRAPH_NAME,
    displayName: 'Jane Doe',
    userType: 'Member',
    accountEnabled: true,
    signInSessionsValidFromDateTime: '2026-01-01T00:00:00Z',
  }
  let stale = { ...user }
  let lag = 0
  let left = 0
  let tick = 0
  const changes: string[] = []
  const revokeSessions = (): void => {
    tick += 1
    user['signInSessionsValidFromDateTime'] = `2026-01-02T00:00:${String(tick).padStart(2, '0')}Z`
  }
  const carryOut = (verb: string, work: () => void): void => {
    stale = { ...user }
    left = lag
    work()
    changes.push(verb)
  }
  const read = (select: string): Reply => {
    const names = select.split(',')
    if (!names.every((name) => SELECTABLE.includes(name)))
      return failure(400, 'BadRequest', 'Parsing OData Select and Expand failed')
    const shown = left === 0 ? user : stale
    if (left > 0) left -= 1
    const properties = names.filter((name) => shown[name] !== undefined).map((name) => [name, shown[name]])
    const context = `https://graph.microsoft.com/v1.0/$metadata#users(${select})/$entity`
    return { body: JSON.stringify({ '@odata.context': context, ...Object.fromEntries(properties) }) }
  }
  const update = (call: Received): Reply => {
    if (call.headers['content-type'] !== 'application/json') return failure(415, 'BadRequest', 'content type')
    const { accountEnabled, ...others } = JSON.parse(call.body) as Record<string, unknown>
    if (typeof accountEnabled !== 'boolean' || Object.keys(others).length > 0)
      return failure(400, 'Request_BadRequest', 'One or more property values specified are invalid.')
    carryOut(accountEnabled ? 'enable' : 'disable', () => (user['accountEnabled'] = accountEnabled))
    return { status: 204, body: '' }
  }
  const service = (call: Received): Reply => {
    if (call.path.endsWith('/oauth2/v2.0/token')) return login.answer(call)
    if (!login.knows(call.headers['authorization']))
      return failure(401, 'InvalidAuthenticationToken', 'Access token validation failure.')
    const [, who = '', verb = ''] = /^\/v1\.0\/users\/([^/]+)(\/revokeSignInSessions)?$/.exec(call.path) ?? []
    if (who === '') return failure(400, 'BadRequest', 'Resource not found for the segment')
    if (![GRAPH_USER, GRAPH_NAME].includes(decodeURIComponent(who)))
      return failure(404, 'Request_ResourceNotFound', `Resource '${who}' does not exist`)
    const isBare = call.body === '' && call.query.size === 0
    if (verb !== '' && call.method === 'POST' && isBare) {
      carryOut('revoke sessions', revokeSessions)
      return { body: '{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#Edm.Boolean","value":true}' }
    }
    if (verb === '' && call.method === 'GET' && call.query.size === 1) return read(call.query.get('$select') ?? '')
    if (verb === '' && call.method === 'PATCH' && call.query.size === 0) return update(call)
    return failure(405, 'Request_BadRequest', 'Specified HTTP method is not allowed for the request target.')
  }
  return {
    remote: await FakeRemote.start({ service }),
    login,
    set: (status) => void (user['accountEnabled'] = status === 'enabled'),
    status: () => (user['accountEnabled'] === true ? 'enabled' : 'disabled'),
    revokeSessions,
    change: (properties) => void Object.assign(user, properties),
    lag: (looks) => void (lag = looks),
    changes: () => changes,
  }
}

function failure(status: number, code: string, message: string): Reply {
  const innerError = { date: '2026-01-01T00:00:00', 'request-id': 'r', 'client-request-id': 'r' }
  return { status, body: JSON.stringify({ error: { code, message, innerError } }) }
}

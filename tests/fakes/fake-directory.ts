import { FakeGoogleLogin } from './fake-google.ts'
import { FakeRemote, type Received, type Reply } from './fake-remote.ts'

export const DIRECTORY_USER = '103456789012345678901'
export const DIRECTORY_EMAIL = 'jane.doe@example.com'
export const DIRECTORY_ADMIN = 'soar@example.com'

export interface FakeDirectory {
  remote: FakeRemote
  login: FakeGoogleLogin
  /** What somebody else does in the Admin console: `active`, `suspended`, `archived`, or Google: `abusive`. */
  set: (status: string) => void
  status: () => string
  /** Fields of the user that are different from the usual ones; undefined ones are left out. */
  change: (fields: Record<string, unknown>) => void
  /** Looks after a change that still show the user as it was before. */
  lag: (looks: number) => void
  /** Changes that were carried out. */
  changes: () => string[]
}

const SCOPE = 'https://www.googleapis.com/auth/admin.directory.user'

const STATUSES: Record<string, Record<string, unknown>> = {
  active: { suspended: false, suspensionReason: undefined, archived: false },
  suspended: { suspended: true, suspensionReason: 'ADMIN', archived: false },
  archived: { suspended: false, suspensionReason: undefined, archived: true },
  abusive: { suspended: true, suspensionReason: 'ABUSIVE', archived: false },
}

/** Of the model User, what `fields` may name here. */
const FIELDS = [
  'id',
  'primaryEmail',
  'name/fullName',
  'orgUnitPath',
  'suspended',
  'suspensionReason',
  'archived',
  'aliases',
  'nonEditableAliases',
]

/**
 * Google's Admin SDK, Directory API (discovery document `admin:directory_v1`, methods `users.get` with `fields` and
 * `users.update`, model User) with its log-in by domain-wide delegation. It takes no other method, path, parameter, field or
 * content type, and no other change than of `suspended`.
 */
export async function startFakeDirectory(): Promise<FakeDirectory> {
  const login = new FakeGoogleLogin(SCOPE, DIRECTORY_ADMIN)
  const user: Record<string, unknown> = {
    id: DIRECTORY_USER,
    primaryEmail: DIRECTORY_EMAIL,
    name: { fullName: 'Jane Doe' },
    orgUnitPath: '/Staff',
    ...STATUSES['active'],
  }
  let stale = { ...user }
  let lag = 0
  let left = 0
  const changes: string[] = []
  const shown = (): Record<string, unknown> => {
    if (left === 0) return user
    left -= 1
    return stale
  }
  const read = (fields: string): Reply => {
    const names = fields.split(',')
    if (!names.every((name) => FIELDS.includes(name)))
      return failure(400, 'invalidParameter', 'Invalid field selection')
    const known = shown()
    const members = names.map((name) => name.split('/')[0] ?? '').map((name) => [name, known[name]])
    return { body: JSON.stringify(Object.fromEntries(members)) }
  }
  const update = (call: Received): Reply => {
    if (call.headers['content-type'] !== 'application/json') return failure(415, 'badContent', 'content type')
    const { suspended, ...others } = JSON.parse(call.body) as Record<string, unknown>
    if (typeof suspended !== 'boolean' || Object.keys(others).length > 0)
      return failure(400, 'invalid', 'Invalid Input')
    stale = { ...user }
    left = lag
    Object.assign(user, STATUSES[suspended ? 'suspended' : 'active'])
    changes.push(suspended ? 'suspend' : 'restore')
    return { body: JSON.stringify({ kind: 'admin#directory#user', ...user }) }
  }
  const service = (call: Received): Reply => {
    if (call.path === '/token') return login.answer(call, remote.url)
    if (!login.knows(call.headers['authorization'])) return failure(401, 'authError', 'Invalid Credentials')
    const [, key = ''] = /^\/admin\/directory\/v1\/users\/([^/]+)$/.exec(call.path) ?? []
    if (key === '') return failure(404, 'notFound', 'Not Found')
    if (![DIRECTORY_USER, DIRECTORY_EMAIL].includes(decodeURIComponent(key)))
      return failure(404, 'notFound', 'Resource Not Found: userKey')
    if (call.method === 'GET' && call.query.size === 1 && call.body === '') return read(call.query.get('fields') ?? '')
    if (call.method === 'PUT' && call.query.size === 0) return update(call)
    return failure(400, 'badRequest', 'Bad Request')
  }
  const remote = await FakeRemote.start({ service })
  return {
    remote,
    login,
    set: (status) => void Object.assign(user, STATUSES[status]),
    status: () => (user['archived'] === true ? 'archived' : user['suspended'] === true ? 'suspended' : 'active'),
    change: (fields) => void Object.assign(user, fields),
    lag: (looks) => void (lag = looks),
    changes: () => changes,
  }
}

function failure(code: number, reason: string, message: string): Reply {
  const errors = [{ message, domain: 'global', reason }]
  return { status: code, body: JSON.stringify({ error: { errors, code, message } }) }
}

import { FakeMicrosoftLogin } from './fake-microsoft-login.ts'
import { FakeRemote, type Received, type Reply } from './fake-remote.ts'

export const DEFENDER_MACHINE = '1e5bc9d7e413ddd7902c2932e418702b84d0cc07'
export const MACHINE_PATH = `/api/machines/${DEFENDER_MACHINE}`
export const MACHINE_ACTIONS_PATH = '/api/machineactions'

interface MachineAction {
  id: string
  type: string
  scope: string | null
  status: string
  requestorComment: string
  cancellationComment: string | null
  creationDateTimeUtc: string
}

export interface FakeDefender {
  remote: FakeRemote
  /** What somebody else does in the portal, at once. */
  add: (type: string, more?: Partial<MachineAction>) => void
  /** Newest first, as Defender lists them. */
  actions: () => MachineAction[]
  /** What becomes of the action that is under way, or of the next one. */
  end: (status: string, cancellationComment?: string) => void
  /** Looks at the actions after a request at which it is under way. */
  lag: (looks: number) => void
  /** Ends every token before its time. */
  revoke: () => void
  /** Actions that were created. */
  changes: () => string[]
}

const FIELDS: Record<string, string> = { isolate: 'Comment,IsolationType', unisolate: 'Comment' }
const TYPES: Record<string, string> = { isolate: 'Isolate', unisolate: 'Unisolate' }
const FILTER = `machineId eq '${DEFENDER_MACHINE}' and (type eq 'Isolate' or type eq 'Unisolate')`

/**
 * Microsoft Defender for Endpoint's API as its reference has it ("Get machine by ID", "List MachineActions", "Isolate machine",
 * "Release device from isolation"; resource types `machine` and `machineAction`; errors of "Handling REST API errors"). It takes no
 * other method, path, parameter, field or content type, and no request while one is under way.
 */
export async function startFakeDefender(secret: string): Promise<FakeDefender> {
  const logIn = new FakeMicrosoftLogin(secret, 'https://api.securitycenter.microsoft.com')
  let actions: MachineAction[] = []
  let lag = 0
  let left = 0
  let ending = { status: 'Succeeded', cancellationComment: null as string | null }
  let tick = 0
  const changes: string[] = []

  const add = (type: string, more: Partial<MachineAction> = {}): void => {
    tick += 1
    const made: MachineAction = {
      id: `5382f7ea-7557-4ab7-9782-${String(tick).padStart(12, '0')}`,
      type,
      scope: type === 'Isolate' ? 'Full' : null,
      status: 'Succeeded',
      requestorComment: 'in the portal',
      cancellationComment: null,
      creationDateTimeUtc: `2026-01-02T00:00:${String(tick).padStart(2, '0')}.1234567Z`,
      ...more,
    }
    actions = [made, ...actions]
  }
  const settle = (): void => {
    if (left > 0) left -= 1
    else actions = actions.map((one) => (one.status === 'Pending' ? { ...one, ...ending } : one))
  }
  const act = (verb: string, body: string): Reply => {
    const sent = JSON.parse(body) as Record<string, unknown>
    const { Comment: comment, IsolationType: scope = null } = sent
    if (Object.keys(sent).toSorted().join() !== FIELDS[verb] || typeof comment !== 'string' || comment === '')
      return refused(400, 'InvalidRequestBody', 'Request body is incorrect')
    if (verb === 'isolate' && scope !== 'Full' && scope !== 'Selective')
      return refused(400, 'InvalidInput', `Invalid input ${JSON.stringify(scope)}`)
    if (actions.some(({ status }) => status === 'Pending'))
      return refused(400, 'ActiveRequestAlreadyExists', 'Action is already in progress')
    const type = TYPES[verb] ?? ''
    add(type, { scope: scope as string | null, status: 'Pending', requestorComment: comment })
    left = lag
    changes.push(type)
    return { status: 201, body: JSON.stringify(model(actions[0])) }
  }
  const list = (query: URLSearchParams): Reply => {
    if ([...query.keys()].toSorted().join() !== '$filter,$skip,$top' || query.get('$filter') !== FILTER)
      return refused(400, 'ODataError', 'Invalid OData URI query')
    settle()
    const from = Number(query.get('$skip'))
    return {
      body: JSON.stringify({
        '@odata.context': 'c',
        value: actions.map(model).slice(from, from + Number(query.get('$top'))),
      }),
    }
  }
  const service = (call: Received): Reply => {
    const { method, path, query, headers, body } = call
    if (path.endsWith('/oauth2/v2.0/token')) return logIn.answer(call)
    if (!logIn.knows(headers['authorization'])) return refused(401, 'Unauthorized', 'Unauthorized')
    if (method === 'GET' && path === MACHINE_ACTIONS_PATH) return list(query)
    if (query.size > 0) return refused(400, 'ODataError', 'Invalid OData URI query')
    if (method === 'GET' && path === MACHINE_PATH) return { body: JSON.stringify(MACHINE) }
    const [, verb = ''] = new RegExp(`^${MACHINE_PATH}/(isolate|unisolate)$`).exec(path) ?? []
    if (method !== 'POST' || verb === '') return refused(404, 'ResourceNotFound', `Resource ${path} was not found`)
    return headers['content-type'] === 'application/json' ? act(verb, body) : refused(400, 'BadRequest', 'content type')
  }
  return {
    remote: await FakeRemote.start({ service }),
    add,
    actions: () => actions,
    end: (status, cancellationComment) => void (ending = { status, cancellationComment: cancellationComment ?? null }),
    lag: (looks) => void (lag = looks),
    revoke: () => logIn.revoke(),
    changes: () => changes,
  }
}

const MACHINE = {
  id: DEFENDER_MACHINE,
  computerDnsName: 'mymachine1.example.com',
  firstSeen: '2025-08-02T14:55:03.7791856Z',
  lastSeen: '2026-01-01T07:27:36.052313Z',
  osPlatform: 'Windows11',
  version: '24H2',
  lastIpAddress: '10.0.0.7',
  healthStatus: 'Active',
  onboardingStatus: 'Onboarded',
  riskScore: 'High',
}

function model(action: MachineAction | undefined): object {
  const at = { requestor: 'Analyst@example.onmicrosoft.com', lastUpdateDateTimeUtc: action?.creationDateTimeUtc }
  return {
    ...action,
    ...at,
    machineId: DEFENDER_MACHINE,
    computerDnsName: MACHINE.computerDnsName,
    relatedFileInfo: null,
  }
}

function refused(status: number, code: string, message: string): Reply {
  return { status, body: JSON.stringify({ error: { code, message, target: '43f4cb08-8fac-4b65-9db1-745c2ae65f3a' } }) }
}

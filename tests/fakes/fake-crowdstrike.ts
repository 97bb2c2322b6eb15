import { FakeRemote, type Received, type Reply } from './fake-remote.ts'

export const CROWDSTRIKE_CLIENT = 'client-1'
export const CROWDSTRIKE_DEVICE = '0123456789abcdef0123456789abcdef'
export const DEVICES_PATH = '/devices/entities/devices/v2'
export const DEVICE_ACTIONS_PATH = '/devices/entities/devices-actions/v2'

export interface FakeCrowdstrike {
  remote: FakeRemote
  /** What somebody else does in the console. */
  set: (status: string) => void
  status: () => string
  /** Looks after a change at which it is still pending. */
  lag: (looks: number) => void
  /** Changes that were carried out. */
  changes: () => string[]
  /** Makes every token that was given worthless. */
  revoke: () => void
}

/** What each action makes of which status, and what is shown until the sensor has followed. */
const ACTIONS: Record<string, { from: string; pending: string; to: string }> = {
  contain: { from: 'normal', pending: 'containment_pending', to: 'contained' },
  lift_containment: { from: 'contained', pending: 'lift_containment_pending', to: 'normal' },
}

/**
 * CrowdStrike Falcon's OAuth2 and Hosts APIs as their Swagger has them (operations `oauth2AccessToken`, `GetDeviceDetailsV2`,
 * `PerformActionV2`; models `msa.IdsRequest`, `deviceapi.DeviceSwagger`). It takes no other method, path, parameter, field or
 * content type.
 */
export async function startFakeCrowdstrike(secret: string): Promise<FakeCrowdstrike> {
  let status = 'normal'
  let pending = ''
  let lag = 0
  let left = 0
  let generation = 1
  const changes: string[] = []
  const token = (): string => `bearer-of-generation-${generation}`
  const shown = (): string => {
    if (left === 0) return status
    left -= 1
    return pending
  }
  const logIn = ({ method, headers, body }: Received): Reply => {
    const form = new URLSearchParams(body)
    const isForm = headers['content-type'] === 'application/x-www-form-urlencoded'
    if (method !== 'POST' || !isForm || [...form.keys()].join() !== 'client_id,client_secret')
      return failure(400, 'bad form')
    if (form.get('client_id') !== CROWDSTRIKE_CLIENT || form.get('client_secret') !== secret)
      return failure(401, 'access denied, authorization failed')
    return { status: 201, body: JSON.stringify({ access_token: token(), expires_in: 1799, token_type: 'bearer' }) }
  }
  const act = ({ method, headers, query, body }: Received): Reply => {
    const name = query.get('action_name') ?? ''
    const action = ACTIONS[name]
    if (method !== 'POST' || headers['content-type'] !== 'application/json') return failure(405, 'method or type')
    if (action === undefined || query.size !== 1) return failure(400, 'Provided an invalid action_name')
    if (body !== JSON.stringify({ ids: [CROWDSTRIKE_DEVICE] }))
      return failure(400, 'body holds something else than ids')
    if (status !== action.from) return failure(409, `Device is ${status}`)
    status = action.to
    pending = action.pending
    left = lag
    changes.push(name)
    const resources = [{ id: CROWDSTRIKE_DEVICE, path: `/devices/entities/devices/v1?ids=${CROWDSTRIKE_DEVICE}` }]
    return answer(202, { resources })
  }
  const read = ({ method, query }: Received): Reply => {
    if (method !== 'GET' || query.size !== 1) return failure(400, 'ids')
    if (query.get('ids') !== CROWDSTRIKE_DEVICE) return answer(200, { resources: [] })
    return answer(200, { resources: [device(shown())] })
  }
  const service = (call: Received): Reply => {
    if (call.path === '/oauth2/token') return logIn(call)
    if (call.headers['authorization'] !== `Bearer ${token()}`)
      return failure(401, 'access denied, invalid bearer token')
    if (call.path === DEVICES_PATH) return read(call)
    if (call.path === DEVICE_ACTIONS_PATH) return act(call)
    return failure(404, 'no such route')
  }
  return {
    remote: await FakeRemote.start({ service }),
    set: (word) => void (status = word),
    status: () => status,
    lag: (looks) => void (lag = looks),
    changes: () => changes,
    revoke: () => void (generation += 1),
  }
}

function device(status: string): object {
  return {
    device_id: CROWDSTRIKE_DEVICE,
    cid: 'fedcba9876543210fedcba9876543210',
    hostname: 'host-1.example.com',
    local_ip: '10.0.0.7',
    platform_name: 'Linux',
    last_seen: '2026-11-20T20:55:14Z',
    status,
  }
}

function answer(status: number, content: object): Reply {
  return { status, body: JSON.stringify({ meta: { query_time: 0.01, trace_id: 't' }, errors: [], ...content }) }
}

function failure(code: number, message: string): Reply {
  return { ...answer(code, { resources: [], errors: [{ code, message }] }) }
}

import { FakeRemote, type Received, type Reply } from './fake-remote.ts'

export interface SlowHosts {
  remote: FakeRemote
  /** How often each host was asked to be contained, by its id. */
  asked: ReadonlyMap<string, number>
  /** What somebody else does in the console. */
  release: (device: string) => void
}

/** What a host shows after it was asked to be contained, look by look; what stands last stays. */
const SHOWN = ['normal', 'containment_pending', 'containment_pending', 'containment_pending', 'containment_pending', 'contained'] // prettier-ignore

/** CrowdStrike's Hosts API over as many hosts as are named (see `fake-crowdstrike.ts` for its form): each follows late. */
export async function startSlowHosts(): Promise<SlowHosts> {
  const looks = new Map<string, number>()
  const asked = new Map<string, number>()
  const statusOf = (device: string): string => {
    const seen = looks.get(device)
    if (seen === undefined) return 'normal'
    looks.set(device, seen + 1)
    return SHOWN[seen] ?? 'contained'
  }
  const read = ({ query }: Received): Reply => {
    const device = query.get('ids') ?? ''
    return answer(200, [{ device_id: device, status: statusOf(device) }])
  }
  const contain = ({ body }: Received): Reply => {
    const { ids } = JSON.parse(body) as { ids: string[] }
    for (const device of ids) {
      asked.set(device, (asked.get(device) ?? 0) + 1)
      if (!looks.has(device)) looks.set(device, 0)
    }
    return answer(202, [])
  }
  const service = (call: Received): Reply => {
    if (call.path === '/oauth2/token')
      return { status: 201, body: JSON.stringify({ access_token: 'bearer-of-the-faults', expires_in: 1799 }) }
    return call.method === 'POST' ? contain(call) : read(call)
  }
  return { remote: await FakeRemote.start({ service }), asked, release: (device) => void looks.delete(device) }
}

function answer(status: number, resources: object[]): Reply {
  return { status, body: JSON.stringify({ errors: [], resources }) }
}

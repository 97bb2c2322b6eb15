import type { JsonValue } from '../../../../shared/model/json.ts'
import { argText, headerOf, placeOf, textOf, type StandIn, type StandInAnswer } from '../stand-in.ts'

const TOKEN = 'stand-in-access-token'
const NOBODY: StandInAnswer = { status: 401, body: { errors: [{ code: 401, message: 'access denied' }] } }

/** CrowdStrike Falcon: the OAuth 2 client, and one host with `contain` and `lift_containment`. */
export const crowdstrike: StandIn = {
  uses: ['crowdstrike.contain_host', 'crowdstrike.lift_containment'],
  service: 'CrowdStrike',
  args: (_uses, secret) => ({
    base_url: 'https://stand-in.crowdstrike.example',
    client_id: 'stand-in',
    secret_client_secret: secret,
    device_id: '0123456789abcdef0123456789abcdef',
  }),
  open({ uses, args, hasSecret }) {
    const id = argText(args, 'device_id').toLowerCase()
    const host = { status: uses === 'crowdstrike.contain_host' ? 'normal' : 'contained' }
    const made: string[] = []
    const change = (verb: string | null): StandInAnswer => {
      const [from, to] = verb === 'contain' ? ['normal', 'contained'] : ['contained', 'normal']
      if (host.status !== from) return { status: 409, body: { errors: [{ code: 409, message: 'not in this state' }] } }
      host.status = to
      made.push(`${verb ?? ''} ${id}`)
      return { status: 202, body: { resources: [{ id }], errors: [] } }
    }
    return {
      args,
      made: () => made,
      changeElsewhere: () => void (host.status = 'in_repair'),
      http: {
        changes: (request) => request.method === 'POST' && !placeOf(request).path.endsWith('/oauth2/token'),
        answer(request) {
          const { path, query } = placeOf(request)
          if (path.endsWith('/oauth2/token')) return logIn(textOf(request), hasSecret)
          if (headerOf(request, 'authorization') !== `Bearer ${TOKEN}`) return NOBODY
          if (request.method === 'POST') return change(query.get('action_name'))
          const device: JsonValue = { device_id: id, status: host.status, hostname: 'stand-in', platform_name: 'Linux' }
          return { status: 200, body: { resources: query.get('ids') === id ? [device] : [], errors: [] } }
        },
      },
    }
  },
}

function logIn(body: string, hasSecret: (text: string) => boolean): StandInAnswer {
  if (!hasSecret(new URLSearchParams(body).get('client_secret') ?? '')) return NOBODY
  return { status: 201, body: { access_token: TOKEN, token_type: 'bearer', expires_in: 1799 } }
}

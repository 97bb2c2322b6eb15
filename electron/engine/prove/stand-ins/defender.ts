import type { JsonObject } from '../../../../shared/model/json.ts'
import { argText, headerOf, placeOf, textOf, type StandIn, type StandInAnswer } from '../stand-in.ts'

const TOKEN = 'stand-in-access-token'

/** Microsoft Defender: the log-in of an app, and one machine with the actions on it. */
export const defender: StandIn = {
  uses: ['defender.isolate_machine', 'defender.release_machine'],
  service: 'Microsoft Defender',
  args: (_uses, secret) => ({
    tenant_id: '01234567-89ab-cdef-0123-456789abcdef',
    client_id: '01234567-89ab-cdef-0123-456789abcdef',
    secret_client_secret: secret,
    machine_id: '0123456789abcdef0123456789abcdef01234567',
  }),
  open({ uses, args, hasSecret }) {
    const id = argText(args, 'machine_id').toLowerCase()
    const actions: JsonObject[] = []
    const made: string[] = []
    const act = (type: string, status = 'Succeeded'): JsonObject => {
      const number = String(actions.length + 1).padStart(2, '0')
      const creationDateTimeUtc = `2026-01-02T00:00:${number}.0000000Z`
      const scope = args['isolation'] ?? 'Full'
      const action: JsonObject = { id: `a-${number}`, type, status, scope, machineId: id, creationDateTimeUtc }
      actions.unshift(action)
      return action
    }
    if (uses === 'defender.release_machine') act('Isolate')
    const change = (path: string): StandInAnswer => {
      const type = path.endsWith('/unisolate') ? 'Unisolate' : 'Isolate'
      made.push(`${type} ${id}`)
      return { status: 201, body: act(type) }
    }
    return {
      args,
      made: () => made,
      changeElsewhere: () => void act(uses === 'defender.release_machine' ? 'Isolate' : 'Unisolate', 'InProgress'),
      http: {
        changes: (request) => request.method === 'POST' && !placeOf(request).path.endsWith('/oauth2/v2.0/token'),
        answer(request) {
          const { path } = placeOf(request)
          if (path.endsWith('/oauth2/v2.0/token')) return logIn(textOf(request), hasSecret)
          if (headerOf(request, 'authorization') !== `Bearer ${TOKEN}`) return { status: 401, body: {} }
          if (request.method === 'POST') return change(path)
          if (path.endsWith('/machineactions')) return { status: 200, body: { value: actions } }
          return {
            status: 200,
            body: { id, computerDnsName: 'stand-in', osPlatform: 'Windows11', healthStatus: 'Active' },
          }
        },
      },
    }
  },
}

function logIn(body: string, hasSecret: (text: string) => boolean): StandInAnswer {
  if (!hasSecret(new URLSearchParams(body).get('client_secret') ?? '')) return { status: 401, body: {} }
  return { status: 200, body: { access_token: TOKEN, token_type: 'Bearer', expires_in: 3599 } }
}

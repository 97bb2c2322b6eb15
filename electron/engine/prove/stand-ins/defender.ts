import type { JsonObject } from '../../../../shared/model/json.ts'
import { argText, placeOf, type StandIn, type StandInAnswer } from '../stand-in.ts'
import { isMicrosoftLogIn, microsoftLogIn, STAND_IN_APP } from './microsoft-log-in.ts'

/** Microsoft Defender: the log-in of an app, and one machine with the actions on it. */
export const defender: StandIn = {
  uses: ['defender.isolate_machine', 'defender.release_machine'],
  service: 'Microsoft Defender',
  args: (_uses, secret) => ({
    ...STAND_IN_APP,
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
        changes: (request) => request.method === 'POST' && !isMicrosoftLogIn(request),
        answer(request) {
          const logIn = microsoftLogIn(request, hasSecret)
          if (logIn !== null) return logIn
          const { path } = placeOf(request)
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

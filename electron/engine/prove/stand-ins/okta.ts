import { argText, headerOf, placeOf, type StandIn, type StandInAnswer } from '../stand-in.ts'

const NOT_FOUND: StandInAnswer = { status: 404, body: { errorCode: 'E0000007', errorSummary: 'Not found' } }
const NOT_NOW: StandInAnswer = { status: 400, body: { errorCode: 'E0000001', errorSummary: 'Api validation failed' } }
const NOBODY: StandInAnswer = { status: 401, body: { errorCode: 'E0000011', errorSummary: 'Invalid token provided' } }

/** Whose token it is. */
const OWNER = '00u1standin2owner345'

/** Okta's Management API: one user, `GET /api/v1/users/{id}` and the lifecycle operations `suspend` and `unsuspend`. */
export const okta: StandIn = {
  uses: ['okta.suspend_user', 'okta.unsuspend_user'],
  service: 'Okta',
  args: (_uses, secret) => ({
    base_url: 'https://stand-in.okta.example',
    secret_token: secret,
    user_id: 'jane.doe@example.com',
  }),
  open({ uses, args, hasSecret }) {
    const login = argText(args, 'user_id')
    const user = { id: '00u1standin2user3456', status: uses === 'okta.suspend_user' ? 'ACTIVE' : 'SUSPENDED', turn: 0 }
    const made: string[] = []
    const move = (status: string): void => void Object.assign(user, { status, turn: user.turn + 1 })
    const change = (verb: string): StandInAnswer => {
      const [from, to] = verb === 'suspend' ? ['ACTIVE', 'SUSPENDED'] : ['SUSPENDED', 'ACTIVE']
      if (user.status !== from) return NOT_NOW
      move(to)
      made.push(`${verb} ${login}`)
      return { status: 200, body: {} }
    }
    return {
      args,
      made: () => made,
      changeElsewhere: () => move('DEPROVISIONED'),
      http: {
        changes: ({ method }) => method === 'POST',
        answer(request) {
          if (!hasSecret(headerOf(request, 'authorization'))) return NOBODY
          const [, who = '', verb] =
            /^\/api\/v1\/users\/([^/]+)(?:\/lifecycle\/(suspend|unsuspend))?$/.exec(placeOf(request).path) ?? []
          if (who === 'me') return { status: 200, body: { id: OWNER } }
          if (![user.id, login].includes(decodeURIComponent(who))) return NOT_FOUND
          if (verb !== undefined) return change(verb)
          const changedAt = new Date(Date.UTC(2026, 0, 1, 0, 0, user.turn)).toISOString()
          return {
            status: 200,
            body: { id: user.id, status: user.status, statusChanged: changedAt, profile: { login } },
          }
        },
      },
    }
  },
}

import { argText, headerOf, placeOf, type StandIn } from '../stand-in.ts'

const USER = '00u1standin2user3456'
/** Whose token it is. */
const OWNER = '00u1standin2owner345'

/** Okta: one user's sessions, and the System Log's entries of their clearing. */
export const oktaSessions: StandIn = {
  uses: ['okta.clear_sessions'],
  service: 'Okta’s sessions',
  args: (_uses, secret) => ({
    base_url: 'https://stand-in.okta.example',
    secret_token: secret,
    user_id: 'jane.doe@example.com',
  }),
  open({ args, hasSecret }) {
    const login = argText(args, 'user_id')
    const cleared: string[] = []
    const made: string[] = []
    const clear = (): void => void cleared.unshift(new Date(Date.UTC(2026, 0, 2, 0, 0, cleared.length)).toISOString())
    return {
      args,
      made: () => made,
      changeElsewhere: clear,
      http: {
        changes: ({ method }) => method === 'DELETE',
        answer(request) {
          if (!hasSecret(headerOf(request, 'authorization'))) return { status: 401, body: { errorCode: 'E0000011' } }
          if (request.method === 'DELETE') {
            clear()
            made.push(`clear the sessions of ${login}`)
            return { status: 204 }
          }
          if (placeOf(request).path.endsWith('/users/me')) return { status: 200, body: { id: OWNER } }
          if (!placeOf(request).path.endsWith('/logs')) {
            return { status: 200, body: { id: USER, status: 'ACTIVE', statusChanged: null, profile: { login } } }
          }
          const entries = cleared.slice(0, 1).map((published) => ({
            eventType: 'user.session.clear',
            published,
            outcome: { result: 'SUCCESS' },
            target: [{ id: USER }],
          }))
          return { status: 200, body: entries }
        },
      },
    }
  },
}

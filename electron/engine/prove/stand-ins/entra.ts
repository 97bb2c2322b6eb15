import { argText, placeOf, textOf, type StandIn, type StandInAnswer } from '../stand-in.ts'
import { isMicrosoftLogIn, microsoftLogIn, STAND_IN_APP } from './microsoft-log-in.ts'

const USER = '0f1e2d3c-4b5a-4678-9abc-def012345678'
const ANOTHER = '1f1e2d3c-4b5a-4678-9abc-def012345678'

/** Microsoft Graph: the log-in of an app, and one user with the account switched on or off and the sessions. */
export const entra: StandIn = {
  uses: ['entra.disable_user', 'entra.enable_user', 'entra.revoke_sessions'],
  service: 'Microsoft Entra',
  args: (_uses, secret) => ({ ...STAND_IN_APP, secret_client_secret: secret, user_id: 'jane.doe@example.com' }),
  open({ uses, args, hasSecret }) {
    const name = argText(args, 'user_id')
    const user = { id: USER, isEnabled: uses !== 'entra.enable_user', revoked: 0 }
    const made: string[] = []
    const change = (path: string, body: string): StandInAnswer => {
      if (path.endsWith('/revokeSignInSessions')) {
        user.revoked += 1
        made.push(`revoke the sessions of ${name}`)
        return { status: 200, body: { value: true } }
      }
      user.isEnabled = body.includes('true')
      made.push(`${user.isEnabled ? 'enable' : 'disable'} ${name}`)
      return { status: 204 }
    }
    return {
      args,
      made: () => made,
      changeElsewhere() {
        if (uses === 'entra.revoke_sessions') user.revoked += 1
        // The user was deleted, and another one has the name.
        else user.id = ANOTHER
      },
      http: {
        changes: (request) => request.method !== 'GET' && !isMicrosoftLogIn(request),
        answer(request) {
          const logIn = microsoftLogIn(request, hasSecret)
          if (logIn !== null) return logIn
          if (request.method !== 'GET') return change(placeOf(request).path, textOf(request))
          return {
            status: 200,
            body: {
              id: user.id,
              userPrincipalName: name,
              userType: 'Member',
              accountEnabled: user.isEnabled,
              signInSessionsValidFromDateTime: `2026-01-02T00:00:${String(user.revoked).padStart(2, '0')}Z`,
            },
          }
        },
      },
    }
  },
}

import { z } from 'zod'
import type { Action } from '../action-definition.ts'
import { defineContainment } from '../containment.ts'
import { httpRequest, type HttpRequest } from '../containment-model.ts'
import { isLater } from '../prior-state.ts'
import { userRows, type EntraArgs, type GraphUsers } from './graph-users.ts'

const VALID_FROM = { name: 'signInSessionsValidFromDateTime', schema: z.iso.datetime() }

/** Has every session of a user in Microsoft Entra refused that began before. */
export function entraRevokeSessions(users: GraphUsers): Action {
  return defineContainment<EntraArgs, HttpRequest>({
    ...users.target(),
    uses: 'entra.revoke_sessions',
    lockedArgs: ['tenant_id'],
    irreversible: true,
    showsLate: true,
    undo: null,
    noUndo: 'Revoked sessions do not come back: the user has to log in again.',
    title: ({ user_id: user }) => `Revoke all sessions of ${user} in Microsoft Entra`,
    effectSentence: ({ user_id: user }) =>
      `All refresh tokens and browser sessions of ${user} are refused, on every device; it takes some minutes until they are. Access tokens go on until they end, an hour as a rule. ${user} can log in again.`,
    async read(args, context) {
      const { user, value } = await users.read(args, VALID_FROM, context)
      return {
        id: user.id,
        state: { sessions_valid_from: value, user_type: user.userType ?? null },
        rows: userRows(user),
      }
    },
    standing({ sessions_valid_from: present, user_type: type }, _args, before) {
      if (before !== null) return { is: isLater(present, before['sessions_valid_from']) ? 'so' : 'open' }
      if (type !== 'Guest') return { is: 'open' }
      return { is: 'barred', why: 'The user is a guest, whose sessions only the home tenant can revoke' }
    },
    requests: (_args, { id }) => [httpRequest('POST', `${users.urlOf(id)}/revokeSignInSessions`)],
  })
}

import type { HttpPort } from '../http/http-port.ts'
import type { Action } from './action-definition.ts'
import { defineContainment } from './containment.ts'
import { oktaUser } from './okta-client.ts'
import { said } from '../forms/said.ts'

/** Lets a suspended user in Okta log in again: the inverse of `okta.suspend_user`. */
export function oktaUnsuspendUser(http: HttpPort): Action {
  return defineContainment({
    ...oktaUser(http, 'unsuspend'),
    uses: 'okta.unsuspend_user',
    lockedArgs: ['base_url', 'user_id'],
    undo: null,
    noUndo: 'It is the way back: to suspend the user again is another suspension.',
    title: ({ user_id: user }) => `End the suspension of ${user} in Okta`,
    effectSentence: ({ user_id: user }) =>
      `${user} can log in to Okta again, with groups, applications and password as before.`,
    standing({ status }) {
      if (status === 'ACTIVE') return { is: 'so' }
      if (status === 'SUSPENDED') return { is: 'open' }
      return { is: 'barred', why: `The user is ${said(status)}, not SUSPENDED` }
    },
  })
}

import { z } from 'zod'
import type { HttpPort } from '../http/http-port.ts'
import type { Action } from './action-definition.ts'
import { defineContainment } from './containment.ts'
import { oktaShutsOut, oktaUser } from './okta-client.ts'
import { said } from '../forms/said.ts'

const resultSchema = z.object({ id: z.string() })

/** Suspends a user in Okta, who then can log in nowhere through it. */
export function oktaSuspendUser(http: HttpPort): Action {
  return defineContainment({
    ...oktaUser(http, 'suspend'),
    uses: 'okta.suspend_user',
    lockedArgs: ['base_url'],
    undo: {
      uses: 'okta.unsuspend_user',
      sentence:
        'Gives the user back the status ACTIVE, unless it was changed since. Ended sessions stay ended. Asks again.',
    },
    title: ({ user_id: user }) => `Suspend ${user} in Okta`,
    effectSentence: ({ user_id: user }) =>
      `${user} can no longer log in to Okta and what it protects, and sessions in Okta end. Groups, applications and password stay.`,
    standing({ status }) {
      if (status === 'SUSPENDED') return { is: 'so' }
      if (status === 'ACTIVE') return { is: 'open' }
      return { is: 'barred', why: `The user is ${said(status)}, and Okta suspends only who is ACTIVE` }
    },
    shutsOut: (args, reading, context) => oktaShutsOut(http, args, reading, context),
    inverse(args, result) {
      const done = resultSchema.safeParse(result)
      // By id: a log-in name may be another user's by then.
      return done.success ? { uses: 'okta.unsuspend_user', args: { ...args, user_id: done.data.id } } : null
    },
  })
}

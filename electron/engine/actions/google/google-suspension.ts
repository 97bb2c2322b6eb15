import { z } from 'zod'
import type { Action } from '../action-definition.ts'
import { defineContainment } from '../containment.ts'
import { httpRequest, type HttpRequest } from '../containment-model.ts'
import { said } from '../../forms/said.ts'
import type { DirectoryUsers, GoogleUserArgs } from './directory-users.ts'

const resultSchema = z.object({ id: z.string() })

/** The reason of a suspension by an administrator; all others are Google's. */
const BY_ADMIN = 'ADMIN'

/** Suspends a user of Google Workspace. */
export function googleSuspendUser(users: DirectoryUsers): Action {
  return defineContainment<GoogleUserArgs, HttpRequest>({
    ...users.target(),
    uses: 'google.suspend_user',
    lockedArgs: ['admin_email'],
    undo: {
      uses: 'google.restore_user',
      sentence: 'Lets the user log in again, unless somebody has done so since. Ended sessions stay ended. Asks again.',
    },
    title: ({ user_email: user }) => `Suspend ${user} in Google Workspace`,
    effectSentence: ({ user_email: user }) =>
      `${user} can no longer log in to Google Workspace, and open sessions end. New mail and invitations are refused meanwhile. Mail, files and groups stay.`,
    standing({ suspended, archived }) {
      if (suspended === true) return { is: 'so' }
      return archived === true
        ? { is: 'barred', why: 'The user is archived, and cannot log in as it is' }
        : { is: 'open' }
    },
    shutsOut: (args, reading, context) => users.shutsOut(args, reading, context),
    requests: (_args, { id }) => [httpRequest('PUT', users.urlOf(id), { suspended: true })],
    inverse(args, result) {
      const done = resultSchema.safeParse(result)
      // By id: an address may be another user's by then.
      return done.success ? { uses: 'google.restore_user', args: { ...args, user_email: done.data.id } } : null
    },
  })
}

/** Ends the suspension of a user: the inverse of `google.suspend_user`. */
export function googleRestoreUser(users: DirectoryUsers): Action {
  return defineContainment<GoogleUserArgs, HttpRequest>({
    ...users.target(),
    uses: 'google.restore_user',
    lockedArgs: ['admin_email', 'user_email'],
    undo: null,
    noUndo: 'It is the way back: to suspend the user again is another suspension.',
    title: ({ user_email: user }) => `End the suspension of ${user} in Google Workspace`,
    effectSentence: ({ user_email: user }) =>
      `${user} can log in to Google Workspace again, with mail, files and groups as before.`,
    standing({ suspended, suspension_reason: reason, archived }) {
      if (archived === true) return { is: 'barred', why: 'The user is archived, which this does not end' }
      if (suspended === false) return { is: 'so' }
      if (reason === null || reason === BY_ADMIN) return { is: 'open' }
      return { is: 'barred', why: `Google itself has suspended the user (${said(reason)})` }
    },
    requests: (_args, { id }) => [httpRequest('PUT', users.urlOf(id), { suspended: false })],
  })
}

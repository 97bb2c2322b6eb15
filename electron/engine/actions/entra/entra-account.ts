import { z } from 'zod'
import type { Action } from '../action-definition.ts'
import { defineContainment } from '../containment.ts'
import { httpRequest, type Containment, type HttpRequest } from '../containment-model.ts'
import { userRows, type EntraArgs, type GraphUsers } from './graph-users.ts'

const resultSchema = z.object({ id: z.string() })

/** Keeps a user of Microsoft Entra from logging in. */
export function entraDisableUser(users: GraphUsers): Action {
  return defineContainment<EntraArgs, HttpRequest>({
    ...account(users, false),
    uses: 'entra.disable_user',
    lockedArgs: ['tenant_id'],
    undo: {
      uses: 'entra.enable_user',
      sentence: 'Lets the user log in again, unless somebody has done so since. Ended sessions stay ended. Asks again.',
    },
    title: ({ user_id: user }) => `Disable ${user} in Microsoft Entra`,
    effectSentence: ({ user_id: user }) =>
      `${user} can no longer log in to Microsoft 365, Azure and what Entra protects. What was opened before goes on until its access token ends, an hour as a rule. Groups, licences and password stay.`,
    inverse(args, result) {
      const done = resultSchema.safeParse(result)
      // By id: a name may be another user's by then.
      return done.success ? { uses: 'entra.enable_user', args: { ...args, user_id: done.data.id } } : null
    },
  })
}

/** Lets a disabled user log in again: the inverse of `entra.disable_user`. */
export function entraEnableUser(users: GraphUsers): Action {
  return defineContainment<EntraArgs, HttpRequest>({
    ...account(users, true),
    uses: 'entra.enable_user',
    lockedArgs: ['tenant_id', 'user_id'],
    undo: null,
    noUndo: 'It is the way back: to disable the user again is another containment.',
    title: ({ user_id: user }) => `Enable ${user} in Microsoft Entra`,
    effectSentence: ({ user_id: user }) =>
      `${user} can log in to Microsoft 365, Azure and what Entra protects again, with groups, licences and password as before.`,
  })
}

function account(
  users: GraphUsers,
  isEnabled: boolean,
): ReturnType<GraphUsers['target']> & Pick<Containment<EntraArgs, HttpRequest>, 'read' | 'standing' | 'requests'> {
  return {
    ...users.target(),
    async read(args, context) {
      const { user, value } = await users.read(args, { name: 'accountEnabled', schema: z.boolean() }, context)
      return { id: user.id, state: { account_enabled: value }, rows: userRows(user) }
    },
    standing: ({ account_enabled: present }) => ({ is: present === isEnabled ? 'so' : 'open' }),
    requests: (_args, { id }) => [httpRequest('PATCH', users.urlOf(id), { accountEnabled: isEnabled })],
  }
}

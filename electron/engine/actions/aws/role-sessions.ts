import { z } from 'zod'
import { TocsinError } from '../../../../shared/errors.ts'
import type { JsonObject } from '../../../../shared/model/json.ts'
import type { Clock } from '../../ports/ports.ts'
import type { Action, ReadContext, Reading } from '../action-definition.ts'
import type { Containment, Standing } from '../containment-model.ts'
import { defineContainment } from '../containment.ts'
import { ACCOUNT_SECRETS, accountArgs, accountOf, roleName } from './aws-args.ts'
import { awsRequest, iam, isMissing, type AwsCall, type AwsClient, type AwsRequest } from './aws-client.ts'

/** The inline policy that the desk writes; one of another form under this name is somebody else's. */
const POLICY_NAME = 'TocsinDenyOlderSessions'

/** Stands on the card for a time that is known only when it is sent. */
const WHEN_SENT = 'the moment at which this is sent'

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,3})?Z$/
const time = z.string().regex(TIME, 'is no time like 2026-01-02T03:04:05Z')

const denyArgs = z.strictObject({ ...accountArgs, role_name: roleName })
type DenyArgs = z.infer<typeof denyArgs>

const allowArgs = z.strictObject({
  ...accountArgs,
  role_name: roleName,
  denied_before: time
    .nullable()
    .optional()
    .describe(
      'What an earlier denial said (`before.denied_before` of the result), which comes back; without it the denial is removed',
    ),
})
type AllowArgs = z.infer<typeof allowArgs>

const stateSchema = z.object({ denied_before: z.string().nullable(), foreign: z.boolean() })
const resultSchema = z.object({ before: stateSchema })

/** Denies everything to the sessions of an IAM role that were opened before now. */
export function awsDenyRoleSessions(client: AwsClient, clock: Clock): Action {
  return defineContainment<DenyArgs, AwsRequest>({
    ...roleSessions(client),
    uses: 'aws.deny_role_sessions',
    args: denyArgs,
    lockedArgs: ['region'],
    undo: {
      uses: 'aws.allow_role_sessions',
      sentence:
        'Removes the denial, or puts back the one that there was before, unless it was changed since. Asks again.',
    },
    title: ({ role_name: role }) => `Deny open sessions of role ${role} in AWS`,
    effectSentence: () =>
      'Whoever holds credentials of the role that were issued before this is denied everything, within seconds; programs that get new ones go on. The role and its other policies stay.',
    standing(state, _args, before): Standing {
      const { denied_before: now, foreign } = stateSchema.parse(state)
      if (foreign) return foreignPolicy()
      // Each denial ends at its own moment: an earlier one leaves out the sessions since.
      if (before === null) return { is: 'open' }
      const was = stateSchema.parse(before).denied_before
      return now !== null && (was === null || Date.parse(now) > Date.parse(was)) ? { is: 'so' } : { is: 'open' }
    },
    // IAM tells nobody whose temporary keys they are, and the keys of a user are no session of a role.
    shutsOut: ({ secret_session_token: token }) =>
      Promise.resolve(
        token === undefined
          ? null
          : 'The desk works with temporary keys, which may be this role’s, and then could not take it back: give it the access key of an IAM user',
      ),
    requests: ({ role_name: role }) => [awsRequest(putPolicy(role, WHEN_SENT))],
    async send(args, _request, context) {
      const now = new Date(clock.now()).toISOString()
      await client.send(putPolicy(args.role_name, now), args, context)
    },
    inverse(args, result) {
      const done = resultSchema.safeParse(result)
      if (!done.success) return null
      const { denied_before: was } = done.data.before
      return {
        uses: 'aws.allow_role_sessions',
        args: { ...accountOf(args), role_name: args.role_name, denied_before: was },
      }
    },
  })
}

/** Takes back a denial: the inverse of `aws.deny_role_sessions`. */
export function awsAllowRoleSessions(client: AwsClient): Action {
  return defineContainment<AllowArgs, AwsRequest>({
    ...roleSessions(client),
    uses: 'aws.allow_role_sessions',
    args: allowArgs,
    lockedArgs: ['region', 'role_name', 'denied_before'],
    undo: null,
    noUndo: 'It is the way back: to deny sessions again is another containment.',
    title: ({ role_name: role }) => `Allow sessions of role ${role} in AWS`,
    effectSentence: ({ denied_before: was }) =>
      typeof was === 'string'
        ? `Sessions that were opened since ${was} may do again what the role may.`
        : 'Its sessions may do again what the role may, those that were denied too.',
    standing(state, { denied_before: was = null }): Standing {
      const { denied_before: now, foreign } = stateSchema.parse(state)
      if (foreign) return foreignPolicy()
      return now === was ? { is: 'so' } : { is: 'open' }
    },
    requests: ({ role_name: role, denied_before: was = null }) => {
      const input = { RoleName: role, PolicyName: POLICY_NAME }
      return [awsRequest(was === null ? iam('DeleteRolePolicy', input) : putPolicy(role, was))]
    },
    send: async (args, request, context) => void (await client.send(request, args, context)),
  })
}

function roleSessions(
  client: AwsClient,
): Pick<Containment<DenyArgs, AwsRequest>, 'who' | 'secretArgs' | 'target' | 'read'> {
  return {
    who: 'AWS',
    secretArgs: ACCOUNT_SECRETS,
    target: ({ role_name: role }) => role,
    read: (args, context) => readRole(client, args, context),
  }
}

const roleSchema = z.object({ Role: z.object({ Arn: z.string(), Description: z.string().optional() }) })
const policySchema = z.object({ PolicyDocument: z.string() })

/** @throws HttpFailure, TocsinError `target_missing`, `bad_answer` */
async function readRole(client: AwsClient, args: DenyArgs, context: ReadContext): Promise<Reading> {
  const { role_name: role } = args
  const getRole = iam('GetRole', { RoleName: role })
  const { Role: found } = await client.ask(getRole, roleSchema, args, context).catch((error: unknown) => {
    throw isMissing(error)
      ? new TocsinError('target_missing', `IAM knows no role ${role} that this key may see.`)
      : error
  })
  const input = { RoleName: role, PolicyName: POLICY_NAME }
  const getPolicy = iam('GetRolePolicy', input)
  const policy = await client.ask(getPolicy, policySchema, args, context).catch((error: unknown) => {
    if (isMissing(error)) return null
    throw error
  })
  const cutOff = policy === null ? null : cutOffOf(policy.PolicyDocument)
  return {
    id: found.Arn,
    state: { denied_before: cutOff, foreign: policy !== null && cutOff === null },
    rows: [
      { key: 'Role', value: role },
      { key: 'ARN', value: found.Arn },
    ],
  }
}

function putPolicy(role: string, cutOff: string): AwsCall {
  const input = { RoleName: role, PolicyName: POLICY_NAME, PolicyDocument: JSON.stringify(documentOf(cutOff)) }
  return iam('PutRolePolicy', input)
}

/** IAM User Guide, "Revoking IAM role temporary security credentials". */
function documentOf(cutOff: string): JsonObject {
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Deny',
        Action: ['*'],
        Resource: ['*'],
        Condition: { DateLessThan: { 'aws:TokenIssueTime': cutOff } },
      },
    ],
  }
}

const documentSchema = z.object({
  Version: z.literal('2012-10-17'),
  Statement: z.tuple([
    z.strictObject({
      Effect: z.literal('Deny'),
      Action: z.tuple([z.literal('*')]),
      Resource: z.tuple([z.literal('*')]),
      Condition: z.strictObject({ DateLessThan: z.strictObject({ 'aws:TokenIssueTime': time }) }),
    }),
  ]),
})

/** @returns the time in a policy of the desk's form, which IAM hands out URL-encoded; null for any other */
function cutOffOf(text: string): string | null {
  try {
    const parsed = documentSchema.parse(JSON.parse(decodeURIComponent(text)))
    return parsed.Statement[0].Condition.DateLessThan['aws:TokenIssueTime']
  } catch {
    return null
  }
}

function foreignPolicy(): Standing {
  return { is: 'barred', why: `The role has an inline policy ${POLICY_NAME} that is not of the desk’s form` }
}

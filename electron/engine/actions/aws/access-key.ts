import { z } from 'zod'
import { TocsinError } from '../../../../shared/errors.ts'
import type { Action, ReadContext, Reading } from '../action-definition.ts'
import type { Containment } from '../containment-model.ts'
import { defineContainment } from '../containment.ts'
import { said } from '../../forms/said.ts'
import { ACCOUNT_SECRETS, accountArgs, accountOf, keyId, userName } from './aws-args.ts'
import { awsRequest, iam, isMissing, type AwsClient, type AwsRequest } from './aws-client.ts'

const keyArgs = z.strictObject({ ...accountArgs, user_name: userName, key_id: keyId })
type KeyArgs = z.infer<typeof keyArgs>

/** Of IAM's `AccessKeyMetadata`, what is read. A user has two keys at most, so that there is no second page. */
const keysSchema = z.object({
  AccessKeyMetadata: z.array(
    z.object({ AccessKeyId: z.string(), Status: z.string(), CreateDate: z.date().optional() }),
  ),
})

/** Disables a long-term access key of an IAM user. */
export function awsDisableAccessKey(client: AwsClient): Action {
  return defineContainment<KeyArgs, AwsRequest>({
    ...accessKey(client, { from: 'Active', to: 'Inactive' }),
    uses: 'aws.disable_access_key',
    lockedArgs: ['region'],
    undo: {
      uses: 'aws.enable_access_key',
      sentence: 'Makes the key active again, unless it was changed since. Asks again.',
    },
    title: ({ user_name: user, key_id: key }) => `Disable access key ${key} of ${user} in AWS`,
    effectSentence: ({ user_name: user }) =>
      `Requests signed by the key are refused, within seconds. Other keys and the password of ${user} stay, as do sessions that the key has opened.`,
    inverse: (args) => ({
      uses: 'aws.enable_access_key',
      args: { ...accountOf(args), user_name: args.user_name, key_id: args.key_id },
    }),
  })
}

/** Enables an access key again: the inverse of `aws.disable_access_key`. */
export function awsEnableAccessKey(client: AwsClient): Action {
  return defineContainment<KeyArgs, AwsRequest>({
    ...accessKey(client, { from: 'Inactive', to: 'Active' }),
    uses: 'aws.enable_access_key',
    lockedArgs: ['region', 'user_name', 'key_id'],
    undo: null,
    noUndo: 'It is the way back: to disable the key again is another containment.',
    title: ({ user_name: user, key_id: key }) => `Enable access key ${key} of ${user} in AWS`,
    effectSentence: () => 'Requests signed by the key are taken again.',
  })
}

function accessKey(
  client: AwsClient,
  { from, to }: { from: string; to: string },
): Pick<
  Containment<KeyArgs, AwsRequest>,
  'who' | 'args' | 'secretArgs' | 'target' | 'read' | 'standing' | 'requests' | 'send'
> {
  return {
    who: 'AWS',
    args: keyArgs,
    secretArgs: ACCOUNT_SECRETS,
    target: ({ key_id: key }) => key,
    read: (args, context) => readKey(client, args, context),
    standing({ status }) {
      if (status === to) return { is: 'so' }
      if (status === from) return { is: 'open' }
      return { is: 'barred', why: `The key is ${said(status)}, and only one that is ${from} can become ${to}` }
    },
    requests: ({ user_name: user, key_id: key }) => [
      awsRequest(iam('UpdateAccessKey', { UserName: user, AccessKeyId: key, Status: to })),
    ],
    send: async (args, request, context) => void (await client.send(request, args, context)),
  }
}

/** @throws HttpFailure, TocsinError `target_missing`, `target_barred` (the desk's own key), `bad_answer` */
async function readKey(client: AwsClient, args: KeyArgs, context: ReadContext): Promise<Reading> {
  const { user_name: user, key_id: id } = args
  if (id === args.access_key_id) {
    throw new TocsinError('target_barred', `${id} is the key that the desk itself uses: it could not enable it again.`)
  }
  const call = iam('ListAccessKeys', { UserName: user })
  const { AccessKeyMetadata: keys } = await client.ask(call, keysSchema, args, context).catch((error: unknown) => {
    throw isMissing(error) ? missing(`IAM knows no user ${user}`) : error
  })
  const key = keys.find(({ AccessKeyId }) => AccessKeyId === id)
  if (key === undefined) throw missing(`${user} has no access key ${id}`)
  const made = key.CreateDate === undefined ? [] : [{ key: 'Made', value: key.CreateDate.toISOString() }]
  return {
    id,
    state: { status: key.Status },
    rows: [{ key: 'User', value: user }, { key: 'Access key', value: id }, ...made],
  }
}

function missing(what: string): TocsinError {
  return new TocsinError('target_missing', `${what} that this key may see.`)
}

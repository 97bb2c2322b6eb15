import { z } from 'zod'

/** `eu-central-1`, `us-gov-west-1`: it becomes part of a host's name. */
const REGION = /^[a-z]{2,5}(-[a-z]{2,12}){1,3}-\d{1,2}$/

/** IAM API Reference, "CreateUser" and "CreateRole"; `.` and `..` are no names. */
const IAM_NAME = /^(?!\.{1,2}$)[\w+=,.@-]{1,64}$/

/** Ids of EC2: eight digits on old resources, else seventeen. */
const idOf = (prefix: string): RegExp => new RegExp(`^${prefix}-(?:[0-9a-f]{8}|[0-9a-f]{17})$`)

export const INTERFACE_ID = idOf('eni')
export const GROUP_ID = idOf('sg')

/** Names every argument of the log-in: the keys come from here only, never from the machine. */
export const accountArgs = {
  region: z.string().regex(REGION, 'is no region like eu-central-1').describe('Region, like eu-central-1'),
  access_key_id: z.string().min(1).describe('Id of the access key that the desk uses'),
  secret_access_key: z.string().min(1).describe('Secret of that access key'),
  secret_session_token: z.string().min(1).optional().describe('Session token, where the key is a temporary one'),
}

export interface Account {
  region: string
  access_key_id: string
  secret_access_key: string
  secret_session_token?: string | undefined
}

/** Which of them may be a secret's handle. */
export const ACCOUNT_SECRETS = ['access_key_id', 'secret_access_key', 'secret_session_token']

export const instanceId = z
  .string()
  .regex(idOf('i'), 'is no instance id (i- and 8 or 17 hexadecimal digits)')
  .describe('Id of the instance, like i-0123456789abcdef0')

export const aclId = z
  .string()
  .regex(idOf('acl'), 'is no id of a network ACL (acl- and 8 or 17 hexadecimal digits)')
  .describe('Id of the network ACL, like acl-0123456789abcdef0')

export const userName = z
  .string()
  .regex(IAM_NAME, 'is no name of an IAM user (its name, not its ARN)')
  .describe('Name of the IAM user')

export const roleName = z
  .string()
  .regex(IAM_NAME, 'is no name of an IAM role (its name, not its ARN)')
  .describe('Name of the IAM role')

export const keyId = z
  .string()
  .regex(/^AKIA[A-Z0-9]{12,124}$/, 'is no id of a long-term access key (AKIA…)')
  .describe('Id of the access key, like AKIAIOSFODNN7EXAMPLE')

/** @returns what names the log-in among an action's arguments, as its inverse takes it */
export function accountOf({
  region,
  access_key_id,
  secret_access_key,
  secret_session_token,
}: Account): Record<string, string> {
  const token = secret_session_token === undefined ? {} : { secret_session_token }
  return { region, access_key_id, secret_access_key, ...token }
}

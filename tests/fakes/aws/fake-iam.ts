import { checkFields, escaped, Refusal, type Fields } from './query-protocol.ts'

/** What a fake IAM holds: one user with one key, one role. */
export interface IamWorld {
  user: string
  key: { id: string; status: string }
  role: string
  /** The role's inline policies by name, as JSON. */
  policies: Map<string, string>
}

export const USER = 'deploy-bot'
export const USER_KEY = 'AKIAIOSFODNN7EXAMPLE'
export const ROLE = 'web-role'

export function iamWorld(): IamWorld {
  return { user: USER, key: { id: USER_KEY, status: 'Active' }, role: ROLE, policies: new Map() }
}

const OF_POLICY = ['RoleName', 'PolicyName']

/** IAM's API, version 2010-05-08 (docs.aws.amazon.com/IAM/latest/APIReference): the fields that the desk has reason to send. */
const FIELDS: Readonly<Record<string, Fields>> = {
  ListAccessKeys: { needs: ['UserName'] },
  UpdateAccessKey: { needs: ['UserName', 'AccessKeyId', 'Status'] },
  GetRole: { needs: ['RoleName'] },
  GetRolePolicy: { needs: OF_POLICY },
  PutRolePolicy: { needs: [...OF_POLICY, 'PolicyDocument'] },
  DeleteRolePolicy: { needs: OF_POLICY },
}

export const IAM_CHANGES = ['UpdateAccessKey', 'PutRolePolicy', 'DeleteRolePolicy']

/** Carries out one operation. @returns the XML of its answer. @throws Refusal */
export function iamAnswer(action: string, form: URLSearchParams, world: IamWorld): string {
  const fields = FIELDS[action]
  if (fields === undefined)
    throw new Refusal(400, 'InvalidAction', `Could not find operation ${action} for version 2010-05-08`)
  if (form.get('Version') !== '2010-05-08') throw new Refusal(400, 'NoSuchVersion', 'No such version')
  checkFields(form, fields)
  const result = carriedOut(action, form, world)
  return `<${action}Response xmlns="https://iam.amazonaws.com/doc/2010-05-08/">${result}<ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></${action}Response>`
}

function carriedOut(action: string, form: URLSearchParams, world: IamWorld): string {
  const of = (name: string): string => form.get(name) ?? ''
  if (form.has('UserName') && of('UserName') !== world.user)
    throw noSuchEntity(`The user with name ${of('UserName')} cannot be found.`)
  if (form.has('RoleName') && of('RoleName') !== world.role)
    throw noSuchEntity(`The role with name ${of('RoleName')} cannot be found.`)
  switch (action) {
    case 'ListAccessKeys': {
      const { id, status } = world.key
      const one = `<UserName>${world.user}</UserName><AccessKeyId>${id}</AccessKeyId><Status>${status}</Status><CreateDate>2025-01-02T03:04:05Z</CreateDate>`
      return `<ListAccessKeysResult><IsTruncated>false</IsTruncated><AccessKeyMetadata><member>${one}</member></AccessKeyMetadata></ListAccessKeysResult>`
    }
    case 'UpdateAccessKey':
      if (of('AccessKeyId') !== world.key.id)
        throw noSuchEntity(`The Access Key with id ${of('AccessKeyId')} cannot be found.`)
      if (!['Active', 'Inactive'].includes(of('Status')))
        throw new Refusal(400, 'ValidationError', 'Member must satisfy enum value set')
      world.key.status = of('Status')
      return ''
    case 'GetRole':
      return `<GetRoleResult><Role><Path>/</Path><RoleName>${world.role}</RoleName><RoleId>AROAEXAMPLE1234567890</RoleId><Arn>arn:aws:iam::123456789012:role/${world.role}</Arn><CreateDate>2025-01-02T03:04:05Z</CreateDate></Role></GetRoleResult>`
    case 'GetRolePolicy': {
      const document = policyOf(world, of('PolicyName'))
      return `<GetRolePolicyResult><RoleName>${world.role}</RoleName><PolicyName>${escaped(of('PolicyName'))}</PolicyName><PolicyDocument>${encodeURIComponent(document)}</PolicyDocument></GetRolePolicyResult>`
    }
    case 'PutRolePolicy':
      JSON.parse(of('PolicyDocument'))
      world.policies.set(of('PolicyName'), of('PolicyDocument'))
      return ''
    default:
      policyOf(world, of('PolicyName'))
      world.policies.delete(of('PolicyName'))
      return ''
  }
}

function policyOf({ policies }: IamWorld, name: string): string {
  const document = policies.get(name)
  if (document === undefined) throw noSuchEntity(`The role policy with name ${name} cannot be found.`)
  return document
}

function noSuchEntity(message: string): Refusal {
  return new Refusal(404, 'NoSuchEntity', message)
}

import type { JsonObject } from '../../../../shared/model/json.ts'
import { canonicalCidr } from '../../actions/aws/cidr.ts'
import { argText } from '../stand-in.ts'

/** One target in AWS. */
export interface AwsTarget {
  /** @returns the XML of an answer; null where there is nothing of that kind */
  read(action: string): string | null
  /** @returns what was carried out, in words; null of an operation that changes nothing */
  change(action: string, form: URLSearchParams): string | null
  changeElsewhere: () => void
}

const VPC = 'vpc-0a1b2c3d4e5f60718'
const ISOLATION = 'sg-00000000000000009'
const OTHERS = 'sg-0000000000000000d'

/**
 * An instance; the group for isolation is there and closed. One interface is where the action finds it, so that one request is
 * the effect; of those that a release names, the others are where they belong.
 */
export function instance(uses: string, args: JsonObject): AwsTarget {
  const id = argText(args, 'instance_id')
  const [[first] = ['eni-00000000000000001'], ...others] = Object.entries(
    (args['groups'] ?? {}) as Record<string, string[]>, // as the action's schema has it
  )
  const isIsolated = uses === 'aws.release_instance'
  const interfaces = new Map([
    [first, [isIsolated ? ISOLATION : 'sg-0000000000000000a']],
    ...others.map(([eni, groups]): [string, string[]] => [eni, groups]),
  ])
  let status = uses === 'aws.start_instance' ? 'stopped' : 'running'
  const tags = new Map<string, string>()
  return {
    read(action) {
      if (action === 'DescribeInstances') {
        const tagSet = [...tags].map(([key, value]) => `<item><key>${key}</key><value>${value}</value></item>`).join('')
        const one = `<instanceId>${id}</instanceId><instanceState><name>${status}</name></instanceState><tagSet>${tagSet}</tagSet>`
        return `<reservationSet><item><instancesSet><item>${one}</item></instancesSet></item></reservationSet>`
      }
      const each = [...interfaces].map(([eni, own]) => {
        const set = own.map((group) => `<item><groupId>${group}</groupId></item>`).join('')
        return `<item><networkInterfaceId>${eni}</networkInterfaceId><vpcId>${VPC}</vpcId><groupSet>${set}</groupSet></item>`
      })
      const group = `<item><groupId>${ISOLATION}</groupId><vpcId>${VPC}</vpcId></item>`
      return `<networkInterfaceSet>${each.join('')}</networkInterfaceSet><securityGroupInfo>${group}</securityGroupInfo>`
    },
    change(action, form) {
      switch (action) {
        case 'ModifyNetworkInterfaceAttribute': {
          const eni = form.get('NetworkInterfaceId') ?? ''
          const to = [...form].filter(([name]) => name.startsWith('SecurityGroupId.')).map(([, group]) => group)
          interfaces.set(eni, to)
          return `move ${eni} of ${id} to ${to.join()}`
        }
        case 'CreateTags':
          tags.set(form.get('Tag.1.Key') ?? '', form.get('Tag.1.Value') ?? '')
          return null
        case 'StopInstances':
          status = 'stopped'
          return `stop ${id}`
        case 'StartInstances':
          status = 'running'
          return `start ${id}`
        default:
          return null
      }
    },
    changeElsewhere() {
      status = 'terminated'
      interfaces.set(first, [OTHERS])
    },
  }
}

export function accessKey(uses: string, args: JsonObject): AwsTarget {
  const id = argText(args, 'key_id')
  let status = uses === 'aws.enable_access_key' ? 'Inactive' : 'Active'
  return {
    read: () =>
      `<AccessKeyMetadata><member><AccessKeyId>${id}</AccessKeyId><Status>${status}</Status></member></AccessKeyMetadata>`,
    change(action, form) {
      if (action !== 'UpdateAccessKey') return null
      status = form.get('Status') ?? ''
      return `${status} ${id}`
    },
    changeElsewhere: () => void (status = 'Expired'),
  }
}

export function role(uses: string, args: JsonObject): AwsTarget {
  const name = argText(args, 'role_name')
  const denial = { Effect: 'Deny', Action: ['*'], Resource: ['*'] }
  const at = { DateLessThan: { 'aws:TokenIssueTime': '2026-01-01T00:00:00.000Z' } }
  const earlier = JSON.stringify({ Version: '2012-10-17', Statement: [{ ...denial, Condition: at }] })
  let policy = uses === 'aws.allow_role_sessions' ? earlier : null
  return {
    read(action) {
      if (action === 'GetRole') return `<Role><Arn>arn:aws:iam::123456789012:role/${name}</Arn></Role>`
      if (action !== 'GetRolePolicy') return ''
      return policy === null ? null : `<PolicyDocument>${encodeURIComponent(policy)}</PolicyDocument>`
    },
    change(action, form) {
      if (action !== 'PutRolePolicy' && action !== 'DeleteRolePolicy') return null
      policy = form.get('PolicyDocument')
      return `${policy === null ? 'allow' : 'deny'} sessions of ${name}`
    },
    changeElsewhere: () => void (policy = '{"Version":"2012-10-17","Statement":[]}'),
  }
}

/**
 * A network ACL that allows all. Inbound the range is denied as the action finds it; outbound it is as the action makes it, so
 * that one request is the effect.
 */
export function networkAcl(uses: string, args: JsonObject): AwsTarget {
  const id = argText(args, 'network_acl_id')
  const range = canonicalCidr(argText(args, 'cidr'))
  const isBlocked = uses === 'aws.unblock_ip'
  const denied = { false: isBlocked ? [99] : [], true: isBlocked ? [] : [99] }
  let others: number[] = []
  const way = (form: URLSearchParams): 'true' | 'false' => (form.get('Egress') === 'true' ? 'true' : 'false')
  return {
    read() {
      const entry = (no: number, egress: string, action: string, cidr: string): string => {
        const block = cidr.includes(':') ? `<ipv6CidrBlock>${cidr}</ipv6CidrBlock>` : `<cidrBlock>${cidr}</cidrBlock>`
        return `<item><ruleNumber>${no}</ruleNumber><protocol>-1</protocol><ruleAction>${action}</ruleAction><egress>${egress}</egress>${block}</item>`
      }
      const entries = (['false', 'true'] as const).flatMap((egress) => [
        entry(100, egress, 'allow', '0.0.0.0/0'),
        ...others.map((no) => entry(no, egress, 'deny', '198.51.100.0/24')),
        ...denied[egress].map((no) => entry(no, egress, 'deny', range)),
      ])
      return `<networkAclSet><item><networkAclId>${id}</networkAclId><vpcId>${VPC}</vpcId><entrySet>${entries.join('')}</entrySet></item></networkAclSet>`
    },
    change(action, form) {
      const no = Number(form.get('RuleNumber'))
      if (action === 'CreateNetworkAclEntry') denied[way(form)].push(no)
      else if (action === 'DeleteNetworkAclEntry') denied[way(form)] = denied[way(form)].filter((each) => each !== no)
      else return null
      return `${action === 'CreateNetworkAclEntry' ? 'deny' : 'allow'} ${range} ${way(form) === 'true' ? 'out' : 'in'}`
    },
    changeElsewhere() {
      others = [99]
      for (const egress of ['false', 'true'] as const) denied[egress] = denied[egress].map(() => 98)
    },
  }
}

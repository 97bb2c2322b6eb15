import type { JsonObject } from '../../../shared/model/json.ts'
import { ACL, DB, ENI_1, ENI_2, ENI_3, INSTANCE, SSH, WEB, type Ec2World } from './ec2-world.ts'
import type { FakeAws } from './fake-aws.ts'
import { ROLE, USER, USER_KEY } from './fake-iam.ts'

/** An action of AWS with its inverse, and what others may do to its target. */
export interface AwsPair {
  uses: string
  undo: string
  args: JsonObject
  /** Which argument names the target. */
  target: string
  /** The first operation with an effect, and the first that looks. */
  change: string
  look: string
  /** How the target reads before, of what the action compares. */
  before: JsonObject
  /** What another client does: the same (null where no two are the same), and something else. */
  make: ((fake: FakeAws) => void) | null
  take: (fake: FakeAws) => void
}

const ISOLATION = 'sg-00000000000000009'

function isolate({ ec2 }: FakeAws): void {
  ec2.groups.set(ISOLATION, { name: 'tocsin-isolation', ingress: [], egress: [] })
  for (const eni of ec2.interfaces.keys()) ec2.interfaces.set(eni, [ISOLATION])
}

function deny({ ec2 }: FakeAws): void {
  for (const isEgress of [false, true]) {
    ec2.entries.push({ number: 99, isEgress, action: 'deny', protocol: '-1', cidr: '203.0.113.7/32' })
  }
}

/** The security groups of each interface. */
export function groupsOf({ interfaces }: Ec2World): JsonObject {
  return Object.fromEntries([...interfaces].map(([eni, groups]) => [eni, groups.toSorted()]))
}

export const AWS_PAIRS: readonly AwsPair[] = [
  {
    uses: 'aws.quarantine_instance',
    undo: 'aws.release_instance',
    args: { instance_id: INSTANCE },
    target: 'instance_id',
    change: 'CreateSecurityGroup',
    look: 'DescribeInstances',
    before: { groups: { [ENI_1]: [WEB, SSH], [ENI_2]: [DB], [ENI_3]: [WEB] } },
    make: isolate,
    take: ({ ec2 }) => void ec2.interfaces.set(ENI_2, [WEB, DB]),
  },
  {
    uses: 'aws.stop_instance',
    undo: 'aws.start_instance',
    args: { instance_id: INSTANCE },
    target: 'instance_id',
    change: 'StopInstances',
    look: 'DescribeInstances',
    before: { status: 'running' },
    make: ({ ec2 }) => void (ec2.instance.status = 'stopped'),
    take: ({ ec2 }) => void (ec2.instance.status = 'terminated'),
  },
  {
    uses: 'aws.disable_access_key',
    undo: 'aws.enable_access_key',
    args: { user_name: USER, key_id: USER_KEY },
    target: 'key_id',
    change: 'UpdateAccessKey',
    look: 'ListAccessKeys',
    before: { status: 'Active' },
    make: ({ iam }) => void (iam.key.status = 'Inactive'),
    take: ({ iam }) => void (iam.key.status = 'Expired'),
  },
  {
    uses: 'aws.deny_role_sessions',
    undo: 'aws.allow_role_sessions',
    args: { role_name: ROLE },
    target: 'role_name',
    change: 'PutRolePolicy',
    look: 'GetRole',
    before: { denied_before: null, foreign: false },
    make: null,
    take: ({ iam }) => void iam.policies.set('TocsinDenyOlderSessions', '{"Version":"2012-10-17","Statement":[]}'),
  },
  {
    uses: 'aws.block_ip',
    undo: 'aws.unblock_ip',
    args: { network_acl_id: ACL, cidr: '203.0.113.7' },
    target: 'cidr',
    change: 'CreateNetworkAclEntry',
    look: 'DescribeNetworkAcls',
    before: { rule_in: null, rule_out: null },
    make: deny,
    take: ({ ec2 }) => {
      ec2.entries = ec2.entries.filter(({ number, isEgress }) => number !== 99 || isEgress)
      ec2.entries.push({ number: 50, isEgress: false, action: 'deny', protocol: '-1', cidr: '203.0.113.7/32' })
    },
  },
]

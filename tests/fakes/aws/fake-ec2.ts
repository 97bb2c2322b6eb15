import { ACL, VPC, type AclEntry, type Ec2World } from './ec2-world.ts'
import { checkFields, escaped, Refusal, type Fields } from './query-protocol.ts'

const FILTERS = ['Filter.N.Name', 'Filter.N.Value.N']

/** EC2's API, version 2016-11-15 (docs.aws.amazon.com/AWSEC2/latest/APIReference): the fields that the desk has reason to send. */
const FIELDS: Readonly<Record<string, Fields>> = {
  DescribeInstances: { needs: ['InstanceId.N'] },
  DescribeNetworkInterfaces: { needs: FILTERS },
  DescribeSecurityGroups: { needs: FILTERS },
  DescribeSnapshots: { needs: [...FILTERS, 'Owner.N'] },
  DescribeNetworkAcls: { needs: ['NetworkAclId.N'] },
  CreateSecurityGroup: { needs: ['GroupName', 'GroupDescription', 'VpcId'] },
  RevokeSecurityGroupEgress: {
    needs: ['GroupId', 'IpPermissions.N.IpProtocol'],
    may: ['IpPermissions.N.IpRanges.N.CidrIp', 'IpPermissions.N.Ipv6Ranges.N.CidrIpv6'],
  },
  ModifyNetworkInterfaceAttribute: { needs: ['NetworkInterfaceId', 'SecurityGroupId.N'] },
  CreateSnapshots: { needs: ['InstanceSpecification.InstanceId', 'Description'] },
  CreateTags: { needs: ['ResourceId.N', 'Tag.N.Key', 'Tag.N.Value'] },
  DeleteTags: { needs: ['ResourceId.N', 'Tag.N.Key', 'Tag.N.Value'] },
  StopInstances: { needs: ['InstanceId.N'] },
  StartInstances: { needs: ['InstanceId.N'] },
  CreateNetworkAclEntry: {
    needs: ['NetworkAclId', 'RuleNumber', 'Protocol', 'RuleAction', 'Egress'],
    may: ['CidrBlock', 'Ipv6CidrBlock'],
  },
  DeleteNetworkAclEntry: { needs: ['NetworkAclId', 'RuleNumber', 'Egress'] },
}

export const EC2_CHANGES = Object.keys(FIELDS).filter((name) => !name.startsWith('Describe'))

/** Carries out one operation. @returns the XML of its answer. @throws Refusal */
export function ec2Answer(action: string, form: URLSearchParams, world: Ec2World): string {
  const fields = FIELDS[action]
  if (fields === undefined)
    throw new Refusal(400, 'InvalidAction', `The action ${action} is not valid for this web service.`)
  if (form.get('Version') !== '2016-11-15') throw new Refusal(400, 'NoSuchVersion', 'No such version')
  checkFields(form, fields)
  const content = (READS[action] ?? CHANGES[action])?.(form, world) ?? '<return>true</return>'
  return `<${action}Response xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>r-1</requestId>${content}</${action}Response>`
}

type Operation = (form: URLSearchParams, world: Ec2World) => string | void

const text = (form: URLSearchParams, name: string): string => form.get(name) ?? ''
const items = (values: readonly string[]): string => values.map((value) => `<item>${value}</item>`).join('')

/** The values of a filter. */
function filter(form: URLSearchParams, name: string): string[] {
  const [, at] =
    [...form].flatMap(([key, value]) =>
      /^Filter\.(\d+)\.Name$/.exec(key) && value === name ? [[key, key.split('.')[1]]] : [],
    )[0] ?? []
  return [...form].filter(([key]) => key.startsWith(`Filter.${at}.Value.`)).map(([, value]) => value)
}

function instanceOf(form: URLSearchParams, world: Ec2World, name = 'InstanceId.1'): Ec2World['instance'] {
  const id = text(form, name)
  if (id === world.instance.id) return world.instance
  throw new Refusal(400, 'InvalidInstanceID.NotFound', `The instance ID '${id}' does not exist`)
}

function entryOf({ number, isEgress, action, protocol, cidr }: AclEntry): string {
  const range = cidr.includes(':') ? `<ipv6CidrBlock>${cidr}</ipv6CidrBlock>` : `<cidrBlock>${cidr}</cidrBlock>`
  return `<ruleNumber>${number}</ruleNumber><protocol>${protocol}</protocol><ruleAction>${action}</ruleAction><egress>${isEgress}</egress>${range}`
}

const READS: Readonly<Record<string, Operation>> = {
  DescribeInstances(form, world) {
    const { id, status, tags } = instanceOf(form, world)
    const tagSet = items([...tags].map(([key, value]) => `<key>${escaped(key)}</key><value>${escaped(value)}</value>`))
    const one = `<instanceId>${id}</instanceId><instanceState><code>16</code><name>${status}</name></instanceState><tagSet>${tagSet}</tagSet>`
    return `<reservationSet><item><instancesSet><item>${one}</item></instancesSet></item></reservationSet>`
  },
  DescribeNetworkInterfaces(form, world) {
    const isOurs = filter(form, 'attachment.instance-id').includes(world.instance.id)
    const found = isOurs ? [...world.interfaces] : []
    const each = found.map(([eni, groups]) => {
      const set = items(
        groups.map((id) => `<groupId>${id}</groupId><groupName>${world.groups.get(id)?.name}</groupName>`),
      )
      return `<networkInterfaceId>${eni}</networkInterfaceId><vpcId>${VPC}</vpcId><privateIpAddress>10.0.0.${eni.at(-1)}</privateIpAddress><groupSet>${set}</groupSet>`
    })
    return `<networkInterfaceSet>${items(each)}</networkInterfaceSet>`
  },
  DescribeSecurityGroups(form, world) {
    const isHere = filter(form, 'vpc-id').includes(VPC)
    const found = isHere ? [...world.groups].filter(([, { name }]) => filter(form, 'group-name').includes(name)) : []
    const each = found.map(([id, { name, ingress, egress }]) => {
      const out = items(egress.map((cidr) => `<ipProtocol>-1</ipProtocol>${rangeOf(cidr)}`))
      const incoming = items(
        ingress.map(
          () =>
            '<ipProtocol>tcp</ipProtocol><fromPort>443</fromPort><toPort>443</toPort><ipRanges><item><cidrIp>0.0.0.0/0</cidrIp></item></ipRanges>',
        ),
      )
      return `<groupId>${id}</groupId><groupName>${name}</groupName><vpcId>${VPC}</vpcId><ipPermissions>${incoming}</ipPermissions><ipPermissionsEgress>${out}</ipPermissionsEgress>`
    })
    return `<securityGroupInfo>${items(each)}</securityGroupInfo>`
  },
  DescribeSnapshots(form, world) {
    const found = world.snapshots.filter(({ description }) => filter(form, 'description').includes(description))
    const each = found.map(({ id, startedAt }) => `<snapshotId>${id}</snapshotId><startTime>${startedAt}</startTime>`)
    return `<snapshotSet>${items(each)}</snapshotSet>`
  },
  DescribeNetworkAcls(form, world) {
    const id = text(form, 'NetworkAclId.1')
    if (id !== ACL) throw new Refusal(400, 'InvalidNetworkAclID.NotFound', `The network ACL '${id}' does not exist`)
    const entries = items(world.entries.map(entryOf))
    const subnets = '<item><subnetId>subnet-0123456789abcdef0</subnetId></item>'
    return `<networkAclSet><item><networkAclId>${ACL}</networkAclId><vpcId>${VPC}</vpcId><entrySet>${entries}</entrySet><associationSet>${subnets}</associationSet></item></networkAclSet>`
  },
}

function rangeOf(cidr: string): string {
  return cidr.includes(':')
    ? `<ipv6Ranges><item><cidrIpv6>${cidr}</cidrIpv6></item></ipv6Ranges>`
    : `<ipRanges><item><cidrIp>${cidr}</cidrIp></item></ipRanges>`
}

const CHANGES: Readonly<Record<string, Operation>> = {
  CreateSecurityGroup(form, world) {
    const name = text(form, 'GroupName')
    if ([...world.groups.values()].some((group) => group.name === name)) {
      throw new Refusal(400, 'InvalidGroup.Duplicate', `The security group '${name}' already exists for VPC '${VPC}'`)
    }
    const id = `sg-${String(world.groups.size).padStart(17, '0')}`
    world.groups.set(id, { name, ingress: [], egress: ['0.0.0.0/0'] })
    return `<return>true</return><groupId>${id}</groupId>`
  },
  RevokeSecurityGroupEgress(form, world) {
    const group = groupOf(form.get('GroupId') ?? '', world)
    const ranges = [...form].filter(([key]) => /\.Cidr(Ip|Ipv6)$/.test(key)).map(([, cidr]) => cidr)
    if (ranges.some((cidr) => !group.egress.includes(cidr))) {
      throw new Refusal(400, 'InvalidPermission.NotFound', 'The specified rule does not exist in this security group.')
    }
    group.egress = group.egress.filter((cidr) => !ranges.includes(cidr))
  },
  ModifyNetworkInterfaceAttribute(form, world) {
    const eni = text(form, 'NetworkInterfaceId')
    if (!world.interfaces.has(eni)) {
      throw new Refusal(400, 'InvalidNetworkInterfaceID.NotFound', `The networkInterface ID '${eni}' does not exist`)
    }
    const groups = [...form].filter(([key]) => key.startsWith('SecurityGroupId.')).map(([, id]) => id)
    for (const id of groups) groupOf(id, world)
    world.interfaces.set(eni, groups)
  },
  CreateSnapshots(form, world) {
    instanceOf(form, world, 'InstanceSpecification.InstanceId')
    const id = `snap-${String(world.snapshots.length).padStart(17, '0')}`
    world.snapshots.push({ id, description: text(form, 'Description'), startedAt: new Date().toISOString() })
    return `<snapshotSet><item><snapshotId>${id}</snapshotId></item></snapshotSet>`
  },
  CreateTags(form, world) {
    instanceOf(form, world, 'ResourceId.1').tags.set(text(form, 'Tag.1.Key'), text(form, 'Tag.1.Value'))
  },
  DeleteTags(form, world) {
    const { tags } = instanceOf(form, world, 'ResourceId.1')
    if (tags.get(text(form, 'Tag.1.Key')) === text(form, 'Tag.1.Value')) tags.delete(text(form, 'Tag.1.Key'))
  },
  StopInstances: (form, world) => turn(instanceOf(form, world), 'running', 'stopped'),
  StartInstances: (form, world) => turn(instanceOf(form, world), 'stopped', 'running'),
  CreateNetworkAclEntry(form, world) {
    const cidr = form.get('CidrBlock') ?? text(form, 'Ipv6CidrBlock')
    const entry = {
      number: Number(text(form, 'RuleNumber')),
      isEgress: text(form, 'Egress') === 'true',
      action: text(form, 'RuleAction'),
      protocol: text(form, 'Protocol'),
      cidr,
    }
    if (entryAt(world, entry) !== undefined) {
      throw new Refusal(
        400,
        'NetworkAclEntryAlreadyExists',
        `The network acl entry identified by ${entry.number} already exists.`,
      )
    }
    world.entries.push(entry)
  },
  DeleteNetworkAclEntry(form, world) {
    const at = { number: Number(text(form, 'RuleNumber')), isEgress: text(form, 'Egress') === 'true' }
    const entry = entryAt(world, at)
    if (entry === undefined)
      throw new Refusal(
        400,
        'InvalidNetworkAclEntry.NotFound',
        `The network acl entry identified by ${at.number} does not exist.`,
      )
    world.entries.splice(world.entries.indexOf(entry), 1)
  },
}

function entryAt({ entries }: Ec2World, at: Pick<AclEntry, 'number' | 'isEgress'>): AclEntry | undefined {
  return entries.find(({ number, isEgress }) => number === at.number && isEgress === at.isEgress)
}

function groupOf(id: string, { groups }: Ec2World): { egress: string[] } {
  const group = groups.get(id)
  if (group === undefined) throw new Refusal(400, 'InvalidGroup.NotFound', `The security group '${id}' does not exist`)
  return group
}

function turn(instance: Ec2World['instance'], from: string, to: string): void {
  if (instance.status !== from) {
    throw new Refusal(
      400,
      'IncorrectInstanceState',
      `The instance '${instance.id}' is not in a state from which it can be ${to}`,
    )
  }
  instance.status = to
}

import {
  AttachNetworkInterfaceCommand,
  CreateNetworkInterfaceCommand,
  CreateSecurityGroupCommand,
  DescribeInstancesCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  ModifyNetworkInterfaceAttributeCommand,
  RunInstancesCommand,
  type EC2Client,
} from '@aws-sdk/client-ec2'

/** An instance with two interfaces, each in security groups of its own. */
export interface TestInstance {
  id: string
  vpc: string
  subnet: string
  /** The groups of each interface. */
  groups: Record<string, string[]>
}

/** Runs an instance in the default VPC. */
export async function runInstance(ec2: EC2Client): Promise<TestInstance> {
  const { Subnets: [subnet] = [] } = await ec2.send(new DescribeSubnetsCommand({}))
  const { SubnetId = '', VpcId: vpc = '' } = subnet ?? {}
  const groupNamed = async (GroupName: string): Promise<string> => {
    const made = await ec2.send(new CreateSecurityGroupCommand({ GroupName, Description: GroupName, VpcId: vpc }))
    return made.GroupId ?? ''
  }
  const serial = process.hrtime.bigint()
  const [web, ssh, db] = [
    await groupNamed(`web-${serial}`),
    await groupNamed(`ssh-${serial}`),
    await groupNamed(`db-${serial}`),
  ]
  const interfaceIn = async (Groups: string[]): Promise<string> => {
    const made = await ec2.send(new CreateNetworkInterfaceCommand({ SubnetId, Groups }))
    return made.NetworkInterface?.NetworkInterfaceId ?? ''
  }
  // With interfaces of its own: moto adds groups that were given for the instance itself to whatever an interface has.
  const first = await interfaceIn([web, ssh])
  const { Instances: [instance] = [] } = await ec2.send(
    new RunInstancesCommand({
      ImageId: 'ami-12c6146b',
      MinCount: 1,
      MaxCount: 1,
      NetworkInterfaces: [{ DeviceIndex: 0, NetworkInterfaceId: first }],
      TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'Name', Value: 'web-frontend-17' }] }],
    }),
  )
  const id = instance?.InstanceId ?? ''
  const NetworkInterfaceId = await interfaceIn([db])
  await ec2.send(new AttachNetworkInterfaceCommand({ NetworkInterfaceId, InstanceId: id, DeviceIndex: 1 }))
  return { id, vpc, subnet: SubnetId, groups: await groupsOf(ec2, id) }
}

/** The security groups of each interface of an instance, as EC2 says. */
export async function groupsOf(ec2: EC2Client, id: string): Promise<Record<string, string[]>> {
  const Filters = [{ Name: 'attachment.instance-id', Values: [id] }]
  const { NetworkInterfaces: found = [] } = await ec2.send(new DescribeNetworkInterfacesCommand({ Filters }))
  return Object.fromEntries(
    found.map(({ NetworkInterfaceId: eni = '', Groups = [] }) => [
      eni,
      Groups.map(({ GroupId = '' }) => GroupId).sort(),
    ]),
  )
}

/** What another client does. */
export async function moveInterface(ec2: EC2Client, NetworkInterfaceId: string, Groups: string[]): Promise<void> {
  await ec2.send(new ModifyNetworkInterfaceAttributeCommand({ NetworkInterfaceId, Groups }))
}

/** The rules of a security group, both ways. */
export async function rulesOf(ec2: EC2Client, group: string): Promise<unknown[]> {
  const { SecurityGroups: [found] = [] } = await ec2.send(new DescribeSecurityGroupsCommand({ GroupIds: [group] }))
  return [...(found?.IpPermissions ?? []), ...(found?.IpPermissionsEgress ?? [])]
}

export async function statusOf(ec2: EC2Client, id: string): Promise<string> {
  const { Reservations: [found] = [] } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }))
  return found?.Instances?.[0]?.State?.Name ?? ''
}

import {
  CreateNetworkAclEntryCommand,
  CreateSecurityGroupCommand,
  CreateSnapshotsCommand,
  CreateTagsCommand,
  DeleteNetworkAclEntryCommand,
  DeleteTagsCommand,
  DescribeInstancesCommand,
  DescribeNetworkAclsCommand,
  DescribeNetworkInterfacesCommand,
  DescribeSecurityGroupsCommand,
  DescribeSnapshotsCommand,
  EC2Client,
  ModifyNetworkInterfaceAttributeCommand,
  RevokeSecurityGroupEgressCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  type EC2ClientConfig,
} from '@aws-sdk/client-ec2'
import type { AwsApi } from './aws-client.ts'

/** Amazon EC2's operations that actions use. Loaded with the first of them: the SDK is large. */
const COMMANDS = {
  CreateNetworkAclEntry: CreateNetworkAclEntryCommand,
  CreateSecurityGroup: CreateSecurityGroupCommand,
  CreateSnapshots: CreateSnapshotsCommand,
  CreateTags: CreateTagsCommand,
  DeleteNetworkAclEntry: DeleteNetworkAclEntryCommand,
  DeleteTags: DeleteTagsCommand,
  DescribeInstances: DescribeInstancesCommand,
  DescribeNetworkAcls: DescribeNetworkAclsCommand,
  DescribeNetworkInterfaces: DescribeNetworkInterfacesCommand,
  DescribeSecurityGroups: DescribeSecurityGroupsCommand,
  DescribeSnapshots: DescribeSnapshotsCommand,
  ModifyNetworkInterfaceAttribute: ModifyNetworkInterfaceAttributeCommand,
  RevokeSecurityGroupEgress: RevokeSecurityGroupEgressCommand,
  StartInstances: StartInstancesCommand,
  StopInstances: StopInstancesCommand,
}

export type Ec2Operation = keyof typeof COMMANDS

/** @returns the operations, over one client */
export function ec2Api(config: EC2ClientConfig): AwsApi<Ec2Operation> {
  const client = new EC2Client(config)
  // What may be in an input is the service's model: tests send each to it.
  return (operation, input) => client.send(new COMMANDS[operation](input as never))
}

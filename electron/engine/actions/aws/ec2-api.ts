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
import type { JsonObject } from '../../../../shared/model/json.ts'
import type { AwsApi } from './aws-api.ts'

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
  return (operation, input) => {
    // All are made and sent alike. What an input may hold is the service's model: tests send each to it.
    const Command = COMMANDS[operation] as unknown as new (input: JsonObject) => DescribeInstancesCommand
    return client.send(new Command(input))
  }
}

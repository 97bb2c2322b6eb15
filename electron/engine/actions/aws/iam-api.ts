import {
  DeleteRolePolicyCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  IAMClient,
  ListAccessKeysCommand,
  PutRolePolicyCommand,
  UpdateAccessKeyCommand,
  type IAMClientConfig,
} from '@aws-sdk/client-iam'
import type { AwsApi } from './aws-client.ts'

/** AWS IAM's operations that actions use. Loaded with the first of them. */
const COMMANDS = {
  DeleteRolePolicy: DeleteRolePolicyCommand,
  GetRole: GetRoleCommand,
  GetRolePolicy: GetRolePolicyCommand,
  ListAccessKeys: ListAccessKeysCommand,
  PutRolePolicy: PutRolePolicyCommand,
  UpdateAccessKey: UpdateAccessKeyCommand,
}

export type IamOperation = keyof typeof COMMANDS

/** @returns the operations, over one client */
export function iamApi(config: IAMClientConfig): AwsApi<IamOperation> {
  const client = new IAMClient(config)
  // What may be in an input is the service's model: tests send each to it.
  return (operation, input) => client.send(new COMMANDS[operation](input as never))
}

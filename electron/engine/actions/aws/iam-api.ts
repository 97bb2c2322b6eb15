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
import type { JsonObject } from '../../../../shared/model/json.ts'
import type { AwsApi } from './aws-api.ts'

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
  return (operation, input) => {
    // All are made and sent alike. What an input may hold is the service's model: tests send each to it.
    const Command = COMMANDS[operation] as unknown as new (input: JsonObject) => GetRoleCommand
    return client.send(new Command(input))
  }
}

import type { Clock } from '../../ports/ports.ts'
import type { Action } from '../action-definition.ts'
import { awsDisableAccessKey, awsEnableAccessKey } from './access-key.ts'
import { AwsClient, type AwsParts } from './aws-client.ts'
import { awsBlockIp, awsUnblockIp } from './block-ip.ts'
import { awsStartInstance, awsStopInstance } from './instance-power.ts'
import { awsQuarantineInstance } from './quarantine-instance.ts'
import { awsReleaseInstance } from './release-instance.ts'
import { awsAllowRoleSessions, awsDenyRoleSessions } from './role-sessions.ts'

/** @returns the actions of AWS, each followed by its inverse */
export function awsActions({ clock, ...parts }: AwsParts & { clock: Clock }): Action[] {
  const client = new AwsClient(parts)
  return [
    awsQuarantineInstance(client, clock),
    awsReleaseInstance(client, clock),
    awsStopInstance(client),
    awsStartInstance(client),
    awsDisableAccessKey(client),
    awsEnableAccessKey(client),
    awsDenyRoleSessions(client, clock),
    awsAllowRoleSessions(client),
    awsBlockIp(client),
    awsUnblockIp(client),
  ]
}

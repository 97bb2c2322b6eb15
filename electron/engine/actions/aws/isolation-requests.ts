import { isDeepStrictEqual } from 'node:util'
import type { RunContext } from '../action-definition.ts'
import { AwsRefusal, awsRequest, ec2, type AwsCall, type AwsClient, type AwsRequest } from './aws-client.ts'
import {
  ISOLATION_GROUP,
  isNewGroup,
  readGroups,
  readIsolation,
  isolationState,
  tagOf,
  vpcsOf,
  type IsolationArgs,
  type IsolationState,
} from './isolation.ts'
import { defaultRules } from './security-rules.ts'
import { snapshotOnce, snapshotRequest } from './snapshot.ts'
import { onceKnown, sentOrDone } from './surely.ts'

/** One request, what it is for (an interface, a VPC, the instance), and the VPC whose new group it means. */
export type IsolationRequest = AwsRequest & { of: string; vpc?: string }

export type QuarantineArgs = IsolationArgs & { snapshot?: boolean | undefined }

/** Stands on the card for the id of a group that an earlier request makes. */
const NEW_GROUP = `${ISOLATION_GROUP} (new)`

/** @returns what makes it isolated: the groups first, then each interface, the tag last */
export function isolationRequests(
  args: QuarantineArgs,
  state: IsolationState,
  vpcs: Readonly<Record<string, string>>,
): IsolationRequest[] {
  const { instance_id: id, tag } = args
  return [
    ...(args.snapshot === true ? [{ ...awsRequest(snapshotRequest(id)), of: id, isBeside: true }] : []),
    ...Object.entries(state.isolation).flatMap(([vpc, group]) => groupRequests(vpc, group)),
    ...Object.entries(state.groups).flatMap(([eni, groups]) => {
      const vpc = vpcs[eni] ?? ''
      const group = state.isolation[vpc]?.group
      if (groups.length === 1 && groups[0] === group) return []
      return [{ ...moveRequest(eni, [group ?? NEW_GROUP]), ...(group === undefined ? { vpc } : {}) }]
    }),
    ...(tag === undefined || state.tag === tagOf(tag).Value ? [] : [tagRequest(id, tagOf(tag))]),
  ]
}

/** @returns what puts an interface into these groups */
export function moveRequest(eni: string, groups: readonly string[]): IsolationRequest {
  const input = { NetworkInterfaceId: eni, Groups: [...groups] }
  return { ...awsRequest(ec2('ModifyNetworkInterfaceAttribute', input)), of: eni }
}

/** @returns what gives an instance a tag */
export function tagRequest(id: string, tag: { Key: string; Value: string }): IsolationRequest {
  const input = { Resources: [id], Tags: [tag] }
  return { ...awsRequest(ec2('CreateTags', input)), of: id }
}

function groupRequests(vpc: string, group: IsolationState['isolation'][string]): IsolationRequest[] {
  const revoke = (id: string, rules: readonly string[]): IsolationRequest => {
    const input = { GroupId: id, IpPermissions: defaultRules(rules) }
    return { ...awsRequest(ec2('RevokeSecurityGroupEgress', input)), of: vpc }
  }
  if (group !== null && group !== undefined) return isNewGroup(group) ? [revoke(group.group, group.rules)] : []
  const input = { GroupName: ISOLATION_GROUP, Description: 'No rules: isolates instances (Tocsin)', VpcId: vpc }
  return [
    { ...awsRequest(ec2('CreateSecurityGroup', input)), of: vpc },
    { ...revoke(NEW_GROUP, ['egress all 0.0.0.0/0']), vpc },
  ]
}

/**
 * Sends one request of an isolation or a release. What one of them lacks after a lost answer decides whether the next
 * follows.
 * @param wanted what is still to be sent, of a state
 */
export async function sendIsolating(
  { client, now }: { client: AwsClient; now: () => number },
  args: IsolationArgs,
  request: IsolationRequest,
  wanted: (state: IsolationState, vpcs: Readonly<Record<string, string>>) => IsolationRequest[],
  context: RunContext,
): Promise<void> {
  if (request.operation === 'CreateSnapshots') return snapshotOnce({ client, now }, request, args, context)
  const isDone = async (): Promise<boolean> => {
    const reading = await readIsolation(client, args, context)
    const left = wanted(isolationState.parse(reading.state), vpcsOf(reading))
    return !left.some(({ operation, of }) => operation === request.operation && of === request.of)
  }
  const step = async (): Promise<unknown> => {
    const call = request.vpc === undefined ? request : await withNewGroup(client, args, request, request.vpc, context)
    return call === null ? undefined : client.send(call, args, context)
  }
  return sentOrDone(() => onceKnown(step, context), isDone, context)
}

/** The same with the id of the group that was made; null where it has no rule left to revoke. */
async function withNewGroup(
  client: AwsClient,
  args: IsolationArgs,
  request: IsolationRequest,
  vpc: string,
  context: RunContext,
): Promise<AwsCall | null> {
  const group = (await readGroups(client, [vpc], args, context))[vpc]
  if (group === null || group === undefined) throw notKnownYet()
  switch (request.operation) {
    case 'RevokeSecurityGroupEgress':
      // In a VPC with IPv6 a new group has one rule more than stands on the card.
      return isNewGroup(group)
        ? ec2(request.operation, { GroupId: group.group, IpPermissions: defaultRules(group.rules) })
        : null
    default:
      return ec2('ModifyNetworkInterfaceAttribute', { ...request.input, Groups: [group.group] })
  }
}

/** What EC2 itself says of a group that it does not know everywhere yet. */
function notKnownYet(): AwsRefusal {
  const reason = 'InvalidGroup.NotFound'
  return new AwsRefusal('http_status', `EC2 does not show the group ${ISOLATION_GROUP} yet`, {
    reason,
    status: 400,
    cause: null,
  })
}

/** @returns whether what differs is what earlier requests have made so: groups made and closed, interfaces moved, the tag set */
export function isPartlyMade(
  planned: IsolationState,
  present: IsolationState,
  made: { isMade: (eni: string, groups: readonly string[]) => boolean; tag: string | null | undefined },
): boolean {
  return (
    isDeepStrictEqual(Object.keys(planned.groups).sort(), Object.keys(present.groups).sort()) &&
    Object.entries(present.groups).every(
      ([eni, groups]) => isDeepStrictEqual(groups, planned.groups[eni]) || made.isMade(eni, groups),
    ) &&
    Object.entries(present.isolation).every(([vpc, group]) => {
      const was = planned.isolation[vpc] ?? null
      if (was === null || group === null) return true
      return was.group === group.group && (group.rules.length === 0 || isDeepStrictEqual(group.rules, was.rules))
    }) &&
    (present.tag === planned.tag || present.tag === made.tag)
  )
}

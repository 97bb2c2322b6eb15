import { z } from 'zod'
import type { ReadContext, Reading } from '../action-definition.ts'
import { GROUP_ID, INTERFACE_ID, type Account } from './aws-args.ts'
import { ec2, type AwsClient } from './aws-client.ts'
import { instanceRows, readInstance } from './instance.ts'
import { DEFAULT_EGRESS, permission, ruleTexts } from './security-rules.ts'

/** The security group without rules into which interfaces go, one in each VPC. */
export const ISOLATION_GROUP = 'tocsin-isolation'

/** What may be asked of an instance's isolation. */
export interface IsolationArgs extends Account {
  instance_id: string
  /** `key` or `key=value`. */
  tag?: string | undefined
}

/**
 * What is compared: where each interface is, and how closed the groups for isolation are. Both the isolation and the release
 * read it, so that what one has left is what the other finds.
 */
export const isolationState = z.object({
  /** The security groups of each attached interface. */
  groups: z.record(z.string(), z.array(z.string())),
  /** Of each VPC that an interface is in; null where there is no such group yet. */
  isolation: z.record(
    z.string(),
    z
      .object({
        group: z.string(),
        /** In words; none where it is closed. */
        rules: z.array(z.string()),
      })
      .nullable(),
  ),
  /** The instance's value of the tag, where one was asked for; null where it has none. */
  tag: z.string().nullable().optional(),
})
export type IsolationState = z.infer<typeof isolationState>

const interfacesSchema = z.object({
  NetworkInterfaces: z
    .array(
      z.object({
        NetworkInterfaceId: z.string().regex(INTERFACE_ID),
        VpcId: z.string(),
        PrivateIpAddress: z.string().optional(),
        Groups: z
          .array(z.object({ GroupId: z.string().regex(GROUP_ID), GroupName: z.string().optional() }))
          .default([]),
      }),
    )
    .default([]),
})
type Interfaces = z.infer<typeof interfacesSchema>['NetworkInterfaces']

const groupsSchema = z.object({
  SecurityGroups: z
    .array(
      z.object({
        GroupId: z.string().regex(GROUP_ID),
        VpcId: z.string(),
        IpPermissions: z.array(permission).default([]),
        IpPermissionsEgress: z.array(permission).default([]),
      }),
    )
    .default([]),
})

/** A reading, and what its requests need beside the state: the VPC of each interface. */
type IsolationReading = Reading & { vpcs: Record<string, string> }

/** @returns the VPC of each interface, of what `readIsolation` has read */
export function vpcsOf(reading: Reading): Readonly<Record<string, string>> {
  // The frame hands on the reading as it was made.
  return (reading as IsolationReading).vpcs
}

export const tagArg = z
  .string()
  .regex(/^(?!aws:)[\w .:/@+-]{1,128}(=[\w .:/=+@-]{0,256})?$/i, 'is no tag: write key or key=value, in plain letters')

/** @throws HttpFailure, TocsinError `target_missing`, `bad_answer` */
export async function readIsolation(
  client: AwsClient,
  args: IsolationArgs,
  context: ReadContext,
): Promise<IsolationReading> {
  const { status, tags } = await readInstance(client, args, context)
  const interfaces = await readInterfaces(client, args, context)
  const vpcs = [...new Set(interfaces.map(({ VpcId }) => VpcId))].sort()
  const state = {
    groups: Object.fromEntries(
      interfaces.map((one) => [one.NetworkInterfaceId, one.Groups.map(({ GroupId }) => GroupId).sort()]),
    ),
    isolation: await readGroups(client, vpcs, args, context),
    ...(args.tag === undefined ? {} : { tag: tags.get(tagOf(args.tag).Key) ?? null }),
  }
  return {
    id: args.instance_id,
    state,
    vpcs: Object.fromEntries(interfaces.map(({ NetworkInterfaceId: eni, VpcId: vpc }) => [eni, vpc])),
    rows: [
      ...instanceRows(args, tags),
      { key: 'Status', value: status },
      ...interfaces.map((one, index) => ({ key: `Interface ${index + 1}`, value: inWords(one) })),
    ],
  }
}

/** Whether every interface is in its VPC's group, and these have no rules. */
export function isIsolated({ groups, isolation }: IsolationState): boolean {
  const closed = Object.values(isolation).map((group) => (group?.rules.length === 0 ? group.group : null))
  return (
    !closed.includes(null) && Object.values(groups).every((own) => own.length === 1 && closed.includes(own[0] ?? null))
  )
}

/** Whether a group has just the rules that a new one has: it was made and not closed yet. */
export function isNewGroup({ rules }: { rules: readonly string[] }): boolean {
  return rules.length > 0 && rules.every((rule) => DEFAULT_EGRESS.has(rule))
}

/** @returns a tag as EC2 takes it */
export function tagOf(tag: string): { Key: string; Value: string } {
  const at = tag.indexOf('=')
  return at === -1 ? { Key: tag, Value: '' } : { Key: tag.slice(0, at), Value: tag.slice(at + 1) }
}

/** @returns the groups that isolate, by VPC; null where there is none */
export async function readGroups(
  client: AwsClient,
  vpcs: readonly string[],
  account: Account,
  context: ReadContext,
): Promise<IsolationState['isolation']> {
  if (vpcs.length === 0) return {}
  const input = {
    Filters: [
      { Name: 'group-name', Values: [ISOLATION_GROUP] },
      { Name: 'vpc-id', Values: [...vpcs] },
    ],
  }
  const call = ec2('DescribeSecurityGroups', input)
  const { SecurityGroups: found } = await client.ask(call, groupsSchema, account, context)
  return Object.fromEntries(
    vpcs.map((vpc) => {
      const group = found.find(({ VpcId }) => VpcId === vpc)
      if (group === undefined) return [vpc, null]
      const { GroupId, IpPermissions: ingress, IpPermissionsEgress: egress } = group
      const rules = [...ruleTexts('ingress', ingress), ...ruleTexts('egress', egress)]
      return [vpc, { group: GroupId, rules }]
    }),
  )
}

async function readInterfaces(client: AwsClient, args: IsolationArgs, context: ReadContext): Promise<Interfaces> {
  const input = { Filters: [{ Name: 'attachment.instance-id', Values: [args.instance_id] }] }
  const call = ec2('DescribeNetworkInterfaces', input)
  const { NetworkInterfaces: found } = await client.ask(call, interfacesSchema, args, context)
  return found.sort((a, b) => (a.NetworkInterfaceId < b.NetworkInterfaceId ? -1 : 1))
}

function inWords({ NetworkInterfaceId: id, PrivateIpAddress: address, Groups: groups }: Interfaces[number]): string {
  const names = groups.map(({ GroupId, GroupName }) =>
    GroupName === undefined ? GroupId : `${GroupId} (${GroupName})`,
  )
  return `${id}, ${address ?? 'no address'}, in ${names.join(', ')}`
}

import { z } from 'zod'
import { TocsinError } from '../../../../shared/errors.ts'
import type { JsonObject } from '../../../../shared/model/json.ts'
import type { ReadContext, Reading } from '../action-definition.ts'
import { GROUP_ID, INTERFACE_ID, type Account } from './aws-args.ts'
import { isMissing, type AwsClient } from './aws-client.ts'
import { isDefaultEgress, permission, ruleTexts } from './security-rules.ts'

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
    z.object({
      group: z.string(),
      /** In words; none where it is closed. */
      rules: z.array(z.string()),
      /** Whether these are just those that a new group has. */
      is_new: z.boolean(),
    }).nullable(),
  ),
  /** The instance's value of the tag, where one was asked for; null where it has none. */
  tag: z.string().nullable().optional(),
})
export type IsolationState = z.infer<typeof isolationState>

const instancesSchema = z.object({
  Reservations: z
    .array(
      z.object({
        Instances: z.array(
          z.object({
            InstanceId: z.string(),
            State: z.object({ Name: z.string() }),
            Tags: z.array(z.object({ Key: z.string(), Value: z.string() })).optional(),
          }),
        ),
      }),
    )
    .default([]),
})

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

/** One interface, and the VPC whose group it goes into. */
export interface Attached {
  id: string
  vpc: string
}

/** A reading, and what its requests need beside the state. */
export interface IsolationReading extends Reading {
  interfaces: Attached[]
}

/** @throws HttpFailure, TocsinError `target_missing`, `bad_answer` */
export async function readIsolation(client: AwsClient, args: IsolationArgs, context: ReadContext): Promise<IsolationReading> {
  const { name, tags } = await readInstance(client, args, context)
  const interfaces = await readInterfaces(client, args, context)
  const vpcs = [...new Set(interfaces.map(({ VpcId }) => VpcId))].sort()
  const state: JsonObject = {
    groups: Object.fromEntries(interfaces.map((one) => [one.NetworkInterfaceId, one.Groups.map(({ GroupId }) => GroupId).sort()])),
    isolation: await readGroups(client, vpcs, args, context),
    ...(args.tag === undefined ? {} : { tag: tags.get(tagOf(args.tag).Key) ?? null }),
  }
  return {
    id: args.instance_id,
    state,
    interfaces: interfaces.map(({ NetworkInterfaceId: id, VpcId: vpc }) => ({ id, vpc })),
    rows: [
      { key: 'Instance', value: `${args.instance_id} in ${args.region}, ${name}` },
      ...interfaces.map((one) => ({ key: `Interface ${one.NetworkInterfaceId}`, value: inWords(one) })),
    ],
  }
}

/** @returns a tag as EC2 takes it */
export function tagOf(tag: string): { Key: string; Value: string } {
  const at = tag.indexOf('=')
  return at === -1 ? { Key: tag, Value: '' } : { Key: tag.slice(0, at), Value: tag.slice(at + 1) }
}

/** @returns the group for isolation of the VPC, or null */
export async function isolationGroupOf(client: AwsClient, vpc: string, account: Account, context: ReadContext): Promise<string | null> {
  const found = isolationState.shape.isolation.parse(await readGroups(client, [vpc], account, context))
  return found[vpc]?.group ?? null
}

async function readInstance(
  client: AwsClient,
  args: IsolationArgs,
  context: ReadContext,
): Promise<{ name: string; tags: Map<string, string> }> {
  const input = { InstanceIds: [args.instance_id] }
  const { Reservations: found } = await client
    .ask({ service: 'EC2', operation: 'DescribeInstances', input }, instancesSchema, args, context)
    .catch((error: unknown) => {
      throw isMissing(error) ? missing(args) : error
    })
  const instance = found.flatMap(({ Instances }) => Instances).find(({ InstanceId }) => InstanceId === args.instance_id)
  if (instance === undefined) throw missing(args)
  const tags = new Map((instance.Tags ?? []).map(({ Key, Value }) => [Key, Value]))
  return { name: [tags.get('Name') ?? '', instance.State.Name].filter((text) => text !== '').join(', '), tags }
}

async function readInterfaces(client: AwsClient, args: IsolationArgs, context: ReadContext): Promise<Interfaces> {
  const input = { Filters: [{ Name: 'attachment.instance-id', Values: [args.instance_id] }] }
  const call = { service: 'EC2', operation: 'DescribeNetworkInterfaces', input } as const
  const { NetworkInterfaces: found } = await client.ask(call, interfacesSchema, args, context)
  return found.sort((a, b) => (a.NetworkInterfaceId < b.NetworkInterfaceId ? -1 : 1))
}

async function readGroups(client: AwsClient, vpcs: readonly string[], account: Account, context: ReadContext): Promise<JsonObject> {
  if (vpcs.length === 0) return {}
  const input = {
    Filters: [
      { Name: 'group-name', Values: [ISOLATION_GROUP] },
      { Name: 'vpc-id', Values: [...vpcs] },
    ],
  }
  const call = { service: 'EC2', operation: 'DescribeSecurityGroups', input } as const
  const { SecurityGroups: found } = await client.ask(call, groupsSchema, account, context)
  return Object.fromEntries(
    vpcs.map((vpc) => {
      const group = found.find(({ VpcId }) => VpcId === vpc)
      if (group === undefined) return [vpc, null]
      const { GroupId, IpPermissions: ingress, IpPermissionsEgress: egress } = group
      const rules = [...ruleTexts('ingress', ingress), ...ruleTexts('egress', egress)]
      const isNew = rules.length > 0 && ingress.length === 0 && egress.every(isDefaultEgress)
      return [vpc, { group: GroupId, rules, is_new: isNew }]
    }),
  )
}

function inWords({ PrivateIpAddress: address, Groups: groups }: Interfaces[number]): string {
  const names = groups.map(({ GroupId, GroupName }) => (GroupName === undefined ? GroupId : `${GroupId} (${GroupName})`))
  return `${address ?? 'no address'}; groups ${names.join(', ')}`
}

function missing({ instance_id: id, region }: IsolationArgs): TocsinError {
  return new TocsinError('target_missing', `EC2 knows no instance ${id} in ${region} that this key may see.`)
}

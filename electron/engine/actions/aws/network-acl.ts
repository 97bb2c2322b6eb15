import { z } from 'zod'
import { TocsinError } from '../../../../shared/errors.ts'
import type { ReadContext } from '../action-definition.ts'
import type { Account } from './aws-args.ts'
import { ec2, isMissing, type AwsClient } from './aws-client.ts'
import { canonicalCidr } from './cidr.ts'

export interface AclArgs extends Account {
  network_acl_id: string
  cidr: string
}

/** EC2's `NetworkAclEntry`, of what is read. */
const entrySchema = z.object({
  CidrBlock: z.string().optional(),
  Ipv6CidrBlock: z.string().optional(),
  Egress: z.boolean(),
  Protocol: z.string(),
  RuleAction: z.string(),
  RuleNumber: z.number(),
})
type Entry = z.infer<typeof entrySchema>

const aclsSchema = z.object({
  NetworkAcls: z
    .array(
      z.object({
        NetworkAclId: z.string(),
        VpcId: z.string().optional(),
        Entries: z.array(entrySchema),
        Associations: z.array(z.object({ SubnetId: z.string().optional() })).default([]),
      }),
    )
    .default([]),
})

/** Every protocol. */
const ALL = '-1'

/** One way through a network ACL. */
export interface Way {
  /** The number of the rule that denies the range before any rule allows something; null where there is none. */
  denied: number | null
  /** The number that such a rule would get: the highest free one before the first rule that allows; null where there is none. */
  free: number | null
}

export interface NetworkAcl {
  in: Way
  out: Way
  vpc: string
  subnets: string[]
}

/** @throws HttpFailure, TocsinError `target_missing`, `bad_answer` */
export async function readAcl(client: AwsClient, args: AclArgs, context: ReadContext): Promise<NetworkAcl> {
  const input = { NetworkAclIds: [args.network_acl_id] }
  const call = ec2('DescribeNetworkAcls', input)
  const { NetworkAcls: found } = await client.ask(call, aclsSchema, args, context).catch((error: unknown) => {
    throw isMissing(error) ? missing(args) : error
  })
  const [acl] = found
  if (acl === undefined || acl.NetworkAclId !== args.network_acl_id) throw missing(args)
  const cidr = canonicalCidr(args.cidr)
  const way = (isEgress: boolean): Way =>
    wayOf(
      acl.Entries.filter(({ Egress }) => Egress === isEgress),
      cidr,
    )
  return {
    in: way(false),
    out: way(true),
    vpc: acl.VpcId ?? '',
    subnets: acl.Associations.flatMap(({ SubnetId }) => SubnetId ?? []).sort(),
  }
}

/** Rules are asked in the order of their numbers, and the first that matches decides (VPC User Guide, "Network ACL rules"). */
function wayOf(entries: readonly Entry[], cidr: string): Way {
  const allowing = entries.filter(({ RuleAction }) => RuleAction === 'allow').map(({ RuleNumber }) => RuleNumber)
  const end = Math.min(...allowing, LAST_RULE + 1)
  const denying = entries.filter((entry) => isDenialOf(entry, cidr) && entry.RuleNumber < end)
  const taken = new Set(entries.map(({ RuleNumber }) => RuleNumber))
  let free = end - 1
  while (taken.has(free)) free -= 1
  const numbers = denying.map(({ RuleNumber }) => RuleNumber)
  return { denied: numbers.length === 0 ? null : Math.min(...numbers), free: free < 1 ? null : free }
}

/** The last number that a rule may have; 32767 is the ACL's own, which denies all. */
const LAST_RULE = 32_766

function isDenialOf({ RuleAction, Protocol, CidrBlock, Ipv6CidrBlock }: Entry, cidr: string): boolean {
  return RuleAction === 'deny' && Protocol === ALL && (CidrBlock ?? Ipv6CidrBlock) === cidr
}

function missing({ network_acl_id: id, region }: AclArgs): TocsinError {
  return new TocsinError('target_missing', `EC2 knows no network ACL ${id} in ${region} that this key may see.`)
}

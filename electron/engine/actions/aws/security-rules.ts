import { z } from 'zod'
import type { JsonObject } from '../../../../shared/model/json.ts'

/** EC2's `IpPermission`, of what is read. */
export const permission = z.object({
  IpProtocol: z.string(),
  FromPort: z.number().optional(),
  ToPort: z.number().optional(),
  IpRanges: z.array(z.object({ CidrIp: z.string() })).default([]),
  Ipv6Ranges: z.array(z.object({ CidrIpv6: z.string() })).default([]),
  PrefixListIds: z.array(z.object({ PrefixListId: z.string() })).default([]),
  UserIdGroupPairs: z.array(z.object({ GroupId: z.string().optional() })).default([]),
})
type Permission = z.infer<typeof permission>

/** Every protocol, every port. */
const ALL = '-1'

/** The rules that a new security group has: everything out to anywhere (the second in a VPC with IPv6). */
export const DEFAULT_EGRESS: ReadonlySet<string> = new Set(['egress all 0.0.0.0/0', 'egress all ::/0'])

/** @returns each rule in words, sorted: `egress all 0.0.0.0/0`, `ingress tcp 22-22 10.0.0.0/8` */
export function ruleTexts(direction: 'ingress' | 'egress', rules: readonly Permission[]): string[] {
  return rules.flatMap((rule) => peersOf(rule).map((peer) => `${direction} ${portsOf(rule)} ${peer}`)).sort()
}

/** @returns those of the default rules that a group has, as EC2 takes them to be revoked */
export function defaultRules(rules: readonly string[]): JsonObject[] {
  const v4 = rules.includes('egress all 0.0.0.0/0') ? { IpRanges: [{ CidrIp: '0.0.0.0/0' }] } : {}
  const v6 = rules.includes('egress all ::/0') ? { Ipv6Ranges: [{ CidrIpv6: '::/0' }] } : {}
  return [{ IpProtocol: ALL, ...v4, ...v6 }]
}

function portsOf({ IpProtocol: protocol, FromPort: from, ToPort: to }: Permission): string {
  return protocol === ALL ? 'all' : `${protocol} ${from ?? 'any'}-${to ?? 'any'}`
}

function peersOf({ IpRanges, Ipv6Ranges, PrefixListIds, UserIdGroupPairs }: Permission): string[] {
  return [
    ...IpRanges.map(({ CidrIp }) => CidrIp),
    ...Ipv6Ranges.map(({ CidrIpv6 }) => CidrIpv6),
    ...PrefixListIds.map(({ PrefixListId }) => PrefixListId),
    ...UserIdGroupPairs.map(({ GroupId }) => GroupId ?? 'another group'),
  ]
}

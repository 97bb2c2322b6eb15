import { z } from 'zod'

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
export type Permission = z.infer<typeof permission>

/** Every protocol, every port. */
const ALL = '-1'
const ANYWHERE = ['0.0.0.0/0', '::/0']

/** Whether it is the rule that a new security group has: everything out to anywhere. */
export function isDefaultEgress(rule: Permission): boolean {
  const peers = peersOf(rule)
  return rule.IpProtocol === ALL && peers.length > 0 && peers.every((peer) => ANYWHERE.includes(peer))
}

/** @returns each rule in words, sorted: `egress all 0.0.0.0/0`, `ingress tcp 22-22 10.0.0.0/8` */
export function ruleTexts(direction: 'ingress' | 'egress', rules: readonly Permission[]): string[] {
  return rules.flatMap((rule) => peersOf(rule).map((peer) => `${direction} ${portsOf(rule)} ${peer}`)).sort()
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

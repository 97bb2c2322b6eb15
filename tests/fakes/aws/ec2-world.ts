/** What a fake EC2 holds: one VPC with one instance, its groups, its snapshots and one network ACL. */
export interface Ec2World {
  instance: { id: string; status: string; tags: Map<string, string> }
  /** The security groups of each of its interfaces. */
  interfaces: Map<string, string[]>
  groups: Map<string, Group>
  snapshots: { id: string; description: string; startedAt: string }[]
  entries: AclEntry[]
}

interface Group {
  name: string
  ingress: string[]
  /** Ranges that everything may go to. */
  egress: string[]
}

export interface AclEntry {
  number: number
  isEgress: boolean
  action: string
  protocol: string
  cidr: string
}

export const VPC = 'vpc-0a1b2c3d4e5f60718'
export const INSTANCE = 'i-0123456789abcdef0'
export const ACL = 'acl-0123456789abcdef0'
export const [ENI_1, ENI_2, ENI_3] = [
  'eni-00000000000000001',
  'eni-00000000000000002',
  'eni-00000000000000003',
] as const
export const [WEB, SSH, DB] = ['sg-0000000000000000a', 'sg-0000000000000000b', 'sg-0000000000000000c'] as const

export function ec2World(): Ec2World {
  const group = (name: string): Group => ({ name, ingress: ['tcp 443 0.0.0.0/0'], egress: ['0.0.0.0/0'] })
  const allow = (isEgress: boolean): AclEntry => ({
    number: 100,
    isEgress,
    action: 'allow',
    protocol: '-1',
    cidr: '0.0.0.0/0',
  })
  const last = (isEgress: boolean): AclEntry => ({ ...allow(isEgress), number: 32_767, action: 'deny' })
  return {
    instance: { id: INSTANCE, status: 'running', tags: new Map([['Name', 'web-frontend-17']]) },
    interfaces: new Map([
      [ENI_1, [WEB, SSH]],
      [ENI_2, [DB]],
      [ENI_3, [WEB]],
    ]),
    groups: new Map([
      [WEB, group('web')],
      [SSH, group('ssh')],
      [DB, group('db')],
    ]),
    snapshots: [],
    entries: [allow(false), allow(true), last(false), last(true)],
  }
}

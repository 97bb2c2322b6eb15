import ipaddr from 'ipaddr.js'

/** What a record of a MaxMind database may hold here. */
export type MmdbValue = string | number | bigint | boolean | MmdbValue[] | { [name: string]: MmdbValue }

export interface MmdbOptions {
  type: string
  /** Networks (`8.8.8.0/24`) and their records. */
  networks: Record<string, MmdbValue>
  ipVersion?: 4 | 6
}

type Branch = { kind: 'node'; sides: [Branch, Branch] } | { kind: 'data'; offset: number } | { kind: 'none' }

const MARKER = Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1')
const SEPARATOR = Buffer.alloc(16)

/** A database as MaxMind's "MaxMind DB File Format Specification" 2.0 has it, with records of 24 bits. */
export function mmdb({ type, networks, ipVersion = 6 }: MmdbOptions): Buffer {
  const data: Buffer[] = []
  let length = 0
  let root: Branch = { kind: 'node', sides: [{ kind: 'none' }, { kind: 'none' }] }
  for (const [network, record] of Object.entries(networks)) {
    const bytes = encoded(record)
    root = put(root, bitsOf(network, ipVersion), { kind: 'data', offset: length })
    data.push(bytes)
    length += bytes.length
  }
  const nodes = listed(root)
  const tree = Buffer.concat(nodes.map(({ sides }) => Buffer.concat(sides.map((side) => recordOf(side, nodes)))))
  const metadata = encoded({
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1_790_000_000n,
    database_type: type,
    description: { en: 'Made for tests' },
    ip_version: ipVersion,
    languages: ['en'],
    node_count: nodes.length,
    record_size: 24,
  })
  return Buffer.concat([tree, SEPARATOR, ...data, MARKER, metadata])
}

type Node = Extract<Branch, { kind: 'node' }>

/** IPv4 lies in the first 32 bits behind 96 zeros. */
function bitsOf(network: string, ipVersion: 4 | 6): number[] {
  const [address, length] = ipaddr.parseCIDR(network)
  const isPadded = ipVersion === 6 && address.kind() === 'ipv4'
  const bytes = [...(isPadded ? Array.from({ length: 12 }, () => 0) : []), ...address.toByteArray()]
  const bits = bytes.flatMap((byte) => Array.from({ length: 8 }, (_, index) => (byte >> (7 - index)) & 1))
  return bits.slice(0, length + (isPadded ? 96 : 0))
}

function put(branch: Branch, [bit, ...rest]: number[], data: Branch): Branch {
  if (bit === undefined) return data
  const sides: [Branch, Branch] = branch.kind === 'node' ? [...branch.sides] : [branch, branch]
  sides[bit === 1 ? 1 : 0] = put(sides[bit === 1 ? 1 : 0], rest, data)
  return { kind: 'node', sides }
}

function listed(root: Branch): Node[] {
  if (root.kind !== 'node') return []
  return [root, ...root.sides.flatMap((side) => listed(side))]
}

function recordOf(side: Branch, nodes: Node[]): Buffer {
  const bytes = Buffer.alloc(3)
  const value =
    side.kind === 'none' ? nodes.length : side.kind === 'node' ? nodes.indexOf(side) : nodes.length + 16 + side.offset
  bytes.writeUIntBE(value, 0, 3)
  return bytes
}

function encoded(value: MmdbValue): Buffer {
  if (typeof value === 'string') return Buffer.concat([control(2, Buffer.byteLength(value)), Buffer.from(value)])
  if (typeof value === 'boolean') return control(14, value ? 1 : 0)
  if (typeof value === 'bigint') {
    const bytes = Buffer.alloc(8)
    bytes.writeBigUInt64BE(value)
    return Buffer.concat([control(9, 8), bytes])
  }
  if (typeof value === 'number') {
    const isWhole = Number.isInteger(value) && value >= 0
    const bytes = Buffer.alloc(isWhole ? 4 : 8)
    if (isWhole) bytes.writeUInt32BE(value)
    else bytes.writeDoubleBE(value)
    return Buffer.concat([isWhole ? control(6, 4) : control(3, 8), bytes])
  }
  if (Array.isArray(value)) return Buffer.concat([control(11, value.length), ...value.map((item) => encoded(item))])
  const entries = Object.entries(value)
  return Buffer.concat([
    control(7, entries.length),
    ...entries.flatMap(([name, field]) => [encoded(name), encoded(field)]),
  ])
}

/** Types from 8 on stand in a byte of their own. */
function control(type: number, size: number): Buffer {
  const [short, long] = size < 29 ? [size, []] : [29, [size - 29]]
  return Buffer.from(type < 8 ? [(type << 5) | short, ...long] : [short, type - 7, ...long])
}

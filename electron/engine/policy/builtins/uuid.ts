import type { RegoValue } from '../rego-value.ts'
import { stringOperand, type Builtin } from './builtin.ts'
import { integerValue } from './numbers.ts'

const DASHED = /^([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})/i

/** The forms that google/uuid reads: plain, `urn:uuid:`, in any brackets, without dashes. */
function bytesOf(text: string): Buffer | null {
  // Lengths count bytes; the brackets' own bytes are not looked at.
  const raw = Buffer.from(text).toString('latin1')
  if (raw.length === 32) return /^[0-9a-f]{32}$/i.test(raw) ? Buffer.from(raw, 'hex') : null
  if (raw.length === 45 && !/^urn:uuid:/i.test(raw)) return null
  const start = { 36: 0, 38: 1, 45: 9 }[raw.length]
  const match = start === undefined ? null : DASHED.exec(raw.slice(start))
  return match ? Buffer.from(match.slice(1).join(''), 'hex') : null
}

function variantOf(byte: number): string {
  if ((byte & 0xc0) === 0x80) return 'RFC4122'
  if ((byte & 0xe0) === 0xc0) return 'Microsoft'
  return (byte & 0xe0) === 0xe0 ? 'Future' : 'Reserved'
}

/** 100 ns steps from 15 October 1582 to 1970. */
const GREGORIAN_OFFSET = 122_192_928_000_000_000n
const DOMAINS = ['Person', 'Group', 'Org']
const MAC_KINDS = ['global:unicast', 'global:multicast', 'local:unicast', 'local:multicast']

const parse: Builtin = (_context, value) => {
  const bytes = bytesOf(stringOperand(value))
  if (!bytes) return undefined
  const version = bytes.readUInt8(6) >> 4
  const fields: { [key: string]: RegoValue } = { version, variant: variantOf(bytes.readUInt8(8)) }
  if (version !== 1 && version !== 2) return fields
  const ticks =
    (BigInt(bytes.readUInt16BE(6) & 0xfff) << 48n) |
    (BigInt(bytes.readUInt16BE(4)) << 32n) |
    BigInt(bytes.readUInt32BE(0))
  fields['time'] = integerValue(BigInt.asIntN(64, (ticks - GREGORIAN_OFFSET) * 100n))
  fields['nodeid'] = bytes.subarray(10).toString('hex').match(/../g)?.join('-') ?? ''
  fields['macvariables'] = MAC_KINDS[bytes.readUInt8(10) & 3] ?? ''
  fields['clocksequence'] = bytes.readUInt16BE(8) & 0x3fff
  if (version === 2) {
    fields['id'] = bytes.readUInt32BE(0)
    fields['domain'] = DOMAINS[bytes.readUInt8(9)] ?? `Domain${bytes.readUInt8(9)}`
  }
  return fields
}

export const uuidBuiltins: Record<string, Builtin> = { 'uuid.parse': parse }

import ipaddr from 'ipaddr.js'

/**
 * All addresses from `low` to `high`, both among them, as numbers of 128 bits. An IPv4 address is where IPv6 maps it
 * (`::ffff:0:0/96`), so that every spelling of one address is one number, and `::/0` holds them all.
 */
export interface AddressRange {
  low: bigint
  high: bigint
}

const MAPPED = 0xffffn << 32n
const LAST_32 = 0xffff_ffffn
/** Prefixes of IPv6 that carry an IPv4 address in their last 32 bits: NAT64 (RFC 6052) and the old compatible form. */
const CARRIERS = [0x64_ff9bn << 96n, 0n]
const IPV4_BITS = 32
const IPV6_BITS = 128
/** `::` and `::1` are no IPv4 addresses in the compatible form. */
const FIRST_COMPATIBLE = 2n

/**
 * Reads an address or a range in any notation: `10.0.0.1`, `::ffff:10.0.0.1`, `[::1]`, `fe80::1%eth0`, `10.0.0.0/8`,
 * `10.0.0.0/255.0.0.0`, `10.0.0.1-10.0.0.9`, `10.0.0.1:443`, `127.1`, `0x7f.1`.
 * @param options.isBareNumber whether `2130706433` is an address as well: in most places such a number is an id
 * @returns null for everything else, and for a range that holds nothing
 */
export function readRange(text: string, { isBareNumber = false } = {}): AddressRange | null {
  const bare = text.normalize('NFKC').trim()
  // Most words are none, and a text may have many.
  if (!/[\d:]/.test(bare)) return null
  const [first = '', second, ...rest] = bare.split('/')
  if (rest.length > 0) return null
  if (second !== undefined) return prefixed(first, second.trim())
  const ends = bare.split('-')
  if (ends.length === 2) return between(ends[0] ?? '', ends[1] ?? '')
  if (/^\d+$/.test(bare) && !isBareNumber) return null
  const address = readAddress(withoutPort(bare))
  return address === null ? null : { low: address.value, high: address.value }
}

/** Whether two ranges have an address in common. */
export function overlap(one: AddressRange, other: AddressRange): boolean {
  return one.low <= other.high && other.low <= one.high
}

/**
 * How many single targets a range is: each IPv4 address is one, and so is each network of 64 bits of IPv6, which is what one
 * customer or one wire is given.
 */
export function sizeOf({ low, high }: AddressRange): number {
  const isIpv4 = low >> 32n === 0xffffn && high >> 32n === 0xffffn
  return Number(isIpv4 ? high - low + 1n : (high >> 64n) - (low >> 64n) + 1n)
}

/** The one spelling of a range: an address, or the first and the last. */
export function rangeText({ low, high }: AddressRange): string {
  return low === high ? addressText(low) : `${addressText(low)}-${addressText(high)}`
}

function addressText(value: bigint): string {
  const bytes = Array.from({ length: 16 }, (_, index) => Number((value >> BigInt(8 * (15 - index))) & 0xffn))
  return ipaddr.process(ipaddr.fromByteArray(bytes).toString()).toString()
}

function prefixed(text: string, length: string): AddressRange | null {
  const address = readAddress(text)
  const bits = address && prefixBits(length, address.bits)
  if (address === null || bits === null) return null
  const host = (1n << BigInt(address.bits - bits)) - 1n
  return carried({ low: address.raw & ~host, high: address.raw | host }, address.bits)
}

/** A length, or for IPv4 a mask. */
function prefixBits(text: string, most: number): number | null {
  if (/^\d{1,3}$/.test(text)) return Number(text) <= most ? Number(text) : null
  if (most !== IPV4_BITS || !ipaddr.IPv4.isValidFourPartDecimal(text)) return null
  return ipaddr.IPv4.parse(text).prefixLengthFromSubnetMask()
}

function between(from: string, to: string): AddressRange | null {
  const [low, high] = [readAddress(from.trim()), readAddress(to.trim())]
  return low === null || high === null || low.value > high.value ? null : { low: low.value, high: high.value }
}

interface ReadAddress {
  /** The number within its own family */
  raw: bigint
  bits: number
  value: bigint
}

function readAddress(text: string): ReadAddress | null {
  const bare = text
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/%.*$/, '')
    .replace(/\.$/, '')
  if (!ipaddr.isValid(bare)) return null
  const address = ipaddr.parse(bare)
  const raw = address.toByteArray().reduce((number, byte) => (number << 8n) | BigInt(byte), 0n)
  const bits = address instanceof ipaddr.IPv4 ? IPV4_BITS : IPV6_BITS
  return { raw, bits, value: carried({ low: raw, high: raw }, bits).low }
}

function withoutPort(text: string): string {
  return /^(\[[^\]]+\]):\d{1,5}$/.exec(text)?.[1] ?? /^([^:]+):\d{1,5}$/.exec(text)?.[1] ?? text
}

/** A range of either family among the numbers of all. */
function carried({ low, high }: AddressRange, bits: number): AddressRange {
  if (bits === IPV4_BITS) return { low: low | MAPPED, high: high | MAPPED }
  const isCarried = CARRIERS.includes(low & ~LAST_32) && (low & ~LAST_32) === (high & ~LAST_32)
  if (!isCarried || (low >> 32n === 0n && low < FIRST_COMPATIBLE)) return { low, high }
  return { low: (low & LAST_32) | MAPPED, high: (high & LAST_32) | MAPPED }
}

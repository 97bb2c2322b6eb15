import ipaddr from 'ipaddr.js'
import { parseAddress } from '../../http/net-allow.ts'

/** Cloudflare's custom lists take these ranges, and of IPv6 no single address ("Custom lists", IP address and range formats). */
const PREFIXES = { ipv4: { least: 8, most: 32 }, ipv6: { least: 12, most: 64 } }

/**
 * An address or range in the one spelling in which it stands in a list: an IPv4 address, or a range without host bits. A single
 * IPv6 address becomes its /64, which is the least that a list takes, and usually one network of one subscriber.
 * @returns null when the text is neither, or a range that a list does not take
 */
export function listedIp(text: string): string | null {
  const [host = '', bits, ...rest] = text.split('/')
  if (rest.length > 0 || (bits !== undefined && !/^(?:0|[1-9]\d{0,2})$/.test(bits))) return null
  if (!ipaddr.IPv4.isValidFourPartDecimal(host) && !(ipaddr.IPv6.isValid(host) && !host.includes('%'))) return null
  if (bits === undefined) return addressOf(host)
  const address = ipaddr.parse(host)
  if (Number(bits) === address.toByteArray().length * 8) return addressOf(host)
  const { least, most } = PREFIXES[address.kind()]
  if (Number(bits) < least || Number(bits) > most) return null
  const network = networkOf(address, Number(bits))
  return network === `${address.toString()}/${bits}` ? network : null
}

/** How many addresses an address or range has, for a person. */
export function sizeOf(listed: string): string {
  const [host = '', bits] = listed.split('/')
  if (bits === undefined) return '1'
  const left = ipaddr.parse(host).toByteArray().length * 8 - Number(bits)
  return left < 50 ? (2 ** left).toLocaleString('en-US') : `2^${left}`
}

/** An IPv4 address in IPv6 clothes is the IPv4 address: its /64 would be that of all others. */
function addressOf(host: string): string {
  const address = parseAddress(host) ?? ipaddr.parse(host)
  return address.kind() === 'ipv4' ? address.toString() : networkOf(address, PREFIXES.ipv6.most)
}

function networkOf(address: ipaddr.IPv4 | ipaddr.IPv6, bits: number): string {
  const bytes = address
    .toByteArray()
    .map((byte, index) => byte & (0xff00 >> Math.min(8, Math.max(0, bits - index * 8))))
  return `${ipaddr.fromByteArray(bytes).toString()}/${bits}`
}

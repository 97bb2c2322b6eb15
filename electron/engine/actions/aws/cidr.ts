import ipaddr from 'ipaddr.js'
import { z } from 'zod'

/** What is larger would cut off half the Internet by a slip. */
const LEAST_BITS = { ipv4: 8, ipv6: 16 } as const

/** An address or a range, as an argument. */
export const cidrArg = z
  .string()
  .max(64)
  .superRefine((text, context) => {
    const why = wrongWith(text)
    if (why !== null) context.addIssue({ code: 'custom', message: why })
  })
  .describe('Address or range: 203.0.113.7, 203.0.113.0/24, 2001:db8::/32')

/** @returns the range as AWS writes it: `203.0.113.7/32`, `2001:db8::/32` */
export function canonicalCidr(text: string): string {
  const { address, bits } = parse(text) ?? { address: null, bits: 0 }
  // `cidrArg` has taken it.
  return address === null ? text : `${address.toString()}/${bits}`
}

/** @returns whether it is one of IPv6 */
export function isV6(cidr: string): boolean {
  return cidr.includes(':')
}

function wrongWith(text: string): string | null {
  const parsed = parse(text)
  if (parsed === null) return 'is no address or range like 203.0.113.7 or 203.0.113.0/24'
  const { address, bits } = parsed
  const least = LEAST_BITS[address.kind()]
  if (bits < least) return `is larger than a /${least}`
  const network =
    address instanceof ipaddr.IPv4
      ? ipaddr.IPv4.networkAddressFromCIDR(`${address.toString()}/${bits}`)
      : ipaddr.IPv6.networkAddressFromCIDR(`${address.toString()}/${bits}`)
  return network.toString() === address.toString() ? null : `is no range: ${network.toString()}/${bits} is`
}

function parse(text: string): { address: ipaddr.IPv4 | ipaddr.IPv6; bits: number } | null {
  const match = /^([0-9a-f.:]+)(?:\/([1-9]\d{0,2}|0))?$/i.exec(text)
  const [, host = '', prefix] = match ?? []
  const isV4 = ipaddr.IPv4.isValidFourPartDecimal(host)
  if (!isV4 && !(host.includes(':') && ipaddr.IPv6.isValid(host))) return null
  const address = isV4 ? ipaddr.IPv4.parse(host) : ipaddr.IPv6.parse(host)
  if (address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress()) return null
  const most = isV4 ? 32 : 128
  const bits = prefix === undefined ? most : Number(prefix)
  return bits > most ? null : { address, bits }
}

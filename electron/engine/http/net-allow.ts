import ipaddr from 'ipaddr.js'
import { TocsinError } from '../../../shared/errors.ts'

export type Address = ipaddr.IPv4 | ipaddr.IPv6

type Rule =
  | { kind: 'range'; address: Address; bits: number; port: string | null }
  | { kind: 'name'; name: string; port: string | null }

/**
 * The addresses that actions may call although they are not public: `127.0.0.1`, `10.0.0.0/8`, `[::1]:8080`,
 * `ollama.lan`, `ollama.lan:11434` (`interfaces.md` §5). A name allows whatever it resolves to.
 */
export class NetAllow {
  readonly #rules: Rule[]

  /** @throws TocsinError `bad_net_allow` */
  constructor(entries: readonly string[]) {
    this.#rules = entries
      .map((entry) => entry.trim())
      .filter((entry) => entry !== '')
      .map(parseRule)
  }

  /** @param port as text, never empty */
  allows(address: Address, hostname: string, port: string): boolean {
    return this.#rules.some((rule) => {
      if (rule.port !== null && rule.port !== port) return false
      if (rule.kind === 'name') return rule.name === hostname.toLowerCase()
      return rule.address.kind() === address.kind() && address.match(rule.address, rule.bits)
    })
  }

  /** Whether an entry names this host itself, without asking what a name resolves to. */
  lists(hostname: string, port: string): boolean {
    const address = parseAddress(hostname)
    if (address !== null) return this.allows(address, hostname, port)
    return this.#rules.some(
      (rule) => rule.kind === 'name' && rule.name === hostname.toLowerCase() && (rule.port ?? port) === port,
    )
  }
}

/**
 * Reads an address in any of its notations and takes an IPv4 address out of the IPv6 forms that carry one (mapped,
 * NAT64), because that is where the packets go.
 * @returns null when the text is a name
 */
export function parseAddress(text: string): Address | null {
  const bare = text.replace(/^\[(.*)\]$/, '$1').replace(/%.*$/, '')
  if (!ipaddr.isValid(bare)) return null
  const address = ipaddr.parse(bare)
  if (!(address instanceof ipaddr.IPv6)) return address
  if (address.isIPv4MappedAddress()) return address.toIPv4Address()
  return isNat64(address) ? new ipaddr.IPv4(address.toByteArray().slice(12)) : address
}

/** Public means: routed on the Internet. All else is a machine or network of the user's, or nothing at all. */
export function isPublic(address: Address): boolean {
  if (address.range() !== 'unicast') return false
  // Outside 2000::/3 nothing is allotted for global use (RFC 4291, 2.4); `::127.0.0.1` is "unicast" otherwise.
  return address instanceof ipaddr.IPv4 || address.match(ipaddr.IPv6.parse('2000::'), 3)
}

function isNat64(address: ipaddr.IPv6): boolean {
  return address.match(ipaddr.IPv6.parse('64:ff9b::'), 96)
}

function parseRule(entry: string): Rule {
  const { host, port } = splitPort(entry)
  const range = parseRange(host)
  if (range !== null) return { kind: 'range', ...range, port }
  if (/^[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?$/.test(host) && !/^[\d.]+$/.test(host)) {
    return { kind: 'name', name: host.toLowerCase(), port }
  }
  throw new TocsinError(
    'bad_net_allow',
    `"${entry}" is no address that can be allowed: write an address, a range (10.0.0.0/8), or host:port.`,
  )
}

function splitPort(entry: string): { host: string; port: string | null } {
  const bracketed = /^\[([^\]]+)\](?::(\d{1,5}))?$/.exec(entry)
  if (bracketed !== null) return { host: bracketed[1] ?? '', port: bracketed[2] ?? null }
  const plain = /^([^:]+):(\d{1,5})$/.exec(entry)
  return plain === null ? { host: entry, port: null } : { host: plain[1] ?? '', port: plain[2] ?? null }
}

function parseRange(text: string): { address: Address; bits: number } | null {
  if (ipaddr.IPv4.isValidFourPartDecimal(text)) return { address: ipaddr.IPv4.parse(text), bits: 32 }
  if (ipaddr.IPv6.isValid(text)) {
    const address = ipaddr.IPv6.parse(text)
    return address.isIPv4MappedAddress() ? { address: address.toIPv4Address(), bits: 32 } : { address, bits: 128 }
  }
  if (!ipaddr.isValidCIDR(text)) return null
  const [address, bits] = ipaddr.parseCIDR(text)
  return { address, bits }
}

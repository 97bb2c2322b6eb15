import { domainToASCII } from 'node:url'
import ipaddr from 'ipaddr.js'
import { isPublic } from '../../http/net-allow.ts'

/** What inspectors ask services about. */
export type IndicatorKind = 'ip' | 'domain' | 'file' | 'url'

/** What a policy may write, DeepAlert's words among them. */
export const INDICATOR_TYPES = {
  ip: 'ip',
  ipaddr: 'ip',
  domain: 'domain',
  file: 'file',
  filehashvalue: 'file',
  url: 'url',
} as const satisfies Record<string, IndicatorKind>

/** Longer ones no service takes (VirusTotal and urlscan cut at this length or below). */
const MAX_URL = 2048

const LABEL = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?'
const DOMAIN = new RegExp(`^(?=.{1,253}$)(?:${LABEL}\\.)+(?!\\d+$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])$`)

/** Names that no public name server answers for: RFC 6761, 6762, 8375, 9476 and ICANN's `internal`. */
const PRIVATE_NAME = /\.(?:local|localhost|internal|intranet|lan|home\.arpa|test|invalid|alt|onion)$/

/**
 * An indicator in the one spelling in which it is put into a request: an address as RFC 5952 has it, a name in ASCII and
 * small letters, a hash in small letters, a URL as its parser writes it.
 * @returns null when it is no such thing
 */
export function indicatorOf(kind: IndicatorKind, text: string): string | null {
  switch (kind) {
    case 'ip':
      return addressOf(text)
    case 'domain':
      return domainOf(text)
    case 'file':
      return /^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{128})$/i.test(text) ? text.toLowerCase() : null
    case 'url':
      return urlOf(text)
  }
}

/** The words for a refused value. */
export const INDICATOR_MEANS: Record<IndicatorKind, string> = {
  ip: 'is no IP address',
  domain: 'is no domain name',
  file: 'is no hash (hexadecimal of 32, 40, 64 or 128 characters)',
  url: `is no http(s) address of at most ${MAX_URL} characters`,
}

/** @returns an IPv4 address of four decimal parts or an IPv6 address without zone in its one spelling, else null */
export function addressOf(text: string): string | null {
  const isAddress = ipaddr.IPv4.isValidFourPartDecimal(text) || (ipaddr.IPv6.isValid(text) && !text.includes('%'))
  return isAddress ? ipaddr.process(text).toString() : null
}

/** @returns a name of letters, digits, hyphens and underscores with at least two labels (IDNA becomes ASCII), else null */
export function domainOf(text: string): string | null {
  // What is no part of a name never reaches the IDNA rules, which map or drop some of it.
  if (text.length > 512 || /[\s\p{C}/\\?#@:%[\]]/u.test(text)) return null
  const ascii = domainToASCII(text.replace(/\.$/, '')).toLowerCase()
  return DOMAIN.test(ascii) ? ascii : null
}

/** Whether nobody outside can know it: an address that is not public, a name of a private network, a URL of either. */
export function isPrivate(kind: IndicatorKind, indicator: string): boolean {
  switch (kind) {
    case 'ip':
      return !isPublic(ipaddr.process(indicator))
    case 'domain':
      return PRIVATE_NAME.test(`.${indicator}`)
    case 'file':
      return false
    case 'url': {
      const host = (URL.parse(indicator)?.hostname ?? '').replace(/^\[(.*)\]$/, '$1')
      const address = addressOf(host)
      if (address !== null) return isPrivate('ip', address)
      return !host.includes('.') || isPrivate('domain', host.replace(/\.$/, ''))
    }
  }
}

function urlOf(text: string): string | null {
  if (text.length > MAX_URL || /[\s\p{Cc}]/u.test(text)) return null
  const url = URL.parse(text)
  return url?.protocol === 'http:' || url?.protocol === 'https:' ? url.href : null
}

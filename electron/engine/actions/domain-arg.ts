import { domainToUnicode } from 'node:url'
import { z } from 'zod'
import { domainOf } from './inspect/indicator.ts'

/**
 * One name of two labels or more, and nothing that a list of rules would read otherwise: no wildcard, no pattern, no mark, no second
 * line. Written in other letters it is the name in ASCII (IDNA).
 */
export const domainArg = z
  .string()
  .max(512)
  .refine(
    (text) => domainOf(text) !== null,
    'is no domain name of letters, digits, hyphens and dots (no wildcard, no pattern)',
  )
  .describe('Domain name; international ones also in their own letters')

/** @returns the name as a name server is asked for it */
export function asciiDomain({ domain }: { domain: string }): string {
  // The arguments were checked: there is one.
  return domainOf(domain) ?? domain
}

/** The name for a person: `xn--bcher-kva.example (bücher.example)`. */
export function domainInWords(args: { domain: string }): string {
  const ascii = asciiDomain(args)
  const unicode = domainToUnicode(ascii)
  return unicode === '' || unicode === ascii ? ascii : `${ascii} (${unicode})`
}

/**
 * Whether a name is the host of an address, or lies above it: when it is blocked the service behind the address may not be found any more,
 * and so the block not be taken back.
 */
export function coversHost(args: { domain: string; base_url: string }, isWithBelow: boolean): boolean {
  const host = new URL(args.base_url).hostname.replace(/\.$/, '')
  const domain = asciiDomain(args)
  return host === domain || (isWithBelow && host.endsWith(`.${domain}`))
}

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

/** Hosts of EC2 and IAM in whichever region, and what lies above them ("Service endpoints"). */
const AWS_HOST = /^(?:ec2|iam)\.(?:[a-z]{2,5}(?:-[a-z]{2,12}){1,3}(?:-\d{1,2})?\.)?amazonaws\.com(?:\.cn)?$/
const AWS_REGION = /^[a-z]{2,5}(?:-[a-z]{2,12}){1,3}(?:-\d{1,2})?\.amazonaws\.com(?:\.cn)?$/

/**
 * Why a name must not be blocked: it is the host of an address that the desk needs, or lies above one. Without it the
 * resolver or a service may not be found any more, and so this block or another act not be taken back.
 * @param addresses of services; that of the resolver is the arguments'
 * @param isWithBelow the names below it are blocked, too
 * @returns null where the desk needs no such name
 */
export function neededHost(
  args: { domain: string; base_url: string },
  addresses: readonly string[],
  isWithBelow: boolean,
): string | null {
  const domain = asciiDomain(args)
  const isCovered = (host: string): boolean => host === domain || (isWithBelow && host.endsWith(`.${domain}`))
  const own = hostOf(args.base_url)
  if (isCovered(own)) return inWords('the resolver itself', own)
  const hosts = addresses.map(hostOf)
  const host = hosts.find(isCovered)
  if (host !== undefined) return inWords('a service', host)
  // Each region has hosts of its own, and the addresses stand for all of them.
  const isAws = AWS_HOST.test(domain) || (isWithBelow && AWS_REGION.test(domain))
  return isAws && hosts.some((one) => AWS_HOST.test(one)) ? inWords('a service', domain) : null
}

function inWords(what: string, host: string): string {
  return `The desk reaches ${what} by ${host}, and could not take back what it does there`
}

/** '' of what is no address: a service's may be set to anything by the environment. */
function hostOf(address: string): string {
  return URL.parse(address)?.hostname.replace(/\.$/, '') ?? ''
}

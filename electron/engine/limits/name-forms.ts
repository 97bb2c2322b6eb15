import { domainToASCII, domainToUnicode } from 'node:url'
import { plainReading } from '../../../shared/look-alike.ts'

/** What nobody sees in a name: format characters, joiners, fillers, controls. */
const UNSEEN = /[\p{Default_Ignorable_Code_Point}\p{C}]/gu

const PLAIN = /^[ -~]*$/

/**
 * What a name is compared by: without what is invisible, in small letters, without the dot that ends a host's full name,
 * a host's letters as IDN writes them, and beside that what it reads like, so that no letter of another script stands for
 * one of ours.
 * @returns at least one form of every name that is not empty
 */
export function nameForms(text: string): ReadonlySet<string> {
  // Most names, and an event may bring thousands: they have the one form.
  if (PLAIN.test(text) && !/xn--/i.test(text)) return new Set([smallOf(text)].filter((form) => form !== ''))
  const seen = text.normalize('NFKC').replace(UNSEEN, '').trim()
  const plain = [seen, unicodeOf(seen)].flatMap((form) => [form, plainReading(form), plainReading(form.toLowerCase())])
  const small = plain.map(smallOf)
  return new Set([...small, ...small.map(asciiOf)].filter((form) => form !== ''))
}

function smallOf(text: string): string {
  return text.trim().toLowerCase().replace(/\.+$/, '')
}

/** A domain before a log-in name: `CORP\\ann`, `corp/ann`; a path has more of it, or none. */
const IN_DOMAIN = /^[^\\/:]+[\\/](?=[^\\/]+$)/

/** The log-in name in `CORP\\ann`, `corp/ann` and `ann@corp.example`, beside the whole. */
export function userForms(text: string): ReadonlySet<string> {
  const whole = [...nameForms(text)]
  return new Set([...whole, ...whole.map((form) => form.replace(IN_DOMAIN, '').replace(/@.*$/, ''))])
}

/** The domain of a host or of an address of mail, in Unicode where it is written as `xn--`. */
function unicodeOf(text: string): string {
  return text.replace(/[^@]*$/, (domain) => (/xn--/i.test(domain) ? domainToUnicode(domain) || domain : domain))
}

function asciiOf(text: string): string {
  return text.replace(/[^@]*$/, (domain) => domainToASCII(domain) || domain)
}

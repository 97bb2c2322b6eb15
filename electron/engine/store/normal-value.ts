import { posix, win32 } from 'node:path'
import { domainToASCII } from 'node:url'
import ipaddr from 'ipaddr.js'
import type { Attribute } from '../../../shared/model/alert.ts'

/** What a value is, whatever a policy calls its type. */
export type NormalForm = 'ip' | 'domain' | 'hash' | 'email' | 'path'

const FORMS: readonly [NormalForm, RegExp, (text: string) => string | null][] = [
  ['ip', /^(?:ip|ipv[46]|ip_?addr(?:ess)?)$/, normalIp],
  ['domain', /^(?:domain|domain_?name|fqdn|host_?name)$/, normalDomain],
  ['hash', /^(?:hash|file_?hash(?:_?value)?|md5|sha1|sha256|sha512|digest)$/, normalHash],
  ['email', /^(?:e_?mail|mail|email_?addr(?:ess)?)$/, normalEmail],
  ['path', /^(?:path|file_?path|directory)$/, normalPath],
]

/**
 * A value in the one spelling of its type, so that the same thing is found however a detector writes it.
 * @returns null where the type says nothing of the value, or the value is none of its type
 */
export function normalValue({ type, value }: Pick<Attribute, 'type' | 'value'>): {
  form: NormalForm
  normal: string
} | null {
  if (typeof value !== 'string') return null
  const word = type.toLowerCase().replaceAll('-', '_').split(/[.:/]/).at(-1) ?? ''
  const [form, , normalize] = FORMS.find(([, words]) => words.test(word)) ?? []
  const normal = normalize?.(value.trim()) ?? null
  return form === undefined || normal === null ? null : { form, normal }
}

/** RFC 5952; an IPv4 address in IPv6 clothes is the IPv4 address. */
function normalIp(text: string): string | null {
  const bare = text.replace(/^\[(.*)\]$/, '$1')
  const isAddress = ipaddr.IPv4.isValidFourPartDecimal(bare) || ipaddr.IPv6.isValid(bare)
  return isAddress ? ipaddr.process(bare).toString() : null
}

function normalDomain(text: string): string | null {
  const ascii = domainToASCII(text.replace(/\.$/, ''))
  return ascii === '' ? null : ascii
}

function normalHash(text: string): string | null {
  return /^(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})$/i.test(text)
    ? text.toLowerCase()
    : null
}

function normalEmail(text: string): string | null {
  const [, local = '', domain = ''] = /^([^\s@]+)@([^\s@]+)$/.exec(text) ?? []
  const ascii = domain === '' ? null : normalDomain(domain)
  return ascii === null ? null : `${local.toLowerCase()}@${ascii}`
}

/** A path of Windows does not tell letters from capitals. */
function normalPath(text: string): string | null {
  if (text === '') return null
  if (/^[a-z]:[\\/]|\\/i.test(text)) return win32.normalize(text).toLowerCase()
  return posix.normalize(text)
}

/** SQL that notes one value; the same one twice is one. */
export const INSERT_NORMAL = `INSERT INTO attribute_normal (normal, form, subject_kind, subject_id, action_id, key)
  VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`

/** The operands of `INSERT_NORMAL` for attributes. @param actionId what committed them; '' for the alert's own and those of `init` */
export function normalRows(
  subject: { kind: string; id: string },
  actionId: string,
  attributes: readonly Attribute[],
): [string, NormalForm, string, string, string, string][] {
  return attributes.flatMap((attribute) => {
    const found = normalValue(attribute)
    if (found === null) return []
    return [[found.normal, found.form, subject.kind, subject.id, actionId, attribute.key]]
  })
}

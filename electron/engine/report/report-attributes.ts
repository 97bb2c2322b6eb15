import type { Attribute } from '../../../shared/model/alert.ts'
import type { JsonValue } from '../../../shared/model/json.ts'
import type { ReportAttribute } from '../../../shared/model/report.ts'

/** Longer values are cut: DeepAlert's limit of an attribute's key and value, in characters. */
const MAX_TEXT = 1024

/** DeepAlert's word for the types that policies give their attributes; others stay as they are. */
const TYPES: readonly [RegExp, string][] = [
  [/^(?:ip|ipv[46]|ip_?addr(?:ess)?)$/, 'ipaddr'],
  [/^(?:domain|domain_?name|fqdn|host_?name)$/, 'domain'],
  [/^(?:hash|md5|sha1|sha256|sha512|digest|filehashvalue)$/, 'filehashvalue'],
  [/^(?:user|user_?name|account|login)$/, 'username'],
  [/^(?:url|uri|link)$/, 'url'],
]

/** An attribute of an alert as inspectors see it. */
export function reportAttributeOf({ key, type, value }: Pick<Attribute, 'key' | 'type' | 'value'>): ReportAttribute {
  return bounded({ type: typeOf(type), key, value: valueText(value), context: [] })
}

/** What came from outside is no longer than DeepAlert lets it be. */
export function bounded(attribute: ReportAttribute): ReportAttribute {
  const { type, key, value, context, timestamp } = attribute
  return {
    type: type.slice(0, MAX_TEXT),
    key: key.slice(0, MAX_TEXT),
    value: value.slice(0, MAX_TEXT),
    context: [...new Set(context)].slice(0, 16).map((word) => word.slice(0, MAX_TEXT)),
    ...(timestamp === undefined ? {} : { timestamp: timestamp.slice(0, 64) }),
  }
}

/** A value as text: JSON where it is none. */
export function valueText(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function typeOf(type: string): string {
  const word = type.toLowerCase().replaceAll('-', '_').split(/[.:/]/).at(-1) ?? ''
  return TYPES.find(([words]) => words.test(word))?.[1] ?? type
}

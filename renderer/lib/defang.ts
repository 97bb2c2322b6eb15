const URL_START = /^[a-z][a-z0-9+.-]*:\/\//i
/** A URL within a text, without the punctuation that ends its sentence. */
const URL_IN_TEXT = /\b(?:[a-z][a-z0-9+.-]*:\/\/|www\.)[^\s<>"'`]*[^\s<>"'`.,;:!?)\]}]/gi
const IPV4 = /^\d{1,3}(\.\d{1,3}){3}(\/\d{1,2})?$/
const IPV6 = /^[0-9a-f:]*:[0-9a-f:]+(\/\d{1,3})?$/i
const HASH = /^([0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64})$/i
const MAIL = /^[^\s@]+@[^\s@]+\.[^\s@]+$/
const DOMAIN_TYPE = /domain|fqdn|dns/i
const HOST_TYPE = /host|instance|server/i
const USER_TYPE = /user|login|principal/i
const PATH = /^(\/|[A-Za-z]:\\|~\/|\.{1,2}\/)/

/** What a value names; decides its icon and whether it is defanged. */
export type ObservableKind = 'url' | 'ip' | 'domain' | 'hash' | 'mail' | 'path' | 'host' | 'user' | 'value'

/**
 * What an attribute's value names: by its declared type or key first, then by its form.
 * @param type the attribute's type and key, joined; empty when unknown
 */
export function observableKind(value: string, type: string): ObservableKind {
  if (URL_START.test(value)) return 'url'
  if (IPV4.test(value) || IPV6.test(value)) return 'ip'
  if (HASH.test(value)) return 'hash'
  if (MAIL.test(value)) return 'mail'
  if (PATH.test(value)) return 'path'
  if (DOMAIN_TYPE.test(type)) return 'domain'
  if (HOST_TYPE.test(type)) return 'host'
  if (USER_TYPE.test(type)) return 'user'
  return 'value'
}

function defangHost(host: string): string {
  const dot = host.lastIndexOf('.')
  return dot <= 0 ? host : `${host.slice(0, dot)}[.]${host.slice(dot + 1)}`
}

/** A URL or domain that no reader's program turns into a link: `hxxps://c2.example[.]com/x`. Others as they are. */
export function defang(value: string, kind: ObservableKind): string {
  if (kind === 'domain') return defangHost(value)
  if (kind === 'mail') {
    const at = value.lastIndexOf('@')
    return value.slice(0, at + 1) + defangHost(value.slice(at + 1))
  }
  if (kind !== 'url') return value
  const match = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)(.*)$/is.exec(value)
  if (!match) return value
  const [, scheme = '', host = '', rest = ''] = match
  return `${scheme.replace(/^http/i, 'hxxp')}://${defangHost(host)}${rest}`
}

/** A text in which no URL is one any more, the rest as it is. */
export function defangText(text: string): string {
  return text.replaceAll(URL_IN_TEXT, (url) =>
    URL_START.test(url) ? defang(url, 'url') : defang(`http://${url}`, 'url').slice('hxxp://'.length),
  )
}

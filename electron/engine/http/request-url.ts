import { HttpFailure } from './http-failure.ts'

/**
 * A message never shows more of a URL than its host: the rest may hold a secret.
 * @throws HttpFailure `net_bad_url`
 */
export function parseUrl(text: string): URL {
  const url = URL.parse(text)
  if (url === null) throw new HttpFailure('net_bad_url', 'The url is not a URL: write https://host/path.')
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new HttpFailure('net_bad_url', `The url begins with ${url.protocol} but only https: and http: can be called.`)
  }
  if (url.username !== '' || url.password !== '') {
    throw new HttpFailure('net_bad_url', 'The url holds a user name or a password: use the argument auth.')
  }
  return url
}

/** The port of a URL that names none. */
export function defaultPort(protocol: string): string {
  return protocol === 'https:' ? '443' : '80'
}

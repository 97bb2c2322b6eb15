import { canonicalHash } from '../canonical.ts'

/** Names of headers and query parameters whose values are not kept. Wide on purpose: evidence of them is their hash. */
const CREDENTIAL =
  /auth|cookie|token|secret|passw|signature|credential|api[-_]?key|access[-_]?key|(?:^|\.)(?:key|sig|code)$/i

export interface WithoutCredentials {
  /** Lower-case names; repeated headers are joined by ", ". */
  headers: Record<string, string>
  query: Record<string, string>
  /** SHA-256 over what was taken out; null when nothing was. */
  credentialsHash: string | null
}

/**
 * Splits what is stored with an event from what may open something.
 * @param isSecret whether a text has the value of a known secret in it: a shared key may come under any name
 */
export function withoutCredentials(
  rawHeaders: readonly string[],
  query: Iterable<[string, string]>,
  isSecret: (text: string) => boolean,
): WithoutCredentials {
  const headers: [string, string][] = []
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    headers.push([rawHeaders[index]?.toLowerCase() ?? '', rawHeaders[index + 1] ?? ''])
  }
  const parameters = [...query]
  const everything = [...headers, ...parameters]
  // Mostly there is none: one look at all of them is enough then.
  const hasSecret = isSecret(everything.flat().join('\n'))
  const kept = ([name, value]: [string, string]): boolean =>
    !CREDENTIAL.test(name) && !(hasSecret && (isSecret(value) || isSecret(name)))
  const taken = everything.filter((pair) => !kept(pair))
  return {
    headers: joined(headers.filter(kept)),
    query: joined(parameters.filter(kept)),
    credentialsHash: taken.length === 0 ? null : canonicalHash(taken),
  }
}

function joined(pairs: readonly [string, string][]): Record<string, string> {
  const values = new Map<string, string>()
  for (const [name, value] of pairs) {
    const before = values.get(name)
    values.set(name, before === undefined ? value : `${before}, ${value}`)
  }
  return Object.fromEntries(values)
}

import type { Backoff } from './backoff.ts'
import { headerValues } from './host.ts'
import { refusal, refusalForNow, type Refusal } from './refusal.ts'

/** Who sent a request: `sourceId` is the source whose token it carried, or '' for a program that named none. */
export interface Sender {
  sourceId: string
  /** It carried a token that is known. */
  isProven: boolean
  /** It carried the token that reads, which sends nothing. */
  isReader: boolean
  /** It carried one that is nobody's here; only an `authz` rule that allows makes up for it. */
  isUnknown: boolean
}

export interface SenderRule {
  /** The source that a token stands for ('' for this process itself); compares in constant time. Null when it is wrong. */
  verify(token: string): string | null
  /** Whether this token reads what is stored; compares in constant time. */
  isReader(token: string): boolean
  /** Whether an `authz` policy judges requests. */
  isAuthzPresent: boolean
  backoff: Backoff
}

/** What `sources.create` hands out: a token of this shape that is not known is wrong, whatever `authz` says. */
const TOKEN_SHAPE = /^[A-Za-z0-9_-]{43}$/

/** A signed token of a cloud service, which only `authz` can check. */
const SIGNED_SHAPE = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/

const BEARER = /^bearer +(.*)$/i

/**
 * Reads `Authorization: Bearer`, and DeepAlert's `X-API-KEY` where that is spoken. A wrong token is refused rather than
 * ignored, so that a sender whose token was revoked notices. Tokens elsewhere (URL, cookie) are never read.
 */
export function checkSender(
  rawHeaders: readonly string[],
  rule: SenderRule,
  { takesApiKey }: { takesApiKey: boolean },
): Sender | Refusal {
  const values = headerValues(rawHeaders, 'authorization')
  const bearers = values.map((value) => BEARER.exec(value)?.[1]).filter((value) => value !== undefined)
  const keys = takesApiKey ? headerValues(rawHeaders, 'x-api-key') : []
  const [token, ...more] = new Set([...bearers, ...keys])
  const anonymous = { sourceId: '', isProven: false, isReader: false, isUnknown: false }
  if (token === undefined) return anonymous
  const sourceId = more.length === 0 ? rule.verify(token) : null
  if (sourceId !== null) return { ...anonymous, sourceId, isProven: true }
  if (more.length === 0 && rule.isReader(token)) return { ...anonymous, isReader: true }
  if (!rule.isAuthzPresent || TOKEN_SHAPE.test(token)) return wrongToken(rule.backoff)
  return { ...anonymous, isUnknown: !SIGNED_SHAPE.test(token) }
}

export function wrongToken(backoff: Backoff): Refusal {
  if (backoff.fail()) return refusalForNow(429, 'too_many_failures', 'refused: too many wrong tokens, wait')
  return unauthorized('the token is not that of a source, or was revoked')
}

export function unauthorized(why: string): Refusal {
  return refusal(401, 'unauthorized', `refused: ${why}`, { 'WWW-Authenticate': 'Bearer' })
}

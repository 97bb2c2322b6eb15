import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import { errorMessage } from '../../../shared/errors.ts'
import type { HttpPort, IncomingAnswer } from './http-port.ts'
import type { Clock } from '../ports/ports.ts'

/** OPA's own default. It is cut shorter by the evaluation's deadline. */
const TIMEOUT_MS = 5_000

/** Key sets and the like; a policy that asks for something else each time caches nothing useful. */
const MAX_CACHED = 100

/** OPA's word for a request that got no answer, and for one that it does not understand. */
const NETWORK_ERROR = 'eval_http_send_network_error'
const INTERNAL_ERROR = 'eval_http_send_internal_error'

/** What OPA keeps: an answer that says that something is broken would be believed for an hour. */
const CACHEABLE = new Set([200, 203, 204, 206, 300, 301, 404, 405, 410, 414, 501])

interface Cached {
  until: number
  answer: JsonObject
}

/** A request that says of its own caching what OPA refuses. */
class BadRequest extends Error {}

/**
 * `http.send` of `authz` policies, through the guarded port. Of OPA's request object it reads `method`, `url`, `headers`,
 * `body`, `raw_body`, `timeout`, `enable_redirect` (within one host), `force_json_decode`, `raise_error`, `cache`,
 * `force_cache` and `force_cache_duration_seconds`. The cache is this process's, whichever policy version asks.
 * @returns answers one request as OPA does; rejects where OPA's built-in fails
 */
export function authzHttp(http: Pick<HttpPort, 'send'>, clock: Clock): (request: JsonValue) => Promise<JsonValue> {
  const cache = new Map<string, Cached>()
  const send = async (request: JsonObject): Promise<IncomingAnswer> => {
    const body = request['raw_body'] ?? (request['body'] === undefined ? undefined : JSON.stringify(request['body']))
    return http.send({
      method: text(request['method']).toUpperCase(),
      url: text(request['url']),
      headers: stringMap(request['headers']),
      ...(typeof body === 'string' ? { body } : {}),
      timeoutMs: timeoutMs(request['timeout']),
      isRedirectFollowed: request['enable_redirect'] === true,
    })
  }
  const answer = async (request: JsonObject): Promise<JsonObject> => {
    const forcedSeconds = forcedCacheSeconds(request)
    const key = JSON.stringify(request)
    const known = cache.get(key)
    if (known !== undefined && known.until > clock.now()) return known.answer
    const incoming = await send(request)
    const object = answerObject(incoming, request['force_json_decode'] === true)
    const seconds = forcedSeconds ?? (request['cache'] === true ? freshSeconds(incoming.headers, clock.now()) : 0)
    if (seconds > 0 && CACHEABLE.has(incoming.status)) {
      remember(cache, key, { answer: object, until: clock.now() + seconds * 1000 })
    }
    return object
  }
  return async (value) => {
    const request = objectOf(value)
    try {
      return await answer(request)
    } catch (error) {
      if (request['raise_error'] !== false) throw error
      const code = error instanceof BadRequest ? INTERNAL_ERROR : NETWORK_ERROR
      return { status_code: 0, error: { code, message: errorMessage(error) } }
    }
  }
}

/** How long the policy wants an answer kept, whatever its server says; null where it does not say. */
function forcedCacheSeconds(request: JsonObject): number | null {
  if (request['force_cache'] !== true) return null
  const seconds = request['force_cache_duration_seconds']
  if (seconds === undefined) {
    throw new BadRequest("'force_cache' set but 'force_cache_duration_seconds' parameter is missing")
  }
  if (!Number.isInteger(seconds)) throw new BadRequest("'force_cache_duration_seconds' is no whole number")
  return Number(seconds)
}

/** How long the server says that its answer is good: `Cache-Control`, else `Expires`. 0 where it must not be kept. */
function freshSeconds(headers: Record<string, string>, now: number): number {
  const directives = (headers['cache-control'] ?? '').toLowerCase()
  if (/\bno-(?:store|cache)\b/.test(directives)) return 0
  const maxAge = /\bmax-age="?(\d+)/.exec(directives)?.[1]
  if (maxAge !== undefined) return Number(maxAge)
  const sentAt = Date.parse(headers['date'] ?? '') || now
  return (Date.parse(headers['expires'] ?? '') - sentAt) / 1000 || 0
}

function remember(cache: Map<string, Cached>, key: string, entry: Cached): void {
  cache.delete(key)
  cache.set(key, entry)
  const [oldest] = cache.keys()
  if (cache.size > MAX_CACHED && oldest !== undefined) cache.delete(oldest)
}

function answerObject({ status, statusText, headers, body }: IncomingAnswer, isJsonForced: boolean): JsonObject {
  const raw = body.toString('utf8')
  const isJson = isJsonForced || /^application\/(?:[\w.+-]+\+)?json\b/.test(headers['content-type'] ?? '')
  return {
    status: statusText,
    status_code: status,
    body: isJson ? parsed(raw) : null,
    raw_body: raw,
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
  }
}

function parsed(raw: string): JsonValue {
  try {
    return JSON.parse(raw) as JsonValue
  } catch {
    return null
  }
}

/** Nanoseconds, or text such as `500ms` and `3s`, as OPA has it. */
function timeoutMs(value: JsonValue | undefined): number {
  if (typeof value === 'number') return Math.max(1, value / 1_000_000)
  const match = typeof value === 'string' ? /^(\d+(?:\.\d+)?)(ms|s)$/.exec(value) : null
  if (!match) return TIMEOUT_MS
  return Number(match[1]) * (match[2] === 's' ? 1000 : 1)
}

function objectOf(value: JsonValue | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
}

function stringMap(value: JsonValue | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(objectOf(value)).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}

function text(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : ''
}

import type { JsonObject, JsonValue } from '../../shared/model/json.ts'
import { errorMessage } from '../../shared/errors.ts'
import type { HttpPort, IncomingAnswer } from './http-port.ts'
import type { Clock } from './ports.ts'

/** OPA's own default. It is cut shorter by the evaluation's deadline. */
const TIMEOUT_MS = 5_000

/** Key sets and the like; a policy that asks for something else each time caches nothing useful. */
const MAX_CACHED = 100

/** OPA's word for a request that got no answer. */
const NETWORK_ERROR = 'eval_http_send_network_error'

interface Cached {
  until: number
  answer: JsonObject
}

/**
 * `http.send` of `authz` policies, through the guarded port. Of OPA's request object it reads `method`, `url`, `headers`,
 * `body`, `raw_body`, `timeout`, `force_json_decode`, `raise_error`, `force_cache` and `force_cache_duration_seconds`.
 * @returns answers one request as OPA does; rejects where OPA's built-in fails
 */
export function authzHttp(http: Pick<HttpPort, 'send'>, clock: Clock): (request: JsonValue) => Promise<JsonValue> {
  const cache = new Map<string, Cached>()
  const send = async (request: JsonObject): Promise<JsonObject> => {
    const body = request['raw_body'] ?? (request['body'] === undefined ? undefined : JSON.stringify(request['body']))
    const answer = await http.send({
      method: text(request['method']).toUpperCase(),
      url: text(request['url']),
      headers: stringMap(request['headers']),
      ...(typeof body === 'string' ? { body } : {}),
      timeoutMs: timeoutMs(request['timeout']),
    })
    return answerObject(answer, request['force_json_decode'] === true)
  }
  return async (value) => {
    const request = objectOf(value)
    const forSeconds = request['force_cache'] === true ? Number(request['force_cache_duration_seconds'] ?? 0) : 0
    const key = JSON.stringify(request)
    const known = cache.get(key)
    if (known !== undefined && known.until > clock.now()) return known.answer
    try {
      const answer = await send(request)
      if (forSeconds > 0) remember(cache, key, { answer, until: clock.now() + forSeconds * 1000 })
      return answer
    } catch (error) {
      if (request['raise_error'] !== false) throw error
      return { status_code: 0, error: { code: NETWORK_ERROR, message: errorMessage(error) } }
    }
  }
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

import { errorMessage } from '../../../shared/errors.ts'
import { jsonObject, type JsonObject, type JsonValue } from '../../../shared/model/json.ts'
import { canonicalHash } from '../canonical.ts'
import type { Clock } from '../ports.ts'
import type { AnswerHttpSend } from './policy-lane.ts'

export interface HttpSendRequest {
  method: string
  url: string
  headers: Record<string, string>
  body: Uint8Array | null
  timeoutMs: number
  isFollowingRedirects: boolean
}

export interface HttpSendResponse {
  statusCode: number
  statusText: string
  /** Names in lower case. */
  headers: Record<string, string[]>
  body: Uint8Array
}

/** The guarded way out of the engine; rejects when no answer came. */
export type HttpSendPort = (request: HttpSendRequest) => Promise<HttpSendResponse>

/** What OPA takes, as far as a policy that only decides who may send events needs it. */
const KNOWN_KEYS = new Set([
  'method',
  'url',
  'headers',
  'body',
  'raw_body',
  'timeout',
  'enable_redirect',
  'raise_error',
  'force_json_decode',
  'force_cache',
  'force_cache_duration_seconds',
  'cache',
])
const DEFAULT_TIMEOUT_MS = 5000
/** Keys of identity providers and the like; the oldest goes first. */
const MAX_CACHED = 100
/** As OPA: other answers are asked for anew. */
const CACHEABLE = new Set([200, 203, 204, 206, 300, 301, 404, 405, 410, 414, 501])

/**
 * OPA's `http.send` over the engine's own way out: its request object in, its response object out. `force_cache` keeps
 * an answer for the seconds that the policy names; other caching by headers is not done.
 */
export function answerHttpSend(port: HttpSendPort, clock: Clock): AnswerHttpSend {
  const cache = new Map<string, { until: number; response: JsonValue }>()
  return async (value) => {
    const request = jsonObject.parse(value)
    const key = canonicalHash(request)
    const cached = cache.get(key)
    if (cached && cached.until > clock.now()) return cached.response
    const response = await sendOrDescribe(port, request)
    const seconds = request['force_cache'] === true ? Number(request['force_cache_duration_seconds']) : 0
    if (seconds > 0 && CACHEABLE.has(Number(response['status_code']))) {
      cache.delete(key)
      cache.set(key, { until: clock.now() + seconds * 1000, response })
      for (const oldest of cache.keys()) {
        if (cache.size <= MAX_CACHED) break
        cache.delete(oldest)
      }
    }
    return response
  }
}

async function sendOrDescribe(port: HttpSendPort, request: JsonObject): Promise<JsonObject> {
  const plain = plainRequest(request)
  try {
    return responseObject(await port(plain), request['force_json_decode'] === true)
  } catch (error) {
    if (request['raise_error'] !== false) throw error
    return { status_code: 0, error: { code: 'eval_http_send_network_error', message: errorMessage(error) } }
  }
}

/** @throws Error when the request asks for what is not done here: client certificates, sockets, … */
function plainRequest(request: JsonObject): HttpSendRequest {
  const unknown = Object.keys(request).filter((key) => !KNOWN_KEYS.has(key))
  if (unknown.length > 0) throw new Error(`http.send: ${unknown.join(', ')} is not supported`)
  const { method, url, headers, body, raw_body: rawBody, timeout } = request
  if (typeof method !== 'string' || typeof url !== 'string') throw new Error('http.send: method and url are needed')
  const text = typeof rawBody === 'string' ? rawBody : body === undefined ? null : JSON.stringify(body)
  return {
    method: method.toUpperCase(),
    url,
    headers: headerRecord(headers),
    body: text === null ? null : new TextEncoder().encode(text),
    timeoutMs: timeoutMs(timeout),
    isFollowingRedirects: request['enable_redirect'] === true,
  }
}

function headerRecord(headers: JsonValue | undefined): Record<string, string> {
  if (headers === undefined) return {}
  return Object.fromEntries(
    Object.entries(jsonObject.parse(headers)).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  )
}

/** Nanoseconds, or a text with `ms` or `s`. */
function timeoutMs(value: JsonValue | undefined): number {
  if (typeof value === 'number') return value / 1e6
  const match = typeof value === 'string' ? /^(\d+(?:\.\d+)?)(ms|s)$/.exec(value) : null
  return match ? Number(match[1]) * (match[2] === 's' ? 1000 : 1) : DEFAULT_TIMEOUT_MS
}

function responseObject(response: HttpSendResponse, isJsonForced: boolean): JsonObject {
  const text = new TextDecoder().decode(response.body)
  const isJson = isJsonForced || /application\/(?:[\w.-]+\+)?json/.test(response.headers['content-type']?.[0] ?? '')
  return {
    status: `${response.statusCode} ${response.statusText}`,
    status_code: response.statusCode,
    body: isJson ? parsedOrNull(text) : null,
    raw_body: text,
    headers: response.headers,
  }
}

/** OPA's body is null where the text is not JSON. */
function parsedOrNull(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue // JSON.parse gives nothing else
  } catch {
    return null
  }
}

import { TocsinError } from '../../../shared/errors.ts'
import type { JsonValue } from '../../../shared/model/json.ts'
import type { IncomingAnswer } from '../http/http-port.ts'
import { depthExceeds, MAX_EVENT_DEPTH } from '../policy/event-text.ts'
import { HttpFailure } from '../http/http-failure.ts'

/**
 * The answer as a policy sees it: JSON parsed, `application/octet-stream` as base64, everything else as text in its charset.
 * An empty body of a JSON type is null.
 * @throws TocsinError `bad_answer`
 */
export function answerValue(answer: IncomingAnswer): JsonValue {
  const [type = '', ...parameters] = (answer.headers['content-type'] ?? '')
    .split(';')
    .map((part) => part.trim().toLowerCase())
  if (type === 'application/octet-stream') return answer.body.toString('base64')
  const text = decode(answer.body, parameters)
  if (type !== 'application/json' && !type.endsWith('+json')) return text
  if (text.trim() === '') return null
  // Deeper than an event may be, it would not fit into a policy's input nor into the database.
  if (depthExceeds(Buffer.from(text), MAX_EVENT_DEPTH)) {
    throw new TocsinError('bad_answer', `The answer is nested deeper than ${MAX_EVENT_DEPTH} levels.`)
  }
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    // The parser's message holds a piece of the text, and a piece of a secret is not recognised.
    throw new TocsinError('bad_answer', 'The answer says that it is JSON and is not.')
  }
}

/**
 * An answer of 400 or more as the failure of an action, with all of its text: the registry shortens it once it is redacted.
 * @param who a host or a service, never a whole URL
 */
export function statusFailure(who: string, answer: IncomingAnswer): HttpFailure {
  const text = answer.body.toString('utf8')
  return new HttpFailure(
    'http_status',
    `${who} answered ${answer.statusText}${text.trim() === '' ? '' : `: ${text}`}`,
    {
      hasLeft: true,
      status: answer.status,
      retryAfterMs: retryAfterMs(answer),
    },
  )
}

/** Okta ("Rate limits") and CrowdStrike ("Rate limiting") say so instead of `Retry-After`: seconds since 1970. */
const RESET_HEADERS = ['x-rate-limit-reset', 'x-ratelimit-retryafter']

/**
 * `Retry-After` (RFC 9110 §10.2.3) in seconds, or as a date, which is counted from the `Date` of the same answer: the remote's
 * clock need not be ours. Null where there is none, or one that says nothing.
 */
function retryAfterMs({ status, headers }: IncomingAnswer): number | null {
  const text = headers['retry-after']?.trim() ?? ''
  if (/^\d+$/.test(text)) return Number(text) * 1000
  const waitMs = (text === '' && status === 429 ? resetAt(headers) : httpDate(text)) - httpDate(headers.date ?? '')
  return Number.isNaN(waitMs) ? null : Math.max(0, waitMs)
}

/** Milliseconds since 1970, or NaN. */
function resetAt(headers: Record<string, string>): number {
  const seconds = RESET_HEADERS.map((name) => headers[name] ?? '').find((text) => /^\d+$/.test(text))
  return Number(seconds ?? Number.NaN) * 1000
}

/** Milliseconds of `Tue, 02 Jan 2024 03:04:05 GMT`, or NaN. */
function httpDate(text: string): number {
  return /^[A-Z][a-z]{2}, .* GMT$/.test(text) ? Date.parse(text) : Number.NaN
}

function decode(body: Buffer, parameters: string[]): string {
  const charset = parameters.find((parameter) => parameter.startsWith('charset='))?.slice('charset='.length)
  try {
    return new TextDecoder(charset?.replaceAll('"', '') ?? 'utf-8').decode(body)
  } catch {
    return new TextDecoder().decode(body)
  }
}

import { TocsinError } from '../../../../shared/errors.ts'
import type { JsonObject, JsonValue } from '../../../../shared/model/json.ts'
import type { Inspected } from '../../../../shared/model/report.ts'
import type { HttpPort, IncomingAnswer } from '../../http/http-port.ts'
import { HttpFailure } from '../../http/http-failure.ts'
import type { RunContext } from '../action-definition.ts'
import { answerValue, statusFailure } from '../http-answer.ts'

const NOT_FOUND = 404
const TOO_MANY_REQUESTS = 429

/** The result where nobody could say anything: the service knows it not, or nobody outside can. */
export const NOT_KNOWN: JsonObject = { known: false, reason: 'not_found' }
export const PRIVATE: JsonObject = { known: false, reason: 'private' }

export interface Question {
  /** The service's name for a person. */
  who: string
  /** The variable that says where it is. */
  variable: string
  url: string
  headers?: Record<string, string>
}

/**
 * Asks a reputation service.
 * @returns its JSON object, or null when it answers 404: it knows nothing of what was asked
 * @throws HttpFailure `key_refused` (401, 403; names the secret), `http_status`; TocsinError `bad_answer`
 */
export async function askService(http: HttpPort, question: Question, context: RunContext): Promise<JsonObject | null> {
  const answer = await http.send({
    method: 'GET',
    url: question.url,
    headers: { Accept: 'application/json', ...question.headers },
    timeoutMs: context.remainingMs(),
    signal: context.signal,
    secrets: context.secrets,
  })
  return readService(question, answer, context)
}

/** What an answer says: see `askService`. */
export function readService(
  { who, variable }: Pick<Question, 'who' | 'variable'>,
  answer: IncomingAnswer,
  context: Pick<RunContext, 'secrets'>,
): JsonObject | null {
  if (answer.status === NOT_FOUND) return null
  if (answer.status !== 200) throw refusal(who, answer, context)
  const value = answerValue({ ...answer, headers: { 'content-type': 'application/json' } })
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw new TocsinError('bad_answer', `${who} answered something that is no JSON object: check ${variable}.`)
}

/**
 * An answer of 400 or more in words that say what to do.
 * @returns HttpFailure `key_refused` (401, 403; names the secret), else `http_status`
 */
export function refusal(who: string, answer: IncomingAnswer, { secrets }: Pick<RunContext, 'secrets'>): HttpFailure {
  const failure = statusFailure(who, answer)
  const { status, retryAfterMs } = failure
  const sent = { hasLeft: true, status, retryAfterMs, cause: failure }
  if (status === TOO_MANY_REQUESTS) {
    const when = retryAfterMs === null ? 'later' : `in ${Math.ceil(retryAfterMs / 1000)} s`
    return new HttpFailure('http_status', `${who} takes no more questions of this key (429): ask again ${when}.`, sent)
  }
  if ((status !== 401 && status !== 403) || retryAfterMs !== null) return failure
  const names = secrets.map(({ name }) => name).join(', ')
  const where = names === '' ? 'the key in the arguments' : `the secret ${names}`
  return new HttpFailure('key_refused', `${who} refused the key (${status}): look at ${where}.`, sent)
}

/** What a result that holds no answer says; null when it holds one. @param who the service that was asked */
export function inspectedUnknown(who: string, result: JsonValue): Inspected | null {
  const isObject = typeof result === 'object' && result !== null && !Array.isArray(result)
  if (!isObject || result['known'] !== false) return null
  const summary = result['reason'] === 'private' ? 'Private: nobody outside knows it' : `Not known to ${who}`
  return { summary, findings: [{ type: 'result', content: result }], attributes: [] }
}

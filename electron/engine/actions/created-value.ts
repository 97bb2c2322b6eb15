import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import type { IncomingAnswer } from '../http/http-port.ts'
import { UnknownOutcome } from './action-definition.ts'
import { answerValue, statusFailure } from './http-answer.ts'

/** What a service answers when it has made something. Of what it answers otherwise nobody knows whether it has. */
export function createdObject(who: string, answer: IncomingAnswer, status: number): JsonObject {
  const value = createdValue(who, answer, status)
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw unreadable(who, answer)
}

/**
 * The same, for services that answer other JSON than an object.
 * @throws HttpFailure `http_status` for every other status; UnknownOutcome `bad_answer`
 */
export function createdValue(who: string, answer: IncomingAnswer, status: number): JsonValue {
  if (answer.status !== status) throw statusFailure(who, answer)
  try {
    return answerValue(answer)
  } catch {
    throw unreadable(who, answer)
  }
}

function unreadable(who: string, { statusText }: IncomingAnswer): UnknownOutcome {
  return new UnknownOutcome(
    'bad_answer',
    `${who} answered ${statusText}, but not with the JSON that it documents: look there before you try again.`,
  )
}

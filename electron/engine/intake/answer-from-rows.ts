import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import type { EventRecord } from '../store/event-store.ts'
import type { FirstAnswerQuery } from '../store/first-answer.ts'
import { rawText } from '../forms/event-forms.ts'
import { readableText } from '../forms/readable-text.ts'
import type { Store } from '../store/store.ts'
import { NO_TEXT, type EventText, type IntakeAnswer } from './intake-answer.ts'

/** An event's text from bytes that were checked. */
export function textOf(body: Uint8Array): EventText {
  const data = readableText(body).text
  return { data, raw: () => JSON.stringify(rawText(JSON.parse(data) as JsonValue)) }
}

/**
 * The first answer to a delivery, made again from what was stored; what re-processing brought later is left out.
 * @param body the event's bytes, which came again: those that were stored may have been deleted by age
 */
export function rebuildAnswer(
  store: Store,
  firstAnswers: FirstAnswerQuery,
  event: EventRecord,
  body: Uint8Array,
): IntakeAnswer {
  if (event.outcome === 'pending') {
    // A crash came between its two commits, and its evaluation has not been made up for yet.
    return { kind: 'refused', status: 503, code: 'pending', message: 'stored: it is still to be evaluated, ask again' }
  }
  const first = firstAnswers.of(event.id)
  const problem = first.problemId === null ? null : store.problems.get(first.problemId)
  if (problem) {
    const { id, code, message, details } = problem
    return { kind: 'problem', eventId: event.id, problem: { id, code, message, details: details as JsonObject | null } }
  }
  const decided = first.decisionId ?? '' // what no policy decided names none
  const alerts = store.alerts.byEvent(event.id).filter(({ decisionId }) => decisionId === decided)
  return { kind: 'stored', eventId: event.id, alerts, event: alerts.length === 0 ? NO_TEXT : textOf(body) }
}

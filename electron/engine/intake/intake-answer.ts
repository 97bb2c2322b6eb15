import type { JsonObject } from '../../../shared/model/json.ts'
import type { AlertRecord } from '../store/alert-store.ts'
import { alertFacts } from '../store/public-alert.ts'

/** What became of a delivery. Only `refused` means that nothing was stored. */
export type IntakeAnswer =
  | { kind: 'stored'; eventId: string; alerts: readonly AlertRecord[]; event: EventText }
  | { kind: 'problem'; eventId: string; problem: AnswerProblem }
  | { kind: 'refused'; status: 400 | 422 | 500 | 503; code: string; message: string }

export interface AnswerProblem {
  /** '' where not even the problem could be stored. */
  id: string
  code: string
  message: string
  /** `{ diagnostics: [...] }` where a policy's place is to blame. */
  details: JsonObject | null
}

/** An event as it stands in an answer, as JSON text. */
export interface EventText {
  /** The event as it came. */
  data: string
  /** A string: the event as AlertChain re-encodes it. Made where it is asked for. */
  raw: () => string
}

/** Of an event without alerts, and of one whose body was deleted by age. */
export const NO_TEXT: EventText = { data: 'null', raw: () => '""' }

/** Nothing was stored. @param message "what: why", for the sender */
export function refused(status: 400 | 422 | 500 | 503, code: string, message: string): IntakeAnswer {
  return { kind: 'refused', status, code, message }
}

export function malformed(why: string): IntakeAnswer {
  return refused(400, 'malformed_json', `malformed body: ${why}`)
}

/** An answer that would hold more alerts, or more bytes, has the event once (`interfaces.md` §4). */
const MAX_WITH_DATA = 100
const MAX_BYTES_WITH_DATA = 1024 * 1024

/**
 * The answer as it is sent.
 * @param wantsRaw the query has `raw=1`
 */
export function answerText(
  answer: Exclude<IntakeAnswer, { kind: 'refused' }>,
  wantsRaw: boolean,
): { status: 200 | 202; text: string } {
  if (answer.kind === 'problem') {
    return { status: 202, text: `${JSON.stringify({ event_id: answer.eventId, problem: answer.problem })}\n` }
  }
  return { status: 200, text: storedText(answer, wantsRaw) }
}

function storedText({ eventId, alerts, event }: Extract<IntakeAnswer, { kind: 'stored' }>, wantsRaw: boolean): string {
  const start = `{"event_id":${JSON.stringify(eventId)},"alerts":[`
  if (alerts.length === 0) return `${start}]}\n`
  const facts = alerts.map((alert) => JSON.stringify(alertFacts(alert)))
  const data = `,"data":${event.data}${wantsRaw ? `,"raw":${event.raw()}` : ''}}`
  const bytes = alerts.length * Buffer.byteLength(data) + Buffer.byteLength(facts.join(','))
  const isEach = alerts.length <= MAX_WITH_DATA && start.length + bytes <= MAX_BYTES_WITH_DATA
  if (isEach) return `${start}${facts.map((fact) => fact.slice(0, -1) + data).join(',')}]}\n`
  return `${start}${facts.join(',')}]${data}\n`
}

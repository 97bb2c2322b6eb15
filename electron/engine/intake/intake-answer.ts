import type { JsonObject } from '../../../shared/model/json.ts'
import type { AlertRecord } from '../store/alert-store.ts'
import { publicAlert } from '../store/public-alert.ts'

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

/** An event in the two forms in which every alert carries it, as JSON text; both empty when its body was deleted by age. */
export interface EventText {
  /** The event as it came. */
  data: string
  /** A string: the event as AlertChain re-encodes it. */
  raw: string
}

export const NO_TEXT: EventText = { data: 'null', raw: '""' }

/** Nothing was stored. @param message "what: why", for the sender */
export function refused(status: 400 | 422 | 500 | 503, code: string, message: string): IntakeAnswer {
  return { kind: 'refused', status, code, message }
}

export function malformed(why: string): IntakeAnswer {
  return refused(400, 'malformed_json', `malformed body: ${why}`)
}

/** Beyond this an answer is sent in pieces: a thousand alerts of a 1 MiB event repeat it a thousand times. */
const ONE_PIECE_CHARACTERS = 1024 * 1024

/** @returns the status, and the body as one text or in pieces made while they are sent */
export function answerPieces(answer: Exclude<IntakeAnswer, { kind: 'refused' }>): {
  status: 200 | 202
  pieces: string | Iterable<string>
} {
  if (answer.kind === 'problem') {
    return { status: 202, pieces: `${JSON.stringify({ event_id: answer.eventId, problem: answer.problem })}\n` }
  }
  const pieces = storedPieces(answer)
  const { alerts, event } = answer
  const isSmall = alerts.length * (event.data.length + event.raw.length) <= ONE_PIECE_CHARACTERS
  return { status: 200, pieces: isSmall ? [...pieces].join('') : pieces }
}

function* storedPieces({ eventId, alerts, event }: Extract<IntakeAnswer, { kind: 'stored' }>): Generator<string> {
  yield `{"event_id":${JSON.stringify(eventId)},"alerts":[`
  const tail = `,"data":${event.data},"raw":${event.raw}}`
  for (const [index, alert] of alerts.entries()) {
    const { data: _data, raw: _raw, ...facts } = publicAlert(alert, undefined)
    yield `${index === 0 ? '' : ','}${JSON.stringify(facts).slice(0, -1)}${tail}`
  }
  yield ']}\n'
}

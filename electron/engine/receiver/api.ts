import { errorMessage } from '../../../shared/errors.ts'
import type { DeliveryId } from '../intake/delivery.ts'
import type { IntakeAnswer } from '../intake/intake-answer.ts'
import { answerText } from '../intake/intake-answer.ts'
import { checkEventText } from '../policy/event-text.ts'
import type { Log } from '../ports/ports.ts'
import { DEEPALERT_SCHEMA, type DeepAlertAlert } from '../report/deepalert/deepalert-alert.ts'
import { readAlert, unwrapMessage } from '../report/deepalert/read-alert.ts'
import type { ApiRead, ReportApi } from '../report/report-api.ts'
import type { ApiCall } from './api-call.ts'
import { serviceDeliveryId } from './envelope.ts'
import { refusal, type Refusal } from './refusal.ts'
import { notFound } from './route.ts'

export type ReportPort = Pick<ReportApi, 'ofAlert' | 'read'>

/** DeepAlert's name for what `X-Request-Id` says. */
export const API_REQUEST_ID_HEADER = 'DeepAlert-Request-ID'

/** Of which lists more is stored than one answer has. */
const CUT_HEADER = 'Tocsin-Cut'

const JSON_TYPE = { 'Content-Type': 'application/json; charset=utf-8' }

type Taken = Exclude<IntakeAnswer, { kind: 'refused' }>

/** An answer as it is sent. */
interface ApiAnswer {
  status: number
  headers: Record<string, string>
  text: string
}

/** An alert as it was posted, checked, nothing stored yet. */
export interface PostedAlert {
  alert: DeepAlertAlert
  /** Its own bytes, out of the envelope that it may have come in. */
  event: Uint8Array
  /** The id of the message in that envelope; null where there is none. */
  deliveryId: DeliveryId | null
}

/** Reads what is posted to `/api/v1/alert`: an alert, by itself or as the `Message` of Amazon's services. */
function readPosted(body: Uint8Array): PostedAlert | Refusal {
  if (body.length === 0) return malformed('EOF')
  const posted = checkEventText(body)
  if ('malformed' in posted) return malformed(posted.malformed)
  const { text, envelope } = unwrapMessage(posted.text)
  const event = envelope === null ? body : Buffer.from(text)
  const message = envelope === null ? posted : checkEventText(event)
  if ('malformed' in message) return malformed(message.malformed)
  const read = readAlert(message.text)
  if ('message' in read) return read.kind === 'malformed' ? malformed(read.message) : invalid(read.message)
  const deliveryId = envelope === null ? null : messageIdOf(envelope)
  if (deliveryId !== null && 'status' in deliveryId) return deliveryId
  return { alert: read.alert, event, deliveryId }
}

/** Nothing proves who wrote the envelope: its ids are apart from those that SNS signs. */
function messageIdOf({ MessageId: id, TopicArn: topic }: Record<string, unknown>): DeliveryId | null | Refusal {
  const origin = typeof topic === 'string' ? topic : ''
  const place = { form: 'deepalert', schema: DEEPALERT_SCHEMA, origin } as const
  return typeof id === 'string' ? serviceDeliveryId(place, id) : null
}

/**
 * What is answered to a posted alert: its report, as DeepAlert gives it. Where a policy made no alert of it, what was
 * stored is answered as on every other route.
 */
async function postedAnswer(
  answer: Taken,
  { alert }: PostedAlert,
  { api, log }: { api: ReportPort; log: Log },
): Promise<ApiAnswer> {
  const [made] = answer.kind === 'stored' ? answer.alerts : []
  if (!made) {
    const { status, text } = answerText(answer, false)
    return { status, headers: JSON_TYPE, text }
  }
  const report = await api.ofAlert(made.id).catch((error: unknown) => {
    log.error('The report of an alert could not be read', { alert: made.id, reason: errorMessage(error) })
    return null
  })
  if (report) return { status: 200, headers: JSON_TYPE, text: JSON.stringify({ ...report, alerts: [alert] }) }
  // Taken is taken: a sender that was refused would send it again.
  const message = 'The alert is stored, its report is not made yet: ask GET /api/v1/alert/{alert_id}/report'
  const problem = { id: '', code: 'report_pending', message, details: null }
  return { status: 202, headers: JSON_TYPE, text: JSON.stringify({ event_id: answer.eventId, problem }) }
}

/**
 * Answers a call that was admitted.
 * @param deliver hands a posted alert on, as every event is
 */
export async function answerApi(
  call: ApiCall,
  body: Uint8Array,
  { api, log }: { api: ReportPort | null; log: Log },
  deliver: (posted: PostedAlert) => Promise<Taken | Refusal>,
): Promise<ApiAnswer | Refusal> {
  if (!api) return notFound()
  if (call !== 'take') return readAnswer(call, api)
  const posted = readPosted(body)
  if ('status' in posted) return posted
  const taken = await deliver(posted)
  return 'status' in taken ? taken : postedAnswer(taken, posted, { api, log })
}

/** What is answered to a read. */
async function readAnswer(asked: ApiRead, api: ReportPort): Promise<ApiAnswer | Refusal> {
  const answer = await api.read(asked)
  if ('status' in answer) return answer
  const cut = answer.cut.length === 0 ? null : { [CUT_HEADER]: answer.cut.join(', ') }
  return { status: 200, headers: { ...JSON_TYPE, ...cut }, text: answer.text }
}

/** A refusal as the API words it: whoever asks learns nothing of what went wrong inside but the id under which the log says it. */
export function inApiForm(refused: Refusal, requestId: string): Refusal {
  const { status, code, headers } = refused
  const opaque = refusal(status, code, `internal server error (request ID: ${requestId})`, headers)
  const shown = status === 500 ? opaque : refused
  return { ...shown, headers: { ...JSON_TYPE, ...shown.headers } }
}

function malformed(why: string): Refusal {
  return refusal(400, 'malformed_json', why)
}

function invalid(why: string): Refusal {
  return refusal(400, 'invalid_alert', why)
}

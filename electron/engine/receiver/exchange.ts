import type { IncomingMessage, ServerResponse } from 'node:http'
import { assertNever } from '../../../shared/assert-never.ts'
import { errorMessage } from '../../../shared/errors.ts'
import type { Delivery } from '../intake/delivery.ts'
import type { IntakeAnswer } from '../intake/intake-answer.ts'
import { answerText } from '../intake/intake-answer.ts'
import type { Log } from '../ports/ports.ts'
import { DEEPALERT_SCHEMA } from '../report/deepalert/deepalert-alert.ts'
import { admit, refusedUnproven, remoteOf, type Admitted } from './admission.ts'
import { answerApi, API_REQUEST_ID_HEADER, inApiForm, type ReportPort } from './api.ts'
import { sendJson, sendRefusal, sendText, sendWith } from './answer.ts'
import type { AuthzDeps } from './authz.ts'
import { busy, readBody } from './body.ts'
import { withoutCredentials } from './credentials.ts'
import type { Unwrapped } from './envelope.ts'
import type { Gauge, Hold } from './gauge.ts'
import { passGuards, type GuardRules, type Passed } from './guards.ts'
import { unwrapPubSub } from './pubsub.ts'
import { answerGraphql, type ReadPort } from './reading.ts'
import { refusal, refusalForNow, type Refusal } from './refusal.ts'
import { matchRoute, type Form, type Route } from './route.ts'
import type { Handled, SnsDoor } from './sns.ts'

export interface ExchangeDeps {
  rules: () => GuardRules
  gauge: Gauge
  authz: AuthzDeps
  sns: SnsDoor
  /** Null where nothing can be read. */
  reads: ReadPort | null
  /** DeepAlert's API; null where there are no reports. */
  api: ReportPort | null
  receive: (delivery: Delivery) => Promise<IntakeAnswer>
  /** Whether a text has the value of a known secret in it. */
  isSecret: (text: string) => boolean
  /** Told once for every request that is refused. */
  refused: (refused: Refusal, sourceId: string) => void
  log: Log
}

/** One request and the response to it. */
export interface Exchange {
  request: IncomingMessage
  response: ServerResponse
  requestId: string
  /** The client waits for `100 Continue` before it sends its body. */
  isContinueExpected: boolean
}

/** Within what an id of a delivery is unique. */
interface Place {
  form: Form | 'deepalert'
  schema: string
}

/** Takes one request through guards, body, `authz` and route to its answer. Never throws. */
export async function serve(exchange: Exchange, deps: ExchangeDeps): Promise<void> {
  const { request, response, requestId } = exchange
  const isApi = isApiRequest(request)
  if (isApi) response.setHeader(API_REQUEST_ID_HEADER, requestId)
  const told = (refused: Refusal): Refusal => (isApi ? inApiForm(refused, requestId) : refused)
  let sourceId = ''
  const held: { place: Hold | null } = { place: null }
  const steps = async (): Promise<Refusal | null> => {
    const rules = deps.rules()
    const passed = passGuards(request, rules)
    if ('status' in passed) return passed
    sourceId = passed.sender.sourceId
    // Nobody's bytes count, nor are they read, before the head was judged.
    const route = matchRoute(request.method ?? '', passed.target.rawPath)
    const unproven = rules.isAuthzPresent ? null : refusedUnproven(route, passed, rules)
    if (unproven && passed.handshake === null) return unproven
    const hold = (held.place = deps.gauge.enter(passed.sender, rules.isTokenRequired))
    if (!hold) return busy()
    const body = await receiveBody(exchange, { maxBytes: rules.maxBodyBytes, encoding: passed.encoding }, hold)
    if (body === null || 'status' in body) return body
    const admitted = await admit(request, passed, body, { ...deps.authz, rules, reads: deps.reads })
    if ('status' in admitted) return admitted
    return answerRoute(exchange, { ...admitted, passed, body }, { ...deps, hold })
  }
  try {
    const refused = await steps()
    if (!refused) return
    deps.refused(refused, sourceId)
    answerRefusal(exchange, told(refused))
  } catch (error) {
    deps.log.error('A request failed', { request_id: requestId, reason: errorMessage(error) })
    answerRefusal(exchange, told(refusal(500, 'internal', 'failed: see the log for the request id')))
  } finally {
    held.place?.leave()
  }
}

/** Asked before the guards: what they refuse carries the API's header as well. */
function isApiRequest({ method = '', url = '' }: IncomingMessage): boolean {
  const route = matchRoute(method, url.split('?', 1)[0] ?? '')
  return 'kind' in route && route.kind === 'api'
}

function receiveBody(
  exchange: Exchange,
  how: Parameters<typeof readBody>[1],
  hold: Hold,
): Promise<Buffer | Refusal | null> {
  if (exchange.isContinueExpected) exchange.response.writeContinue()
  return readBody(exchange.request, how, hold)
}

async function answerRoute(
  { request, response, requestId }: Exchange,
  { route, mustProve, passed, body }: Admitted & { passed: Passed; body: Buffer },
  deps: ExchangeDeps & { hold: Hold },
): Promise<Refusal | null> {
  const { sns, reads, receive, isSecret, hold } = deps
  if (route.kind === 'health') {
    sendText(response, requestId, 200, 'OK')
    return null
  }
  if (route.kind === 'handshake') {
    sendWith(response, requestId, 200, route.answer.headers, route.answer.body)
    return null
  }
  if (route.kind === 'graphql') {
    // Admitted only where there is one.
    return reads && answerGraphql({ request, response, requestId }, passed.target.query, body, reads)
  }
  const deliver = async (event: Uint8Array, wrapped: Pick<Unwrapped, 'deliveryId' | 'about'>, place: Place) => {
    if (event !== body && !hold.add(event.length)) return busy()
    const answer = await receive({
      schema: place.schema,
      route: passed.target.path,
      body: event,
      sourceId: passed.sender.sourceId,
      deliveryId: wrapped.deliveryId ?? ownDeliveryId(place, passed.deliveryId),
      remote: remoteOf(request),
      ...withoutCredentials(request.rawHeaders, [...passed.target.query, ...wrapped.about], isSecret),
    })
    return answer.kind === 'refused' ? refusalOf(answer) : answer
  }
  if (route.kind === 'api') {
    const answer = await answerApi(route.call, body, deps, (posted) =>
      deliver(posted.event, { ...posted, about: [] }, { form: 'deepalert', schema: DEEPALERT_SCHEMA }),
    )
    if ('code' in answer) return answer
    sendWith(response, requestId, answer.status, answer.headers, answer.text)
    return null
  }
  const unwrapped = await unwrap(route, body, mustProve, sns)
  if ('status' in unwrapped) return unwrapped
  if ('text' in unwrapped) {
    sendJson(response, requestId, 200, unwrapped.text)
    return null
  }
  const answer = await deliver(unwrapped.event, unwrapped, route)
  if ('status' in answer) return answer
  const { status, text } = answerText(answer, passed.target.query.get('raw') === '1')
  sendJson(response, requestId, status, text)
  return null
}

/** The event as its form of delivery carries it. */
function unwrap(
  { form, schema }: Extract<Route, { kind: 'alert' }>,
  body: Buffer,
  mustProve: boolean,
  sns: SnsDoor,
): Unwrapped | Refusal | Promise<Unwrapped | Handled | Refusal> {
  switch (form) {
    case 'raw':
      return { event: body, deliveryId: null, about: [] }
    case 'pubsub':
      return unwrapPubSub(schema, body)
    case 'sns':
      return sns.open(schema, body, mustProve)
    default:
      return assertNever(form, 'form of delivery')
  }
}

/** What the sender's own header names, in a space that no service's message ids share. */
function ownDeliveryId({ form, schema }: Place, id: string | null): Delivery['deliveryId'] {
  return id === null ? null : { space: `${form}/${schema}`, id, onOtherBody: 'refuse' }
}

function refusalOf({ status, code, message }: Extract<IntakeAnswer, { kind: 'refused' }>): Refusal {
  return status === 503 ? refusalForNow(503, code, message) : refusal(status, code, message)
}

/** A client that waits for `100 Continue` sends nothing more when it is refused; all others may still be sending. */
function answerRefusal({ request, response, requestId, isContinueExpected }: Exchange, refused: Refusal): void {
  if (response.headersSent) response.destroy()
  else sendRefusal(response, requestId, refused, request.complete || isContinueExpected ? null : request)
}

import type { IncomingMessage, ServerResponse } from 'node:http'
import { assertNever } from '../../../shared/assert-never.ts'
import { errorMessage } from '../../../shared/errors.ts'
import type { Delivery } from '../intake/delivery.ts'
import type { IntakeAnswer } from '../intake/intake-answer.ts'
import { answerText } from '../intake/intake-answer.ts'
import type { Log } from '../ports/ports.ts'
import { sendJson, sendRefusal, sendText, sendWith } from './answer.ts'
import { authorize, type AuthzDeps } from './authz.ts'
import { busy, readBody } from './body.ts'
import { withoutCredentials } from './credentials.ts'
import type { Unwrapped } from './envelope.ts'
import type { Gauge, Hold } from './gauge.ts'
import { answerHandshake, type HandshakeAnswer } from './handshake.ts'
import { passGuards, type GuardRules, type Passed } from './guards.ts'
import { unwrapPubSub } from './pubsub.ts'
import { answerGraphql, refusedReader, type ReadPort } from './reading.ts'
import { refusal, refusalForNow, type Refusal } from './refusal.ts'
import { matchRoute, type Route } from './route.ts'
import { unauthorized, wrongToken } from './sender.ts'
import type { Handled, SnsDoor } from './sns.ts'

export interface ExchangeDeps {
  rules: () => GuardRules
  gauge: Gauge
  authz: AuthzDeps
  sns: SnsDoor
  /** Null where nothing can be read. */
  reads: ReadPort | null
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

/** Takes one request through guards, body, `authz` and route to its answer. Never throws. */
export async function serve(exchange: Exchange, deps: ExchangeDeps): Promise<void> {
  let sourceId = ''
  const held: { place: Hold | null } = { place: null }
  const steps = async (): Promise<Refusal | null> => {
    const rules = deps.rules()
    const passed = passGuards(exchange.request, rules)
    if ('status' in passed) return passed
    sourceId = passed.sender.sourceId
    // Nobody's bytes count, nor are they read, before the head was judged.
    const route = matchRoute(exchange.request.method ?? '', passed.target.rawPath)
    const unproven = rules.isAuthzPresent ? null : refusedUnproven(route, passed, rules)
    if (unproven && passed.handshake === null) return unproven
    const hold = (held.place = deps.gauge.enter(passed.sender, rules.isTokenRequired))
    if (!hold) return busy()
    const body = await receiveBody(exchange, { maxBytes: rules.maxBodyBytes, encoding: passed.encoding }, hold)
    if (body === null || 'status' in body) return body
    const admitted = await admit(exchange.request, passed, body, { ...deps.authz, rules, reads: deps.reads })
    if ('status' in admitted) return admitted
    return answerRoute(exchange, { ...admitted, passed, body }, { ...deps, hold })
  }
  try {
    const refused = await steps()
    if (!refused) return
    deps.refused(refused, sourceId)
    answerRefusal(exchange, refused)
  } catch (error) {
    deps.log.error('A request failed', { request_id: exchange.requestId, reason: errorMessage(error) })
    answerRefusal(exchange, refusal(500, 'internal', 'failed: see the log for the request id'))
  } finally {
    held.place?.leave()
  }
}

function receiveBody(
  exchange: Exchange,
  how: Parameters<typeof readBody>[1],
  hold: Hold,
): Promise<Buffer | Refusal | null> {
  if (exchange.isContinueExpected) exchange.response.writeContinue()
  return readBody(exchange.request, how, hold)
}

interface Admitted {
  route: Route | { kind: 'handshake'; answer: HandshakeAnswer }
  /** Nothing spoke for the sender yet, so what it sends has to: only an SNS message can. */
  mustProve: boolean
}

/** `authz` comes before the route: who may not pass does not learn which paths exist. */
async function admit(
  request: IncomingMessage,
  passed: Passed,
  body: Buffer,
  deps: AuthzDeps & { rules: GuardRules; reads: ReadPort | null },
): Promise<Admitted | Refusal> {
  const method = request.method ?? ''
  const { target, sender, isTunnel, handshake } = passed
  const { path, query } = target
  const { rawHeaders } = request
  const verdict = await authorize({ method, path, query, rawHeaders, remote: remoteOf(request), body }, deps)
  if ('status' in verdict) return verdict
  if (sender.isUnknown && !verdict.isAllowed) return wrongToken(deps.rules.backoff)
  const asked = handshake && answerHandshake(handshake, { method, rawPath: target.rawPath, query, rawHeaders }, body)
  if (asked) return 'code' in asked ? asked : { route: { kind: 'handshake', answer: asked }, mustProve: false }
  const route = matchRoute(method, target.rawPath)
  if ('kind' in route && route.kind === 'graphql') {
    return refusedReader(deps.reads, sender.isReader || verdict.isAllowed) ?? { route, mustProve: false }
  }
  if (sender.isProven || verdict.isAllowed) return 'status' in route ? route : { route, mustProve: false }
  const unproven = refusedUnproven(route, passed, deps.rules)
  if (unproven) return unproven
  return 'status' in route ? route : { route, mustProve: isTunnel || deps.rules.isTokenRequired }
}

/** Whom neither a token nor an `authz` rule speaks for: refused where one of them is needed; an SNS message speaks for itself. */
function refusedUnproven(
  route: Route | Refusal,
  { sender, isTunnel }: Passed,
  { isTokenRequired }: Pick<GuardRules, 'isTokenRequired'>,
): Refusal | null {
  const form = 'kind' in route && route.kind === 'alert' ? route.form : null
  if (sender.isProven || form === 'sns') return null
  if (isTunnel) return unauthorized("through a tunnel or a proxy a source's token, or an authz rule allow, is needed")
  if (form === null || !isTokenRequired) return null
  return unauthorized('sources have tokens here: send yours as Authorization: Bearer')
}

async function answerRoute(
  { request, response, requestId }: Exchange,
  { route, mustProve, passed, body }: Admitted & { passed: Passed; body: Buffer },
  {
    sns,
    reads,
    receive,
    isSecret,
    hold,
  }: Pick<ExchangeDeps, 'sns' | 'reads' | 'receive' | 'isSecret'> & { hold: Hold },
): Promise<Refusal | null> {
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
  const unwrapped = await unwrap(route, body, mustProve, sns)
  if ('status' in unwrapped) return unwrapped
  if ('text' in unwrapped) {
    sendJson(response, requestId, 200, unwrapped.text)
    return null
  }
  const { event, deliveryId, about } = unwrapped
  if (event !== body && !hold.add(event.length)) return busy()
  const answer = await receive({
    schema: route.schema,
    route: passed.target.path,
    body: event,
    sourceId: passed.sender.sourceId,
    deliveryId: deliveryId ?? ownDeliveryId(route, passed.deliveryId),
    remote: remoteOf(request),
    ...withoutCredentials(request.rawHeaders, [...passed.target.query, ...about], isSecret),
  })
  if (answer.kind === 'refused') return refusalOf(answer)
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
function ownDeliveryId({ form, schema }: Extract<Route, { kind: 'alert' }>, id: string | null): Delivery['deliveryId'] {
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

function remoteOf(request: IncomingMessage): string {
  return `${request.socket.remoteAddress ?? ''}:${request.socket.remotePort ?? ''}`
}

import type { IncomingMessage, ServerResponse } from 'node:http'
import { errorMessage } from '../../../shared/errors.ts'
import type { Delivery } from '../intake/delivery.ts'
import type { IntakeAnswer } from '../intake/intake-answer.ts'
import { answerPieces } from '../intake/intake-answer.ts'
import type { Log } from '../ports.ts'
import { sendJson, sendPieces, sendRefusal, sendText } from './answer.ts'
import { authorize, type AuthzDeps } from './authz.ts'
import { busy, readBody } from './body.ts'
import { withoutCredentials } from './credentials.ts'
import type { Gauge, Hold } from './gauge.ts'
import { passGuards, type GuardRules, type Passed } from './guards.ts'
import { refusal, refusalForNow, type Refusal } from './refusal.ts'
import { matchRoute, type Route } from './route.ts'
import { unauthorized, wrongToken } from './sender.ts'

export interface ExchangeDeps {
  rules: () => GuardRules
  gauge: Gauge
  authz: AuthzDeps
  receive: (delivery: Delivery) => Promise<IntakeAnswer>
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
  const hold = deps.gauge.enter()
  const steps = async (): Promise<Refusal | null> => {
    const rules = deps.rules()
    const passed = passGuards(exchange.request, rules)
    if ('status' in passed) return passed
    sourceId = passed.sender.sourceId
    if (!hold) return busy()
    const body = await receiveBody(exchange, rules.maxBodyBytes, hold)
    if (body === null || 'status' in body) return body
    const route = await admit(exchange.request, passed, body, { ...deps.authz, rules })
    if ('status' in route) return route
    return answerRoute(exchange, { route, passed, body }, deps.receive)
  }
  try {
    const refused = await steps()
    if (!refused) return
    deps.refused(refused, sourceId)
    answerRefusal(exchange, refused)
  } catch (error) {
    deps.log.error('A request failed', { requestId: exchange.requestId, reason: errorMessage(error) })
    answerRefusal(exchange, refusal(500, 'internal', 'failed: see the log for the request id'))
  } finally {
    hold?.leave()
  }
}

function receiveBody(exchange: Exchange, maxBytes: number, hold: Hold): Promise<Buffer | Refusal | null> {
  if (exchange.isContinueExpected) exchange.response.writeContinue()
  return readBody(exchange.request, maxBytes, hold)
}

/** `authz` comes before the route: who may not pass does not learn which paths exist. */
async function admit(
  request: IncomingMessage,
  { target, sender, isTunnel }: Passed,
  body: Buffer,
  deps: AuthzDeps & { rules: GuardRules },
): Promise<Route | Refusal> {
  const method = request.method ?? ''
  const { path, query } = target
  const { rawHeaders } = request
  const verdict = await authorize({ method, path, query, rawHeaders, remote: remoteOf(request), body }, deps)
  if ('status' in verdict) return verdict
  if (sender.isUnknown && !verdict.isAllowed) return wrongToken(deps.rules.backoff)
  const isProven = sender.isProven || verdict.isAllowed
  if (isTunnel && !isProven) return unauthorized("through a tunnel a source's token, or an authz rule allow, is needed")
  const route = matchRoute(method, target.rawPath)
  if ('kind' in route && route.kind === 'alert' && deps.rules.isTokenRequired && !isProven) {
    return unauthorized('sources have tokens here: send yours as Authorization: Bearer')
  }
  return route
}

async function answerRoute(
  { request, response, requestId }: Exchange,
  { route, passed, body }: { route: Route; passed: Passed; body: Buffer },
  receive: ExchangeDeps['receive'],
): Promise<Refusal | null> {
  if (route.kind === 'health') {
    sendText(response, requestId, 200, 'OK')
    return null
  }
  const answer = await receive({
    schema: route.schema,
    route: passed.target.path,
    body,
    sourceId: passed.sender.sourceId,
    deliveryId: passed.deliveryId,
    remote: remoteOf(request),
    ...withoutCredentials(request.rawHeaders, passed.target.query),
  })
  if (answer.kind === 'refused') return refusalOf(answer)
  const { status, pieces } = answerPieces(answer)
  if (typeof pieces === 'string') sendJson(response, requestId, status, pieces)
  else await sendPieces(response, requestId, status, pieces)
  return null
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

import type { HandshakeKind } from '../../../shared/model/source-views.ts'
import type { JsonValue } from '../../../shared/model/json.ts'
import { checkEventText } from '../policy/event-text.ts'
import { isObject } from './envelope.ts'
import { headerValues } from './host.ts'
import { refusal, type Refusal } from './refusal.ts'
import { matchRoute } from './route.ts'

/** The head of a request, as far as a handshake is told by it. */
export interface HandshakeHead {
  method: string
  rawPath: string
  query: URLSearchParams
  rawHeaders: readonly string[]
}

/** What a service is answered that asks whether this receiver wants its events. */
export interface HandshakeAnswer {
  headers: Record<string, string>
  body: string
}

const OKTA_CHALLENGE = 'x-okta-verification-challenge'
const GRAPH_TOKEN = 'validationToken'
const ORIGIN = 'webhook-request-origin'
const RATE = 'webhook-request-rate'

/** A challenge is sent back: so it is text that means nothing to a page, a header or a shell. */
const CHALLENGE = /^[A-Za-z0-9 .,:;_~+/=@()-]{1,2048}$/
const HOST_NAME = /^[A-Za-z0-9.-]{1,253}$/

/** How each service asks, by its head alone. */
const ASKED: Readonly<Record<HandshakeKind, (head: HandshakeHead) => boolean>> = {
  // https://developer.okta.com/docs/concepts/event-hooks/#one-time-verification-request
  okta: ({ method, rawHeaders }) => method === 'GET' && headerValues(rawHeaders, OKTA_CHALLENGE).length === 1,
  // https://learn.microsoft.com/graph/change-notifications-delivery-webhooks#notificationurl-validation
  graph: ({ method, query }) => method === 'POST' && query.getAll(GRAPH_TOKEN).length === 1,
  // https://learn.microsoft.com/azure/event-grid/end-point-validation-event-grid-events-schema
  event_grid: ({ method, rawHeaders }) =>
    method === 'POST' && headerValues(rawHeaders, 'aeg-event-type')[0] === 'SubscriptionValidation',
  // https://github.com/cloudevents/spec/blob/main/cloudevents/http-webhook.md#4-abuse-protection
  cloudevents: ({ method, rawHeaders }) => method === 'OPTIONS' && headerValues(rawHeaders, ORIGIN).length === 1,
  // https://docs.slack.dev/reference/events/url_verification: told from an event by its body
  slack: ({ method, rawHeaders }) =>
    method === 'POST' && headerValues(rawHeaders, 'x-slack-request-timestamp').length === 1,
}

/** Whether a request may be a service's question whether its events are wanted, on a path that takes events. */
export function handshakeOf(head: HandshakeHead, kinds: ReadonlySet<HandshakeKind>): HandshakeKind | null {
  if (kinds.size === 0) return null
  const route = matchRoute('POST', head.rawPath)
  if (!('kind' in route) || route.kind !== 'alert' || route.form !== 'raw') return null
  return [...kinds].find((kind) => ASKED[kind](head)) ?? null
}

/** @returns the answer in the service's own form; null where the request is something else, such as an event */
export function answerHandshake(
  kind: HandshakeKind,
  { query, rawHeaders }: HandshakeHead,
  body: Uint8Array,
): HandshakeAnswer | Refusal | null {
  switch (kind) {
    case 'okta':
      return echoed(headerValues(rawHeaders, OKTA_CHALLENGE)[0], (verification) => json({ verification }))
    case 'graph':
      return echoed(query.get(GRAPH_TOKEN), (token) => ({ headers: { 'Content-Type': 'text/plain' }, body: token }))
    case 'event_grid':
      return echoed(validationCode(body), (validationResponse) => json({ validationResponse }))
    case 'cloudevents':
      return allowOrigin(rawHeaders)
    case 'slack': {
      const event = valueOf(body)
      if (!isObject(event) || event['type'] !== 'url_verification') return null
      return echoed(event['challenge'], (challenge) => json({ challenge }))
    }
  }
}

function echoed(
  challenge: JsonValue | undefined,
  answer: (text: string) => HandshakeAnswer,
): HandshakeAnswer | Refusal {
  if (typeof challenge === 'string' && CHALLENGE.test(challenge)) return answer(challenge)
  return malformed('its challenge is missing, or is no text that is sent back')
}

function allowOrigin(rawHeaders: readonly string[]): HandshakeAnswer | Refusal {
  const [origin = ''] = headerValues(rawHeaders, ORIGIN)
  if (!HOST_NAME.test(origin)) return malformed('WebHook-Request-Origin is no host name')
  const isRateAsked = headerValues(rawHeaders, RATE).length > 0
  const rate = isRateAsked ? { 'WebHook-Allowed-Rate': '*' } : {}
  return { headers: { Allow: 'POST', 'WebHook-Allowed-Origin': origin, ...rate }, body: '' }
}

/** `[{"eventType": "Microsoft.EventGrid.SubscriptionValidationEvent", "data": {"validationCode": …}}]` */
function validationCode(body: Uint8Array): JsonValue | undefined {
  const events = valueOf(body)
  const [event] = Array.isArray(events) && events.length === 1 ? events : []
  if (!isObject(event) || event['eventType'] !== 'Microsoft.EventGrid.SubscriptionValidationEvent') return undefined
  return isObject(event['data']) ? event['data']['validationCode'] : undefined
}

function valueOf(body: Uint8Array): JsonValue | undefined {
  const text = checkEventText(body)
  return 'value' in text ? text.value : undefined
}

function json(value: Record<string, string>): HandshakeAnswer {
  return { headers: {}, body: `${JSON.stringify(value)}\n` }
}

function malformed(why: string): Refusal {
  return refusal(400, 'malformed_request', `malformed handshake: ${why}`)
}

import type { IncomingMessage } from 'node:http'
import type { HandshakeKind } from '../../../shared/model/source-views.ts'
import { isApiPath } from './api-call.ts'
import { checkBodyHeaders } from './body.ts'
import { checkBrowser } from './browser.ts'
import type { Encoding } from './content-encoding.ts'
import { isForwarded } from './forwarded.ts'
import { handshakeOf } from './handshake.ts'
import { checkHost, headerValues, type HostRule } from './host.ts'
import { refusal, type Refusal } from './refusal.ts'
import { checkFraming, readTarget, type Target } from './request-line.ts'
import { checkSender, type Sender, type SenderRule } from './sender.ts'

export interface GuardRules extends HostRule, SenderRule {
  maxBodyBytes: number
  /** A source has a token: from then on events come with one, or by an `authz` rule that allows. */
  isTokenRequired: boolean
  /** In whose forms it is answered that events are wanted. */
  handshakes: ReadonlySet<HandshakeKind>
}

/** What is known of a request whose head has passed. */
export interface Passed {
  target: Target
  sender: Sender
  /** It came under a tunnel's name, or a proxy handed it on: from outside this machine, for all that is known. */
  isTunnel: boolean
  encoding: Encoding
  /** It may ask whether its events are wanted, and whose form it does so in. */
  handshake: HandshakeKind | null
  /** Its `Idempotency-Key`. */
  deliveryId: string | null
}

const MAX_DELIVERY_ID = 256

/**
 * Everything that is decided on a request's head alone, in the order in which an attack would meet it: where it is sent
 * to, whether a browser sends it, who sends it, and only then what it carries.
 */
export function passGuards(request: IncomingMessage, rules: GuardRules): Passed | Refusal {
  const { rawHeaders } = request
  const target = readTarget(request.httpVersion, request.url ?? '')
  if ('status' in target) return target
  const framing = checkFraming(request.httpVersion, rawHeaders)
  if (framing) return framing
  const host = checkHost(rawHeaders, rules)
  if (typeof host !== 'string') return host
  const isTunnel = host === 'tunnel' || isForwarded(rawHeaders)
  if (isTunnel && !target.rawPath.startsWith('/alert/')) return tunnelPath()
  const browser = checkBrowser(rawHeaders)
  if (browser) return browser
  const sender = checkSender(rawHeaders, rules, { takesApiKey: isApiPath(target.rawPath) })
  if ('status' in sender) return sender
  const encoding = checkBodyHeaders(rawHeaders, rules.maxBodyBytes)
  if (typeof encoding !== 'string') return encoding
  const deliveryId = readDeliveryId(rawHeaders)
  if (deliveryId !== null && typeof deliveryId !== 'string') return deliveryId
  const head = { method: request.method ?? '', rawPath: target.rawPath, query: target.query, rawHeaders }
  const handshake = handshakeOf(head, rules.handshakes)
  return { target, sender, isTunnel, encoding, handshake, deliveryId }
}

function readDeliveryId(rawHeaders: readonly string[]): string | null | Refusal {
  const [id, ...more] = headerValues(rawHeaders, 'idempotency-key')
  if (id === undefined || (id === '' && more.length === 0)) return null
  if (more.length === 0 && id.length <= MAX_DELIVERY_ID) return id
  return refusal(
    400,
    'malformed_request',
    `malformed request: send one Idempotency-Key of at most ${MAX_DELIVERY_ID} characters`,
  )
}

function tunnelPath(): Refusal {
  return refusal(403, 'host_not_allowed', 'host refused: what comes through a tunnel or a proxy reaches /alert/ only')
}

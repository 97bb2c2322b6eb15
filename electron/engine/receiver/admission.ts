import type { IncomingMessage } from 'node:http'
import { authorize, type AuthzDeps } from './authz.ts'
import type { GuardRules, Passed } from './guards.ts'
import { answerHandshake, type HandshakeAnswer } from './handshake.ts'
import { refusedApiReader, refusedReader, type ReadPort } from './reading.ts'
import type { Refusal } from './refusal.ts'
import { matchRoute, type Form, type Route } from './route.ts'
import { unauthorized, wrongToken } from './sender.ts'

export interface Admitted {
  route: Route | { kind: 'handshake'; answer: HandshakeAnswer }
  /** Nothing spoke for the sender yet, so what it sends has to: only an SNS message can. */
  mustProve: boolean
}

/** `authz` comes before the route: who may not pass does not learn which paths exist. */
export async function admit(
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
  if ('kind' in route && route.kind === 'api' && route.call !== 'take') {
    return refusedApiReader(deps.reads, sender.isReader || verdict.isAllowed) ?? { route, mustProve: false }
  }
  if (sender.isProven || verdict.isAllowed) return 'status' in route ? route : { route, mustProve: false }
  const unproven = refusedUnproven(route, passed, deps.rules)
  if (unproven) return unproven
  return 'status' in route ? route : { route, mustProve: isTunnel || deps.rules.isTokenRequired }
}

/** Whom neither a token nor an `authz` rule speaks for: refused where one of them is needed; an SNS message speaks for itself. */
export function refusedUnproven(
  route: Route | Refusal,
  { sender, isTunnel }: Passed,
  { isTokenRequired }: Pick<GuardRules, 'isTokenRequired'>,
): Refusal | null {
  const form = formOf(route)
  if (sender.isProven || form === 'sns') return null
  if (isTunnel) return unauthorized("through a tunnel or a proxy a source's token, or an authz rule allow, is needed")
  if (form === null || !isTokenRequired) return null
  return unauthorized('sources have tokens here: send yours as Authorization: Bearer')
}

/** How a sender's route has its events wrapped; null where it is no sender's. */
function formOf(route: Route | Refusal): Form | null {
  if (!('kind' in route)) return null
  if (route.kind === 'api') return route.call === 'take' ? 'raw' : null
  return route.kind === 'alert' ? route.form : null
}

export function remoteOf(request: IncomingMessage): string {
  return `${request.socket.remoteAddress ?? ''}:${request.socket.remotePort ?? ''}`
}

import { STATUS_CODES } from 'node:http'
import { HttpFailure } from '../http/http-failure.ts'
import { HttpPort, type IncomingAnswer, type OutgoingRequest } from '../http/http-port.ts'
import { never, type Life } from './life.ts'
import type { ScratchClock } from './scratch-clock.ts'
import { textOf, type Stage, type StandInAnswer } from './stand-in.ts'

/** What goes wrong with the request that changes the target. */
export type HttpFault = 'none' | 'no_answer' | 'slow' | 'lost' | 'refused' | 'limited'

/** A long while, within every action's time. */
const SLOW_MS = 15_000
const LIMITED_TIMES = 2
const LIMITED: StandInAnswer = { status: 429, headers: { 'retry-after': '1' }, body: 'Too Many Requests' }
const REFUSED: StandInAnswer = { status: 403, body: 'Forbidden' }

/** All that left a desk of one scenario, over all its lives. */
export class Traffic {
  readonly requests: string[] = []
  /** Requests that would change the target, whether they did or not. */
  changing = 0
  fault: HttpFault = 'none'
  /** Everything that was sent, to look for secrets in. */
  text = ''

  note(request: OutgoingRequest): void {
    this.requests.push(`${request.method} ${request.url}`)
    this.text += `${request.url}\n${JSON.stringify(request.headers ?? {})}\n${textOf(request)}\n`
  }
}

export interface StandInPortParts {
  stage: Stage
  traffic: Traffic
  clock: ScratchClock
  life: Life
  netAllow: string[]
}

/** The port of a scratch desk: it has no client, so that nothing can leave by it; the stand-in answers. */
export class StandInPort extends HttpPort {
  readonly #parts: StandInPortParts

  constructor(parts: StandInPortParts) {
    const settings = { 'net.allow': parts.netAllow, 'net.proxy': '', 'net.caFile': '' }
    super({ settings: () => settings, env: {}, clock: parts.clock })
    this.#parts = parts
  }

  override async send(request: OutgoingRequest): Promise<IncomingAnswer> {
    const { stage, traffic, life } = this.#parts
    if (life.isDead) return never()
    traffic.note(request)
    if (stage.http === undefined) {
      throw new HttpFailure('net_unreachable', 'Nothing leaves this scratch desk, and no stand-in answers there.')
    }
    // As the connection would: in another turn of the event loop.
    await new Promise((resolve) => setImmediate(resolve))
    const answer = stage.http.changes(request) ? this.#change(request, stage.http) : stage.http.answer(request)
    return life.isDead ? never() : answerOf(answer)
  }

  override close(): Promise<void> {
    return Promise.resolve()
  }

  #change(request: OutgoingRequest, http: NonNullable<Stage['http']>): StandInAnswer {
    const { traffic, clock } = this.#parts
    traffic.changing += 1
    switch (traffic.fault) {
      case 'none':
        return http.answer(request)
      case 'no_answer':
        throw this.#timeout(request)
      case 'slow':
        clock.spend(Math.min(SLOW_MS, request.timeoutMs))
        if (request.timeoutMs <= SLOW_MS) throw this.#timeout(request)
        return http.answer(request)
      case 'lost':
        http.answer(request)
        throw new HttpFailure('net_reset', 'The connection broke (scripted).', { hasLeft: true })
      case 'refused':
        return REFUSED
      case 'limited':
        return traffic.changing <= LIMITED_TIMES ? LIMITED : http.answer(request)
    }
  }

  #timeout({ timeoutMs }: OutgoingRequest): HttpFailure {
    this.#parts.clock.spend(timeoutMs)
    return new HttpFailure('net_timeout', `The request has left, and no answer came within ${timeoutMs / 1000} s.`, {
      hasLeft: true,
    })
  }
}

function answerOf({ status, body = '', headers = {} }: StandInAnswer): IncomingAnswer {
  const isText = typeof body === 'string'
  return {
    status,
    statusText: `${status} ${STATUS_CODES[status] ?? ''}`.trim(),
    headers: { 'content-type': isText ? 'text/plain' : 'application/json', ...headers },
    body: Buffer.from(isText ? body : JSON.stringify(body)),
  }
}

import { TocsinError } from '../../../../shared/errors.ts'
import type { JsonObject } from '../../../../shared/model/json.ts'
import { HttpFailure } from '../../http/http-failure.ts'
import type { HttpPort } from '../../http/http-port.ts'
import { UnknownOutcome, type ReadContext, type Reading } from '../action-definition.ts'
import type { ServiceRequest } from '../containment-model.ts'
import type { HttpDeclaration } from './declaration.ts'
import { at, call, filled, needed, succeeded, type FilledRequest } from './http-calls.ts'
import { said } from '../../forms/said.ts'
import type { OwnKind } from './own-action.ts'
import { fillText } from './template.ts'

export interface OwnHttpRequest extends ServiceRequest {
  request: FilledRequest
}

const NOT_FOUND = 404

/** What an own action does that is one request to a service. */
export function httpKind(declared: HttpDeclaration, http: HttpPort): OwnKind<OwnHttpRequest> {
  const { request, probe } = declared
  return {
    effect: () => declared.effect,
    mustAsk: () => null,
    who: URL.parse(request.url)?.host ?? declared.name,
    read: (args, context) => readTarget(http, declared, args, context),
    request(args) {
      const one = filled(request, args)
      return { request: one, call: `${one.method} ${one.url}`, ...(one.body === undefined ? {} : { body: one.body }) }
    },
    async send({ request: one }, _args, context) {
      const answer = await call(http, one, context)
      const value = readable(declared, () => succeeded(answer, request.success, context))
      return request.result === undefined ? value : (at(value, request.result) ?? null)
    },
    probe: probe === undefined ? null : (args, context) => wasDone(http, probe, args, context),
    facts: null,
  }
}

/** An answer that cannot be read leaves open what became of a request that changes something. */
function readable<T>({ request, idempotent }: HttpDeclaration, read: () => T): T {
  try {
    return read()
  } catch (error) {
    const isOpen = !idempotent && !['GET', 'HEAD'].includes(request.method)
    if (!isOpen || !(error instanceof TocsinError) || error.code !== 'bad_answer') throw error
    throw new UnknownOutcome(error.code, error.message)
  }
}

async function readTarget(
  http: HttpPort,
  { read, target }: HttpDeclaration,
  args: JsonObject,
  context: ReadContext,
): Promise<Reading> {
  if (read === undefined) throw new Error('It has no read')
  const answer = await call(http, filled({ method: 'GET', url: read.url, headers: read.headers }, args), context)
  const name = fillText(target, args)
  const rows = [{ key: 'Target', value: name }]
  if (read.absent?.status.includes(answer.status) === true) return { id: name, state: read.absent.state, rows }
  if (answer.status === NOT_FOUND)
    throw new TocsinError('target_missing', `The service knows no ${name} that this log-in may see.`)
  const value = succeeded(answer, read.success, context)
  const id = read.id === undefined ? name : said(needed(value, read.id))
  const state = Object.entries(read.state).map(([key, path]) => [key, needed(value, path)] as const)
  return { id, state: Object.fromEntries(state), rows }
}

/** Only a plain no is one: what keeps the service from answering says nothing. */
async function wasDone(
  http: HttpPort,
  probe: NonNullable<HttpDeclaration['probe']>,
  args: JsonObject,
  context: ReadContext,
): Promise<boolean> {
  const answer = await call(http, filled({ method: 'GET', url: probe.url, headers: probe.headers }, args), context)
  try {
    succeeded(answer, probe.success, context)
    return true
  } catch (error) {
    const isNo = error instanceof HttpFailure && (error.code === 'service_refused' || error.status === 404)
    if (isNo) return false
    throw error
  }
}

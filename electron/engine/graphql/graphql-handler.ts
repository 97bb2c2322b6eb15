import { errorCode, errorMessage, TocsinError } from '../../../shared/errors.ts'
import type { Log } from '../ports/ports.ts'
import { headerValues } from '../receiver/host.ts'
import { refusal, refusalForNow, type Refusal } from '../receiver/refusal.ts'
import { cleanJson } from '../secrets/clean-json.ts'
import type { Handles } from '../secrets/handles.ts'
import type { Redactor } from '../secrets/redact.ts'
import type { GraphqlQuery } from './execute.ts'
import type { GraphqlRunner } from './graphql-runner.ts'
import { answerText } from './answer-text.ts'
import { LIMITS } from './limits.ts'

/** One request to `/graphql` that may be answered. */
export interface GraphqlRequest {
  method: string
  query: URLSearchParams
  rawHeaders: readonly string[]
  body: Uint8Array
}

export interface GraphqlAnswer {
  status: number
  /** JSON text, or empty. */
  text: string
  headers: Record<string, string>
}

export interface GraphqlHandlerParts {
  runner: Pick<GraphqlRunner, 'run'>
  handles: Handles
  redactor: Redactor
  log: Log
}

/** GraphQL over HTTP as AlertChain's server (gqlgen) speaks it, without its multipart and websocket transports. */
export class GraphqlHandler {
  readonly #parts: GraphqlHandlerParts

  constructor(parts: GraphqlHandlerParts) {
    this.#parts = parts
  }

  /** Errors that GraphQL has a form for are answers; a refusal is the receiver's own. */
  async answer(request: GraphqlRequest): Promise<GraphqlAnswer | Refusal> {
    if (request.method === 'OPTIONS') return { status: 200, text: '', headers: { Allow: 'OPTIONS, GET, POST' } }
    if (request.body.byteLength > LIMITS.bodyBytes) {
      return refusal(413, 'too_large', `body refused: a query has at most ${LIMITS.bodyBytes} bytes`)
    }
    const query = readRequest(request)
    if ('status' in query) return query
    try {
      const { status, text } = await this.#parts.runner.run(query)
      return { status, text: await cleanJson(text, this.#parts), headers: {} }
    } catch (error) {
      return this.#failed(error)
    }
  }

  #failed(error: unknown): GraphqlAnswer | Refusal {
    const code = errorCode(error)
    if (code === 'busy') return refusalForNow(503, code, `busy: ${errorMessage(error)}`)
    this.#parts.log.warn('A GraphQL query failed', { code, reason: errorMessage(error) })
    // What went wrong inside is for the log; AlertChain says the same.
    const isOurs = error instanceof TocsinError && code.startsWith('graphql_')
    return errorAnswer(200, isOurs ? error.message : 'internal system error', code)
  }
}

function readRequest(request: GraphqlRequest): GraphqlQuery | GraphqlAnswer {
  const { method, rawHeaders, query, body } = request
  const isUpgrade = headerValues(rawHeaders, 'upgrade').length > 0
  if (method === 'GET' && !isUpgrade) return readQuery(query)
  const [type = ''] = headerValues(rawHeaders, 'content-type')
  if (method === 'POST' && /^application\/json *(;|$)/i.test(type)) return readBody(body)
  return errorAnswer(400, 'transport not supported')
}

function readQuery(query: URLSearchParams): GraphqlQuery | GraphqlAnswer {
  const parameters: Record<string, unknown> = {
    query: query.get('query') ?? '',
    operationName: query.get('operationName'),
  }
  for (const name of ['variables', 'extensions']) {
    const text = query.get(name)
    if (!text) continue
    try {
      parameters[name] = JSON.parse(text)
    } catch {
      return errorAnswer(400, `${name} could not be decoded: it is not JSON`)
    }
  }
  return readParameters(parameters)
}

function readBody(body: Uint8Array): GraphqlQuery | GraphqlAnswer {
  try {
    return readParameters(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)))
  } catch (error) {
    return errorAnswer(400, `json request body could not be decoded: ${errorMessage(error)}`)
  }
}

/** The members of a request (graphql-over-http); those that are not known are ignored. */
function readParameters(given: unknown): GraphqlQuery | GraphqlAnswer {
  if (Array.isArray(given)) return errorAnswer(400, 'batching is not supported: send one operation per request')
  if (!isObject(given)) return errorAnswer(400, 'json request body could not be decoded: it is not an object')
  const { query = '', extensions } = given
  // null is as good as absent.
  const variables = given['variables'] ?? {}
  const operationName = given['operationName'] ?? ''
  if (typeof query !== 'string') return wrongType('query', 'a string')
  if (!isObject(variables)) return wrongType('variables', 'an object')
  if (typeof operationName !== 'string') return wrongType('operationName', 'a string')
  if (query === '' && isObject(extensions) && 'persistedQuery' in extensions) {
    // Nothing is kept: a client that tries the hash alone then sends the whole query.
    return errorAnswer(200, 'PersistedQueryNotFound', 'PERSISTED_QUERY_NOT_FOUND')
  }
  return { query, variables, operationName: operationName || null }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function wrongType(name: string, type: string): GraphqlAnswer {
  return errorAnswer(400, `json request body could not be decoded: ${name} must be ${type}`)
}

function errorAnswer(status: number, message: string, code?: string): GraphqlAnswer {
  const error = code === undefined ? { message } : { message, extensions: { code } }
  return { status, text: answerText([error], null), headers: {} }
}

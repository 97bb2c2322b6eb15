import { TocsinError } from '../../../../shared/errors.ts'
import type { JsonObject, JsonValue } from '../../../../shared/model/json.ts'
import { parseJsonPath } from '../../chain/rounds/json-path.ts'
import { canonicalJson } from '../../forms/canonical.ts'
import { HttpFailure } from '../../http/http-failure.ts'
import type { HttpPort, IncomingAnswer } from '../../http/http-port.ts'
import type { ReadContext } from '../action-definition.ts'
import { answerValue, statusFailure } from '../http-answer.ts'
import { refusal } from '../inspect/ask-service.ts'
import type { RequestDeclaration, Success } from './declaration.ts'
import { fillJson, fillText, fillUrl } from './template.ts'

/** One declared request with its arguments in place. */
export interface FilledRequest {
  method: RequestDeclaration['method']
  url: string
  headers: Record<string, string>
  body?: JsonValue
}

const ANY_SUCCESS: Success = { status: [200, 201, 202, 204], json: {} }

/** @throws TocsinError `invalid_args` where the arguments make no address of their own */
export function filled(
  declared: Pick<RequestDeclaration, 'method' | 'url' | 'headers' | 'body'>,
  values: JsonObject,
): FilledRequest {
  const headers = Object.entries(declared.headers).map(([name, text]) => [name, fillText(text, values)] as const)
  const body = declared.body === undefined ? undefined : fillJson(declared.body, values)
  return {
    method: declared.method,
    url: fillUrl(declared.url, values),
    headers: Object.fromEntries(headers),
    ...(body === undefined ? {} : { body }),
  }
}

/** Sends it where it says and nowhere else: redirects are not followed. */
export function call(http: HttpPort, request: FilledRequest, context: ReadContext): Promise<IncomingAnswer> {
  const { method, url, body } = request
  const headers: Record<string, string> = { Accept: 'application/json', ...request.headers }
  const isTyped = Object.keys(headers).some((name) => name.toLowerCase() === 'content-type')
  if (body !== undefined && typeof body !== 'string' && !isTyped) headers['Content-Type'] = 'application/json'
  return http.send({
    method,
    url,
    headers,
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    isRedirectFollowed: false,
    timeoutMs: context.remainingMs(),
    signal: context.signal,
    secrets: context.secrets,
  })
}

/**
 * Holds an answer against what counts as success.
 * @returns what it says
 * @throws HttpFailure `http_status`, `key_refused`, `service_refused`; TocsinError `bad_answer`
 */
export function succeeded(answer: IncomingAnswer, success: Success | undefined, context: ReadContext): JsonValue {
  const { status, json } = success ?? ANY_SUCCESS
  const host = 'The service'
  if (!status.includes(answer.status)) {
    throw answer.status < 400 ? statusFailure(host, answer) : refusal(host, answer, context)
  }
  const value = answerValue(answer)
  for (const [path, expected] of Object.entries(json)) {
    const found = at(value, path)
    if (found !== undefined && canonicalJson(found) === canonicalJson(expected)) continue
    const why = `${host} answered ${answer.statusText}, but ${path} is ${JSON.stringify(found ?? null)}, not ${JSON.stringify(expected)}.`
    // It has answered, and not as it does when it has done it.
    throw new HttpFailure('service_refused', why, { hasLeft: true, status: answer.status < 300 ? 400 : answer.status })
  }
  return value
}

/** What stands at a path of an answer. */
export function at(value: JsonValue, path: string): JsonValue | undefined {
  return parseJsonPath(path).find(value)[0]
}

/** As `at`. @throws TocsinError `bad_answer` where nothing stands there */
export function needed(value: JsonValue, path: string): JsonValue {
  const found = at(value, path)
  if (found !== undefined) return found
  throw new TocsinError('bad_answer', `The answer has nothing at ${path}: check the declaration and the service.`)
}

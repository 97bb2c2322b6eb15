import type { JsonValue } from '../../../shared/model/json.ts'
import type { HttpPort, IncomingAnswer } from '../http/http-port.ts'
import type { ReadContext } from './action-definition.ts'

export interface JsonRequest {
  method: string
  url: string
  headers?: Record<string, string>
  body?: JsonValue
}

/**
 * Sends one request to a service's API. A redirect is handed back as the answer: what was asked of one address is not asked of another.
 * @throws HttpFailure
 */
export function sendJson(
  http: HttpPort,
  { method, url, headers = {}, body }: JsonRequest,
  { remainingMs, signal, secrets }: ReadContext,
): Promise<IncomingAnswer> {
  const type = body === undefined ? {} : { 'Content-Type': 'application/json' }
  return http.send({
    method,
    url,
    headers: { Accept: 'application/json', ...headers, ...type },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    isRedirectFollowed: false,
    timeoutMs: remainingMs(),
    signal,
    secrets,
  })
}

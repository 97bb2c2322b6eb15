import type { IncomingMessage, ServerResponse } from 'node:http'
import type { GraphqlAnswer, GraphqlRequest } from '../graphql/graphql-handler.ts'
import { sendWith } from './answer.ts'
import type { ReadAccess } from './read-access.ts'
import type { Refusal } from './refusal.ts'
import { notFound } from './route.ts'
import { unauthorized } from './sender.ts'

/** What reads evidence, and who may. */
export interface ReadPort {
  access: ReadAccess
  graphql: (request: GraphqlRequest) => Promise<GraphqlAnswer | Refusal>
}

/**
 * Whether a request may read. The token of a sender opens nothing here.
 * @param isProven it carried the read token, or `authz` has a rule that allows it
 */
export function refusedReader(port: ReadPort | null, isProven: boolean): Refusal | null {
  if (!port?.access.isGraphqlOn()) return notFound()
  if (isProven || !port.access.isTokenNeeded()) return null
  return unauthorized('reading needs the read token (made under Settings) as Authorization: Bearer')
}

/** The same for DeepAlert's API, which is always there: where not everyone may read, it asks for the token. */
export function refusedApiReader(port: ReadPort | null, isProven: boolean): Refusal | null {
  if (isProven || port?.access.isOpen() === true) return null
  return unauthorized('reading needs the read token (made under Settings) as X-API-KEY or Authorization: Bearer')
}

export async function answerGraphql(
  { request, response, requestId }: { request: IncomingMessage; response: ServerResponse; requestId: string },
  query: URLSearchParams,
  body: Buffer,
  port: ReadPort,
): Promise<Refusal | null> {
  const { method = '', rawHeaders } = request
  const answer = await port.graphql({ method, query, rawHeaders, body })
  if ('code' in answer) return answer
  sendWith(response, requestId, answer.status, answer.headers, answer.text)
  return null
}

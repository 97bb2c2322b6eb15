import { apiCallOf, type ApiCall } from './api-call.ts'
import { refusal, type Refusal } from './refusal.ts'
import { decodePath } from './request-line.ts'
import { isSchemaName } from './schema-name.ts'

/** How an event is wrapped: not at all, in Google Pub/Sub's push envelope, or in an Amazon SNS message. */
export type Form = 'raw' | 'pubsub' | 'sns'

export type Route =
  | { kind: 'health' }
  | { kind: 'graphql' }
  | { kind: 'alert'; form: Form; schema: string }
  | { kind: 'api'; call: ApiCall }

const FORMS: ReadonlySet<string> = new Set<Form>(['raw', 'pubsub', 'sns'])

/**
 * Which route a request asks for. Segments are decoded one by one, so that an encoded slash never makes a new segment.
 * @param rawPath as sent, without the query
 */
export function matchRoute(method: string, rawPath: string): Route | Refusal {
  const segments = rawPath.slice(1).split('/').map(decodePath)
  const [first, second, third] = segments
  if (first === 'health' && (segments.length === 1 || (segments.length === 2 && second === ''))) {
    return method === 'GET' || method === 'HEAD' ? { kind: 'health' } : wrongMethod('GET, HEAD')
  }
  // Every method: which of them are spoken is GraphQL's own answer.
  if (first === 'graphql' && segments.length === 1) return { kind: 'graphql' }
  if (first === 'api') {
    const call = apiCallOf(method, segments)
    return call ? { kind: 'api', call } : pageNotFound()
  }
  if (first === 'alert' && second) {
    if (isForm(second)) {
      if (segments.length === 3 && third) return alertRoute(method, second, third)
    } else if (segments.length === 2) return alertRoute(method, 'raw', second)
  }
  return notFound()
}

/** Gin's answer, which DeepAlert's API gives for every other path and method. */
function pageNotFound(): Refusal {
  return { ...refusal(404, 'not_found', '404 page not found'), isPlain: true }
}

export function notFound(): Refusal {
  return refusal(
    404,
    'not_found',
    'not found: events are taken at POST /alert/{schema}, /alert/raw/{schema}, /alert/pubsub/{schema} and /alert/sns/{schema}',
  )
}

function isForm(word: string): word is Form {
  return FORMS.has(word)
}

function alertRoute(method: string, form: Form, schema: string): Route | Refusal {
  if (method !== 'POST') return wrongMethod('POST')
  if (isSchemaName(schema)) return { kind: 'alert', form, schema }
  return refusal(
    422,
    'schema_invalid',
    'schema refused: it is made of letters, digits, _ and -, in segments joined by dots, each beginning with a letter or _, at most 128 characters; raw, pubsub and sns are taken',
  )
}

function wrongMethod(allowed: string): Refusal {
  return refusal(405, 'method_not_allowed', `method refused: ${allowed} only`, { Allow: allowed })
}

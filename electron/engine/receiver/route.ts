import { refusal, type Refusal } from './refusal.ts'
import { decodePath } from './request-line.ts'
import { isSchemaName } from './schema-name.ts'

export type Route = { kind: 'health' } | { kind: 'alert'; form: 'raw' | 'plain'; schema: string }

/** Words after `/alert/` that are forms of delivery, never schemas. */
const FORMS = new Set(['raw', 'pubsub', 'sns'])

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
  if (first === 'alert' && segments.length === 3 && second === 'raw' && third) return alertRoute(method, 'raw', third)
  if (first === 'alert' && segments.length === 2 && second && !FORMS.has(second)) {
    return alertRoute(method, 'plain', second)
  }
  return refusal(404, 'not_found', 'not found: events are taken at POST /alert/{schema} and POST /alert/raw/{schema}')
}

function alertRoute(method: string, form: 'raw' | 'plain', schema: string): Route | Refusal {
  if (method !== 'POST') return wrongMethod('POST')
  if (isSchemaName(schema)) return { kind: 'alert', form, schema }
  return refusal(
    422,
    'schema_invalid',
    'schema refused: it is made of letters, digits, _ and -, in segments joined by dots, each beginning with a letter or _, at most 128 characters',
  )
}

function wrongMethod(allowed: string): Refusal {
  return refusal(405, 'method_not_allowed', `method refused: ${allowed} only`, { Allow: allowed })
}

import type { Alert } from '../../../shared/model/alert.ts'
import type { JsonObject } from '../../../shared/model/json.ts'

/** The form in which an alert leaves Tocsin (`interfaces.md` §4), without its event: lists are `[]`, never null. */
export function alertFacts(alert: Alert): JsonObject {
  return {
    id: alert.id,
    schema: alert.schema,
    created_at: new Date(alert.createdAt).toISOString(),
    title: alert.title,
    description: alert.description,
    source: alert.source,
    namespace: alert.namespace,
    attrs: alert.attrs.map(({ id, key, value, type, persist, ttl }) => ({ id, key, value, type, persist, ttl })),
    refs: alert.refs.map(({ title, url }) => ({ title, url })),
  }
}

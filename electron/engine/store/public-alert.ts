import type { Alert } from '../../../shared/model/alert.ts'
import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import { rawText } from '../event-forms.ts'

/**
 * The form in which an alert leaves Tocsin (`interfaces.md` §4): lists are `[]`, never null.
 * @param event the event's JSON value; undefined when its body was deleted by age (then `data` is null, `raw` empty)
 */
export function publicAlert(alert: Alert, event: JsonValue | undefined): JsonObject {
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
    data: event ?? null,
    raw: event === undefined ? '' : rawText(event),
  }
}

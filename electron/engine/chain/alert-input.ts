import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import type { StoredAlert } from '../store/alert-store.ts'
import { publicAlert } from '../store/public-alert.ts'

/**
 * The alert as the action policy sees it: exactly AlertChain's fields. Lists are null while empty, and an event whose body
 * retention has deleted has neither `data` nor a `raw` text.
 */
export function policyAlert(alert: StoredAlert, event: JsonValue | undefined): JsonObject {
  const { attrs, refs, data, ...rest } = publicAlert(alert, event)
  return {
    ...rest,
    attrs: nullWhileEmpty(attrs),
    refs: nullWhileEmpty(refs),
    ...(data === null || data === undefined ? {} : { data }),
  }
}

function nullWhileEmpty(list: JsonValue | undefined): JsonValue {
  return Array.isArray(list) && list.length > 0 ? list : null
}

import type { JsonObject, JsonValue } from '../../../../shared/model/json.ts'
import type { Content } from '../../../../shared/model/report.ts'
import { NO_TIME } from './deepalert-alert.ts'

/** DeepAlert's entities as it writes them: every field is there, empty where nobody gave it. */
const ACTIVITY = { service_name: '', remote_addr: '', principal: '', action: '', target: '', last_seen: NO_TIME }
const SCAN = { vendor: '', name: '', positive: false, source: '' }
const MALWARE = { sha256: '', timestamp: NO_TIME, scans: null, relation: '' }
const DOMAIN = { name: '', timestamp: NO_TIME, source: '' }
const RELATED_URL = { url: '', reference: '', timestamp: NO_TIME, source: '' }
const SOFTWARE = { name: '', location: '', last_seen: NO_TIME }

/** The lists of a content that hold entities, and what one of them is. A binary's software is text alone. */
const ENTITIES: Record<string, JsonObject> = {
  activities: ACTIVITY,
  related_malware: MALWARE,
  related_domains: DOMAIN,
  related_urls: RELATED_URL,
  software: SOFTWARE,
}

/**
 * The content of a finding in DeepAlert's JSON: empty lists are left out, but for a user's activities, which are `null`
 * then; an entity has all its fields.
 */
export function contentJson(found: Content): JsonValue {
  if (found.type === 'result') return found.content
  const lists = Object.entries(found.content as JsonObject) // lists of texts and of entities
  const filled = lists.filter(([, list]) => Array.isArray(list) && list.length > 0)
  const content = Object.fromEntries(filled.map(([name, list]) => [name, (list as JsonValue[]).map(entity(name))]))
  return found.type === 'user' && !Object.hasOwn(content, 'activities') ? { activities: null } : content
}

function entity(list: string): (item: JsonValue) => JsonValue {
  return (item) => {
    const fields = ENTITIES[list]
    if (!fields || typeof item !== 'object' || item === null) return item
    const whole: JsonObject = { ...fields, ...(item as JsonObject) } // an entity is no list
    const { scans } = whole
    return Array.isArray(scans)
      ? { ...whole, scans: scans.map((scan) => ({ ...SCAN, ...(scan as JsonObject) })) }
      : whole
  }
}

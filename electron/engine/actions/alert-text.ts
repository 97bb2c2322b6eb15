import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'

/** A field of the alert as text; a missing one is empty. */
export function alertField(alert: JsonObject, field: string): string {
  const value = alert[field]
  return typeof value === 'string' ? value : ''
}

export interface AlertAttribute {
  id: string
  key: string
  value: JsonValue
  type: string
  persist: boolean
  ttl: number
}

/** The alert's attributes, which are null while there are none; what is missing in one has its zero value. */
export function alertAttributes(alert: JsonObject): AlertAttribute[] {
  return objectsIn(alert.attrs).map((attr) => ({
    id: alertField(attr, 'id'),
    key: alertField(attr, 'key'),
    value: attr.value ?? null,
    type: alertField(attr, 'type'),
    persist: attr.persist === true,
    ttl: typeof attr.ttl === 'number' ? attr.ttl : 0,
  }))
}

/** The alert's references, which are null while there are none. */
export function alertReferences(alert: JsonObject): { title: string; url: string }[] {
  return objectsIn(alert.refs).map((ref) => ({ title: alertField(ref, 'title'), url: alertField(ref, 'url') }))
}

function objectsIn(list: JsonValue | undefined): JsonObject[] {
  const items = Array.isArray(list) ? list : []
  return items.filter((item): item is JsonObject => typeof item === 'object' && item !== null && !Array.isArray(item))
}

/** A value as a person reads it: text as it is, all else as JSON (`design.md` §5). */
export function valueText(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** The event as AlertChain keeps it in `raw`, or written the same way where that is missing. */
export function alertRaw(alert: JsonObject): string {
  return typeof alert.raw === 'string' ? alert.raw : `${JSON.stringify(alert.data ?? null, null, 2)}\n`
}

/** JSON as Go writes it: `<`, `>` and `&` as escapes, so that no tag can stand in it. */
export function goJson(value: JsonValue): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** `2024-01-02 03:04:05 UTC`; a time that cannot be read stays as it is. */
export function utcTime(text: string): string {
  const time = new Date(text)
  return Number.isNaN(time.getTime()) ? text : `${time.toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

/** What a plan shows of a long text. */
export function excerpt(text: string, length = 2000): string {
  return text.length > length ? `${text.slice(0, length)}… (${text.length - length} more characters)` : text
}

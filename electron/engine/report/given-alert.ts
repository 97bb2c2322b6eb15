import type { JsonValue } from '../../../shared/model/json.ts'
import type { ReportAttribute } from '../../../shared/model/report.ts'
import { bounded } from './report-attributes.ts'

/** The schema of events that came in DeepAlert's own form (`/api/v1/alert`). */
export const DEEPALERT_SCHEMA = 'deepalert'

/** What an event in DeepAlert's form says beyond its alert; null where it came in another form. */
export function givenIn(
  schema: string,
  event: string,
): { attributes: ReportAttribute[]; body: JsonValue | undefined } | null {
  if (schema !== DEEPALERT_SCHEMA) return null
  const outer = objectOf(JSON.parse(event) as JsonValue) // the receiver took it as JSON
  const message = member(outer, 'message')
  const alert = typeof message === 'string' && message !== '' ? objectOf(JSON.parse(message) as JsonValue) : outer
  const attributes = member(alert, 'attributes')
  return {
    attributes: (Array.isArray(attributes) ? attributes : []).map((one) => attributeOf(objectOf(one))),
    body: member(alert, 'body'),
  }
}

type Members = Readonly<Record<string, JsonValue>>

function attributeOf(given: Members): ReportAttribute {
  const text = (name: string): string => {
    const value = member(given, name)
    return typeof value === 'string' ? value : ''
  }
  const context = member(given, 'context')
  const timestamp = member(given, 'timestamp')
  return bounded({
    type: text('type'),
    key: text('key'),
    value: text('value'),
    context: Array.isArray(context) ? context.filter((word) => typeof word === 'string') : [],
    ...(typeof timestamp === 'string' ? { timestamp } : {}),
  })
}

function objectOf(value: JsonValue): Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
}

/** Names are read as Go reads them: whatever their capitals. */
function member(object: Members, name: string): JsonValue | undefined {
  return object[name] ?? Object.entries(object).find(([key]) => key.toLowerCase() === name)?.[1]
}

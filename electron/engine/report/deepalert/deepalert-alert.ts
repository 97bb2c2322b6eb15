import type { JsonValue } from '../../../../shared/model/json.ts'
import { escapeHtml } from '../../forms/event-forms.ts'

/** An attribute in DeepAlert's JSON. `context` is null where it was not said. */
export interface DeepAlertAttribute {
  /** `ipaddr`, `domain`, `username`, `filehashvalue`, `json`, `url`, or the detector's own word. */
  type: string
  key: string
  value: string
  /** `remote`, `local`, `subject`, `object`, `client`, `server`, `file`, `additional`. */
  context: string[] | null
  /** RFC 3339; absent where nobody said when it was seen. */
  timestamp?: string
}

/** An alert in DeepAlert's JSON (`behaviour/deepalert.md` §2). */
export interface DeepAlertAlert {
  detector: string
  rule_name: string
  rule_id: string
  alert_key: string
  description: string
  /** RFC 3339; `NO_TIME` where the detector gave none. */
  timestamp: string
  attributes: DeepAlertAttribute[] | null
  /** Whatever else the detector wants to tell; absent where it is null. */
  body?: JsonValue
}

/** The schema of events in this form. */
export const DEEPALERT_SCHEMA = 'deepalert'

/** How DeepAlert writes a time that it does not know. */
export const NO_TIME = '0001-01-01T00:00:00Z'

/** In bytes of UTF-8, as DeepAlert counts. */
const MAX_TEXT = 1024
const MAX_DESCRIPTION = 4096
export const MAX_BODY = 64 * 1024
const MAX_ATTRIBUTES = 100

/**
 * Checks an alert by DeepAlert's rules, in its order. Types, contexts and times of attributes are anybody's.
 * @returns the first fault in DeepAlert's words, which name its cause twice; null: it is valid
 */
export function alertFault(alert: DeepAlertAlert): string | null {
  const fault = firstFault(alert)
  return fault === null ? null : `Invalid alert format: ${fault}: Invalid Alert parameter: Invalid Alert parameter`
}

function firstFault({ detector, rule_id, rule_name, alert_key, description, attributes, body }: DeepAlertAlert) {
  if (detector === '') return 'Alert.Detector is required'
  if (rule_id === '') return 'Alert.RuleID is required'
  return (
    tooLong('Alert.Detector', detector) ??
    tooLong('Alert.RuleID', rule_id) ??
    tooLong('Alert.RuleName', rule_name) ??
    tooLong('Alert.AlertKey', alert_key) ??
    tooLong('Alert.Description', description, MAX_DESCRIPTION) ??
    attributesFault(attributes ?? []) ??
    bodyFault(body)
  )
}

function attributesFault(attributes: readonly DeepAlertAttribute[]): string | null {
  if (attributes.length > MAX_ATTRIBUTES) return 'Alert.Attributes exceeds maximum count'
  for (const { key, value } of attributes) {
    const fault = tooLong('Attribute.Key', key) ?? tooLong('Attribute.Value', value)
    if (fault !== null) return fault
  }
  return null
}

function tooLong(name: string, text: string, max = MAX_TEXT): string | null {
  return Buffer.byteLength(text) > max ? `${name} exceeds maximum length` : null
}

function bodyFault(body: JsonValue | undefined): string | null {
  if (body === undefined) return null
  try {
    const size = Buffer.byteLength(escapeHtml(JSON.stringify(body)))
    return size > MAX_BODY ? 'Alert.Body exceeds maximum size' : null
  } catch {
    return 'Alert.Body is not serializable'
  }
}

/** All attributes of exactly this key. */
export function findAttributes({ attributes }: DeepAlertAlert, key: string): DeepAlertAttribute[] {
  return (attributes ?? []).filter((attribute) => attribute.key === key)
}

/** Whether an attribute is of this type and has this context among its own. */
export function isMatch({ type, context }: DeepAlertAttribute, wanted: { context: string; type: string }): boolean {
  return type === wanted.type && (context ?? []).includes(wanted.context)
}

import type { JsonObject, JsonValue } from '../../../../shared/model/json.ts'
import { alertFault, NO_TIME, type DeepAlertAlert, type DeepAlertAttribute } from './deepalert-alert.ts'
import { readTime } from './time-text.ts'

/** `malformed`: no JSON, or a value of another type than DeepAlert's; `invalid`: its validation says no. */
export type AlertRead = { alert: DeepAlertAlert } | { kind: 'malformed' | 'invalid'; message: string }

/**
 * Reads and checks a DeepAlert alert. Names of fields are known in any case, unknown ones are passed over, `null` is as if
 * the field were absent.
 * @param text one JSON value
 * @returns the alert, or why it is none: in the words of DeepAlert's decoder or of its validation
 */
export function readAlert(text: string): AlertRead {
  const value = parse(text)
  if ('message' in value) return { kind: 'malformed', message: value.message }
  try {
    const alert = alertOf(value.json)
    const fault = alertFault(alert)
    return fault === null ? { alert } : { kind: 'invalid', message: fault }
  } catch (error) {
    if (error instanceof WrongType) return { kind: 'malformed', message: error.message }
    throw error
  }
}

/**
 * The alert in a message as Amazon's services hand it on: where the body is an object whose `Message` is a text that is not
 * empty (SNS, also wrapped for SQS), that text, else the body itself.
 * @returns the text, and the envelope that it came in
 */
export function unwrapMessage(text: string): { text: string; envelope: JsonObject | null } {
  const value = parse(text)
  if ('message' in value || !isObject(value.json)) return { text, envelope: null }
  const { Message: message } = value.json
  return typeof message === 'string' && message !== ''
    ? { text: message, envelope: value.json }
    : { text, envelope: null }
}

function parse(text: string): { json: JsonValue } | { message: string } {
  if (text.trim() === '') return { message: 'EOF' }
  try {
    return { json: JSON.parse(text) as JsonValue } // what JSON.parse gives
  } catch (error) {
    return { message: error instanceof Error ? error.message : String(error) }
  }
}

/** A value of another type than the field is of, in the words of Go's decoder. */
class WrongType extends Error {
  constructor(value: JsonValue, place: string, type: string) {
    super(`json: cannot unmarshal ${typeName(value)} into ${place} of type ${type}`)
  }
}

function alertOf(json: JsonValue): DeepAlertAlert {
  const fields = new Fields(json, 'Alert')
  const attributes = fields.list('attributes', '[]deepalert.Attribute', (item) => attributeOf(item))
  const body = fields.any('body')
  return {
    detector: fields.text('detector'),
    rule_name: fields.text('rule_name'),
    rule_id: fields.text('rule_id'),
    alert_key: fields.text('alert_key'),
    description: fields.text('description'),
    timestamp: fields.time('timestamp') ?? NO_TIME,
    attributes,
    ...(body === null ? {} : { body }),
  }
}

function attributeOf(json: JsonValue): DeepAlertAttribute {
  const fields = new Fields(json, 'Attribute')
  const timestamp = fields.time('timestamp')
  return {
    type: fields.text('type'),
    key: fields.text('key'),
    value: fields.text('value'),
    context: fields.list('context', '[]deepalert.AttrContext', (item) => textOf(item, 'Attribute.context')),
    ...(timestamp === null ? {} : { timestamp }),
  }
}

function textOf(value: JsonValue, place: string): string {
  if (value === null) return ''
  if (typeof value !== 'string') throw new WrongType(value, `Go struct field ${place}`, 'string')
  return value.toWellFormed()
}

/** The members of a JSON object by their names in lower case; the last one of a name counts. */
class Fields {
  readonly #values = new Map<string, JsonValue>()
  readonly #owner: string

  constructor(json: JsonValue, owner: string) {
    this.#owner = owner
    if (json === null) return
    if (!isObject(json)) throw new WrongType(json, 'Go value', `deepalert.${owner}`)
    for (const [name, value] of Object.entries(json)) {
      if (value !== null) this.#values.set(name.toLowerCase(), value)
    }
  }

  any(name: string): JsonValue {
    return this.#values.get(name) ?? null
  }

  text(name: string): string {
    return textOf(this.any(name), `${this.#owner}.${name}`)
  }

  list<Item>(name: string, type: string, read: (item: JsonValue) => Item): Item[] | null {
    const value = this.any(name)
    if (value === null) return null
    if (!Array.isArray(value)) throw new WrongType(value, `Go struct field ${this.#owner}.${name}`, type)
    return value.map(read)
  }

  time(name: string): string | null {
    const value = this.any(name)
    if (value === null) return null
    const place = `Go struct field ${this.#owner}.${name}`
    if (typeof value !== 'string') throw new WrongType(value, place, 'time.Time')
    const time = readTime(value)
    if (time === null) throw new WrongType(value, place, 'time.Time (RFC 3339)')
    return time
  }
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function typeName(value: JsonValue): string {
  if (Array.isArray(value)) return 'array'
  return typeof value === 'boolean' ? 'bool' : typeof value
}

import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import { isObject, malformedEnvelope, readEnvelope, serviceDeliveryId, type Unwrapped } from './envelope.ts'
import type { Refusal } from './refusal.ts'

/** Names match whatever their case, as Go's decoder matches them (Unicode's simple folding). */
const DELIVERY_ATTEMPT = /^deliveryattempt$/iu
const SUBSCRIPTION = /^subscription$/iu
const MESSAGE = /^message$/iu
const ATTRIBUTES = /^attributes$/iu
const DATA = /^data$/iu
// Google sends both spellings; AlertChain reads the first.
const MESSAGE_IDS = [/^message_id$/iu, /^messageid$/iu]
const PUBLISH_TIMES = [/^publish_time$/iu, /^publishtime$/iu]

/**
 * Takes the event out of Google Pub/Sub's push envelope `{deliveryAttempt, subscription, message: {attributes, data,
 * message_id, publish_time}}`, where `data` is the event in standard, padded base64. Unknown fields are passed over,
 * null is nothing, and a field of a wrong type refuses, as AlertChain's decoder has it.
 */
export function unwrapPubSub(schema: string, body: Uint8Array): Unwrapped | Refusal {
  const read = readEnvelope(body)
  if ('status' in read) return read
  try {
    return unwrap(schema, read.envelope)
  } catch (error) {
    if (error instanceof WrongType) return malformedEnvelope(`${error.message} has a wrong type`)
    throw error
  }
}

function unwrap(schema: string, envelope: JsonObject): Unwrapped | Refusal {
  const message = objectField(envelope, MESSAGE, 'message')
  const data = textField(message, DATA, 'message.data')
  if (data === '') return malformedEnvelope('message.data is missing')
  const event = decodeBase64(data)
  if (event === null) return malformedEnvelope('message.data is not standard, padded base64')
  const messageId = firstText(message, MESSAGE_IDS, 'message.message_id')
  const origin = textField(envelope, SUBSCRIPTION, 'subscription')
  const deliveryId = serviceDeliveryId({ form: 'pubsub', schema, origin }, messageId)
  if (deliveryId !== null && 'status' in deliveryId) return deliveryId
  checkDeliveryAttempt(envelope)
  const about: [string, string][] = [
    ['pubsub.subscription', origin],
    ['pubsub.message_id', messageId],
    ['pubsub.publish_time', firstText(message, PUBLISH_TIMES, 'message.publish_time')],
    ...attributes(message),
  ]
  return { event, deliveryId, about: about.filter(([, value]) => value !== '') }
}

/** Go's `base64.StdEncoding`: line breaks are passed over, padding is demanded. @returns null when it is something else */
function decodeBase64(text: string): Buffer | null {
  const packed = text.replaceAll(/[\r\n]/g, '')
  const padding = packed.endsWith('==') ? 2 : packed.endsWith('=') ? 1 : 0
  const isValid = packed.length % 4 === 0 && !/[^A-Za-z0-9+/]/.test(packed.slice(0, packed.length - padding))
  return isValid ? Buffer.from(packed, 'base64') : null
}

/** Thrown with the name of the field. */
class WrongType extends Error {}

function attributes(message: JsonObject): [string, string][] {
  return Object.entries(objectField(message, ATTRIBUTES, 'message.attributes')).map(([name, value]) => [
    `pubsub.attributes.${name}`,
    asText(value, 'message.attributes'),
  ])
}

function checkDeliveryAttempt(envelope: JsonObject): void {
  const attempt = field(envelope, DELIVERY_ATTEMPT) ?? 0
  if (!Number.isInteger(attempt)) throw new WrongType('deliveryAttempt')
}

/** The last of the fields with this name that is not null. */
function field(object: JsonObject, name: RegExp): JsonValue {
  const values = Object.entries(object).filter(([key, value]) => value !== null && name.test(key))
  return values.at(-1)?.[1] ?? null
}

function textField(object: JsonObject, name: RegExp, path: string): string {
  return asText(field(object, name), path)
}

function firstText(object: JsonObject, names: readonly RegExp[], path: string): string {
  return names.map((name) => textField(object, name, path)).find((value) => value !== '') ?? ''
}

function asText(value: JsonValue, path: string): string {
  if (value === null) return ''
  if (typeof value !== 'string') throw new WrongType(path)
  return value
}

function objectField(object: JsonObject, name: RegExp, path: string): JsonObject {
  const value = field(object, name)
  if (value === null) return {}
  if (!isObject(value)) throw new WrongType(path)
  return value
}

import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import type { DeliveryId } from '../intake/delivery.ts'
import { checkEventText } from '../policy/event-text.ts'
import { refusal, type Refusal } from './refusal.ts'

/** An event taken out of the envelope in which it came. */
export interface Unwrapped {
  /** The event's own bytes: what is judged and stored. */
  event: Uint8Array
  /** The service's id of this delivery; null when it has none. */
  deliveryId: DeliveryId | null
  /** What the envelope says about the event, by dotted names. Stored beside it, without what looks like a credential. */
  about: [string, string][]
}

/** Ids are stored and compared: what is longer is none. */
const MAX_MESSAGE_ID = 256
/** A subscription of Pub/Sub has at most 305 characters, a topic of SNS 310. */
const MAX_ORIGIN = 512

/** Reads a body as the JSON object that every envelope is. */
export function readEnvelope(body: Uint8Array): { envelope: JsonObject } | Refusal {
  const text = checkEventText(body)
  if ('malformed' in text) return refusal(400, 'malformed_json', `malformed body: ${text.malformed}`)
  const { value } = text
  return isObject(value) ? { envelope: value } : malformedEnvelope('it is no JSON object')
}

/**
 * Makes a service's message id one of ours. A message is delivered once per subscription, under one id: schema and origin
 * are part of what it identifies within.
 * @param origin the subscription, or the topic
 */
export function serviceDeliveryId(
  { form, schema, origin }: { form: 'pubsub' | 'sns' | 'deepalert'; schema: string; origin: string },
  messageId: string,
): DeliveryId | null | Refusal {
  if (messageId === '') return null
  if (messageId.length > MAX_MESSAGE_ID) return malformedEnvelope('its message id is too long')
  if (origin.length > MAX_ORIGIN) return malformedEnvelope('the name of its subscription or topic is too long')
  return { space: `${form}/${schema}/${origin}`, id: messageId, onOtherBody: 'store' }
}

export function malformedEnvelope(why: string): Refusal {
  return refusal(400, 'malformed_envelope', `malformed envelope: ${why}`)
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

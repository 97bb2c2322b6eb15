import type { JsonValue } from '../../../shared/model/json.ts'
import { isObject, malformedEnvelope, readEnvelope } from './envelope.ts'
import type { Refusal } from './refusal.ts'

/** The kinds of message, each with the fields that its signature covers, in the order in which they are signed. */
const SIGNED_FIELDS = {
  Notification: ['Message', 'MessageId', 'Subject', 'Timestamp', 'TopicArn', 'Type'],
  SubscriptionConfirmation: ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
  UnsubscribeConfirmation: ['Message', 'MessageId', 'SubscribeURL', 'Timestamp', 'Token', 'TopicArn', 'Type'],
} as const

/** Everywhere else a line break could move a value from one signed field to the next. */
const MULTI_LINE_FIELD = 'Message'

type SnsType = keyof typeof SIGNED_FIELDS

export interface SnsMessage {
  type: SnsType
  /** Every text of the message by its name: signed ones and others. */
  texts: Record<string, string>
  /** Names and values that the publisher added. They are not signed. */
  attributes: [string, string][]
}

/**
 * Reads an Amazon SNS message as it is posted to an HTTP endpoint.
 * @see https://docs.aws.amazon.com/sns/latest/dg/sns-message-and-json-formats.html
 */
export function readSnsMessage(body: Uint8Array): SnsMessage | Refusal {
  const read = readEnvelope(body)
  if ('status' in read) return read
  const { envelope } = read
  const texts: Record<string, string> = {}
  for (const [name, value] of Object.entries(envelope)) if (typeof value === 'string') texts[name] = value
  const { Type: type = '' } = texts
  if (!isSnsType(type)) {
    return malformedEnvelope('Type is no kind of SNS message; raw message delivery must be off for this subscription')
  }
  for (const name of ['Signature', 'SignatureVersion', 'SigningCertURL', ...SIGNED_FIELDS[type]]) {
    const text = texts[name]
    if (text === undefined && name !== 'Subject') return malformedEnvelope(`${name} is missing`)
    if (name !== MULTI_LINE_FIELD && /[\r\n]/.test(text ?? '')) return malformedEnvelope(`${name} has a line break`)
  }
  return { type, texts, attributes: attributesOf(envelope['MessageAttributes']) }
}

/** What the signature covers: each name and its value on a line of its own. A field that is not there is left out. */
export function signedText({ type, texts }: SnsMessage): string {
  return SIGNED_FIELDS[type]
    .flatMap((name) => (texts[name] === undefined ? [] : [`${name}\n${texts[name]}\n`]))
    .join('')
}

function isSnsType(type: string): type is SnsType {
  return Object.hasOwn(SIGNED_FIELDS, type)
}

/** `{name: {Type, Value}}` */
function attributesOf(value: JsonValue | undefined): [string, string][] {
  const pairs: [string, string][] = []
  for (const [name, attribute] of Object.entries(isObject(value) ? value : {})) {
    if (isObject(attribute) && typeof attribute['Value'] === 'string') pairs.push([name, attribute['Value']])
  }
  return pairs
}

import { verify } from 'node:crypto'
import { assertNever } from '../../../shared/assert-never.ts'
import { errorMessage } from '../../../shared/errors.ts'
import { SYSTEM } from '../chain/chain-deps.ts'
import type { Clock, Log } from '../ports/ports.ts'
import type { NewProblem } from '../store/problem-store.ts'
import { SNS_TOPIC, SNS_UNSUBSCRIBED } from '../store/problem-store.ts'
import type { Store } from '../store/store.ts'
import { serviceDeliveryId, type Unwrapped } from './envelope.ts'
import { refusal, refusalForNow, type Refusal } from './refusal.ts'
import { SnsCertificates, snsUrl, type SnsGet } from './sns-certificates.ts'
import { readSnsMessage, signedText, type SnsMessage } from './sns-message.ts'

export interface SnsDeps {
  /** ARNs of the topics whose subscriptions are confirmed and whose messages need no other proof. */
  topics: () => readonly string[]
  get: SnsGet
  store: Pick<Store, 'problems' | 'writer'>
  /** Told after a problem was stored. */
  onProblem: () => void
  clock: Clock
  log: Log
}

/** A message that is no event: the answer to it, as JSON text. */
export interface Handled {
  text: string
}

const DIGESTS: Record<string, string> = { 1: 'RSA-SHA1', 2: 'RSA-SHA256' }

/** Anyone with an AWS account can have messages signed: their topics must not fill the list. */
const MAX_OPEN_TOPICS = 20

/** Amazon SNS as a sender: notifications are events, subscriptions are confirmed for topics that the analyst listed. */
export class SnsDoor {
  readonly #deps: SnsDeps
  readonly #certificates: SnsCertificates

  constructor(deps: SnsDeps) {
    this.#deps = deps
    this.#certificates = new SnsCertificates(deps)
  }

  /**
   * Verifies a message and does what its kind asks for.
   * @param mustProve nothing else speaks for the sender (it came by a tunnel, or sources have tokens): the signature
   *   shows that Amazon sent the message, and only a listed topic shows whose it is
   */
  async open(schema: string, body: Uint8Array, mustProve: boolean): Promise<Unwrapped | Handled | Refusal> {
    const message = readSnsMessage(body)
    if ('status' in message) return message
    const forged = await this.#checkSignature(message)
    if (forged) return forged
    const topic = text(message, 'TopicArn')
    const isConfirming = message.type === 'SubscriptionConfirmation'
    if ((mustProve || isConfirming) && !this.#deps.topics().includes(topic)) {
      return this.#refuseTopic(schema, topic, isConfirming)
    }
    switch (message.type) {
      case 'Notification':
        return notification(schema, message)
      case 'SubscriptionConfirmation':
        return this.#confirm(schema, message)
      case 'UnsubscribeConfirmation':
        return this.#showUnsubscribed(schema, topic)
      default:
        return assertNever(message.type, 'kind of SNS message')
    }
  }

  async #checkSignature(message: SnsMessage): Promise<Refusal | null> {
    const digest = DIGESTS[text(message, 'SignatureVersion')]
    if (digest === undefined) return refusal(403, 'sns_signature', 'refused: SignatureVersion must be 1 or 2')
    const key = await this.#certificates.key(text(message, 'SigningCertURL'))
    if ('status' in key) return key
    const signature = Buffer.from(text(message, 'Signature'), 'base64')
    if (verify(digest, Buffer.from(signedText(message)), key, signature)) return null
    return refusal(403, 'sns_signature', 'refused: the signature is not that of Amazon SNS over this message')
  }

  async #refuseTopic(schema: string, topic: string, isConfirming: boolean): Promise<Refusal> {
    const what = isConfirming ? 'asks to deliver' : 'delivers'
    const again = isConfirming ? ', then request the confirmation again in Amazon SNS' : ''
    const add = `add ${topic} to the SNS topics in Settings${again}`
    await this.#addProblem({
      code: SNS_TOPIC,
      schema,
      message: `A topic that is not listed ${what} to schema ${schema}: if it is yours, ${add}`,
    })
    return refusal(403, 'sns_topic', `refused: the topic is not listed: ${add}`)
  }

  async #confirm(schema: string, message: SnsMessage): Promise<Handled | Refusal> {
    const topic = text(message, 'TopicArn')
    const url = snsUrl(text(message, 'SubscribeURL'))
    if (!url) return refusal(403, 'sns_confirmation', 'refused: SubscribeURL is no https address of Amazon SNS')
    try {
      const { status } = await this.#deps.get(url.href)
      if (status !== 200) return this.#notConfirmed(topic, `it answered ${status}`)
    } catch (error) {
      return this.#notConfirmed(topic, errorMessage(error))
    }
    await this.#deps.store.writer.commit('sns', (tx) =>
      tx.act({ by: SYSTEM, kind: 'sns.confirm', subjectKind: 'schema', subjectId: schema, after: { topic } }),
    )
    this.#deps.log.info('An SNS subscription was confirmed', { topic, schema })
    return handled({ confirmed: topic })
  }

  #notConfirmed(topic: string, reason: string): Refusal {
    this.#deps.log.warn('An SNS subscription could not be confirmed', { topic, reason })
    return refusalForNow(503, 'sns_confirmation', 'not confirmed: Amazon SNS did not answer as expected, ask again')
  }

  async #showUnsubscribed(schema: string, topic: string): Promise<Handled> {
    await this.#addProblem({
      code: SNS_UNSUBSCRIBED,
      schema,
      message: `${topic} does not deliver to schema ${schema} any more: if that was not meant, subscribe again in Amazon SNS`,
    })
    return handled({ unsubscribed: topic })
  }

  async #addProblem(problem: Pick<NewProblem, 'code' | 'schema' | 'message'>): Promise<void> {
    const { problems, writer } = this.#deps.store
    await writer.commit('problem', (tx) => {
      const isKnown = problems.openAlike(problem.code, problem.message) !== null
      if (!isKnown && problems.countOpen(problem.code) >= MAX_OPEN_TOPICS) return
      problems.add(tx, { ...problem, eventId: null, chainId: null, details: null })
    })
    this.#deps.onProblem()
  }
}

/** `Message` is the event: its bytes are what is judged, and refused where they are not one JSON value. */
function notification(schema: string, message: SnsMessage): Unwrapped | Refusal {
  const origin = text(message, 'TopicArn')
  const deliveryId = serviceDeliveryId({ form: 'sns', schema, origin }, text(message, 'MessageId'))
  if (deliveryId !== null && 'status' in deliveryId) return deliveryId
  const names = ['TopicArn', 'MessageId', 'Subject', 'Timestamp'].filter((name) => message.texts[name] !== undefined)
  return {
    event: Buffer.from(text(message, 'Message')),
    deliveryId,
    about: [
      ...names.map((name): [string, string] => [`sns.${name}`, text(message, name)]),
      ...message.attributes.map(([name, value]): [string, string] => [`sns.MessageAttributes.${name}`, value]),
    ],
  }
}

function text(message: SnsMessage, name: string): string {
  return message.texts[name] ?? ''
}

function handled(answer: Record<string, string>): Handled {
  return { text: `${JSON.stringify(answer)}\n` }
}

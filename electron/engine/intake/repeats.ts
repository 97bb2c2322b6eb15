import { sha256 } from '../forms/canonical.ts'
import { checkEventText } from '../policy/event-text.ts'
import type { EventRecord } from '../store/event-store.ts'
import { FirstAnswerQuery } from '../store/first-answer.ts'
import { IDEMPOTENCY_MISMATCH, type NewProblem } from '../store/problem-store.ts'
import type { Store } from '../store/store.ts'
import { rebuildAnswer } from './answer-from-rows.ts'
import type { Delivery, DeliveryId } from './delivery.ts'
import { malformed, refused, type IntakeAnswer } from './intake-answer.ts'

/** Takes a delivery; the notice is stored with it as a problem. */
type Take = (delivery: Delivery, notice: NewProblem | null) => Promise<IntakeAnswer>

/** Knows deliveries by their ids: what was taken once is answered again and not taken again. */
export class Repeats {
  readonly #store: Store
  readonly #take: Take
  readonly #firstAnswers: FirstAnswerQuery
  /** Deliveries that are being taken: a repeat waits for the first. */
  readonly #underway = new Map<string, Promise<unknown>>()

  constructor(store: Store, take: Take) {
    this.#store = store
    this.#take = take
    this.#firstAnswers = new FirstAnswerQuery(store.db)
  }

  async takeOnce(delivery: Delivery, deliveryId: DeliveryId, notice: NewProblem | null): Promise<IntakeAnswer> {
    const key = JSON.stringify([delivery.sourceId, deliveryId.space, deliveryId.id])
    // Again and again: the first one may have been refused, and then one of those who waited is the first.
    for (let first = this.#underway.get(key); first; first = this.#underway.get(key)) await first
    const earlier = this.#store.events.byDelivery(delivery.sourceId, deliveryId)
    if (earlier) return this.#answerAgain(delivery, deliveryId, earlier)
    const taking = this.#take({ ...delivery, deliveryId }, notice)
    this.#underway.set(key, taking)
    try {
      return await taking
    } finally {
      this.#underway.delete(key)
    }
  }

  /** Other bytes under a known id are another event, which no answer to the first may stand for. */
  async #answerAgain(delivery: Delivery, deliveryId: DeliveryId, earlier: EventRecord): Promise<IntakeAnswer> {
    const hash = sha256(delivery.body)
    if (hash === earlier.bodySha256) return rebuildAnswer(this.#store, this.#firstAnswers, earlier, delivery.body)
    const text = checkEventText(delivery.body)
    if ('malformed' in text) return malformed(text.malformed)
    if (deliveryId.onOtherBody === 'refuse') return mismatch()
    // A space of its own, so that a repeat of this one is known as well.
    const space = `${hash}/${deliveryId.space}`
    return this.takeOnce(delivery, { ...deliveryId, space }, reusedId(delivery, deliveryId))
  }
}

function mismatch(): IntakeAnswer {
  const why = 'this Idempotency-Key came with another body before: give each event a key of its own'
  return refused(422, 'idempotency_mismatch', `refused: ${why}`)
}

function reusedId({ schema }: Delivery, { space, id }: DeliveryId): NewProblem {
  const origin = space.split('/').slice(2).join('/')
  const message = `Message ${id}${origin && ` of ${origin}`} came again with other data: both are stored. If it goes on, look at who publishes there`
  return { code: IDEMPOTENCY_MISMATCH, schema, eventId: null, chainId: null, message, details: null }
}

import type { Delivery, DeliveryId } from '../../electron/engine/intake/delivery.ts'
import { answerText, type IntakeAnswer } from '../../electron/engine/intake/intake-answer.ts'

/** One delivery as the receiver hands it on: an event that makes an alert, unless told otherwise. */
export function delivery({
  body = '{"title":"open","who":"ann"}',
  deliveryId = null,
  schema = 'door',
  ...rest
}: Partial<Omit<Delivery, 'body' | 'deliveryId'>> & {
  body?: string
  /** A text: as the header names it. */
  deliveryId?: DeliveryId | string | null
} = {}): Delivery {
  const named = typeof deliveryId === 'string'
  return {
    schema,
    route: '/alert/door',
    sourceId: '',
    deliveryId: named ? { space: `raw/${schema}`, id: deliveryId, onOtherBody: 'refuse' } : deliveryId,
    remote: '127.0.0.1:50000',
    headers: {},
    query: {},
    credentialsHash: null,
    ...rest,
    body: new TextEncoder().encode(body),
  }
}

/** The body of an answer. */
export function textOf(answer: IntakeAnswer, wantsRaw = false): string {
  if (answer.kind === 'refused') throw new Error(answer.message)
  return answerText(answer, wantsRaw).text
}

export function jsonOf(answer: IntakeAnswer): Record<string, unknown> {
  return JSON.parse(textOf(answer)) as Record<string, unknown>
}

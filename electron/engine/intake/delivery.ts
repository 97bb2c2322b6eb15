/** A sender's own name for a delivery, by which a repeat is known. */
export interface DeliveryId {
  /**
   * Where, beside the source, the id is unique: `raw/<schema>`, `pubsub/<schema>/<subscription>`, `sns/<schema>/<topic>`.
   * Routes have no id in common.
   */
  space: string
  id: string
  /** What other bytes under a known id come to. A service repeats what is refused for ever: its event is stored as well. */
  onOtherBody: 'refuse' | 'store'
}

/** One event as it was received, guards passed, nothing stored yet. */
export interface Delivery {
  schema: string
  /** The path it came by, or `command` for `tocsin run`. */
  route: string
  /** JSON text as sent, not yet looked at. */
  body: Uint8Array
  /** The source whose token it carried; '' for an anonymous local sender. */
  sourceId: string
  /** What the sender calls this delivery; null when it gave no name. */
  deliveryId: DeliveryId | null
  /** `ip:port` */
  remote: string
  /** Without credentials, names in lower case. */
  headers: Record<string, string>
  query: Record<string, string>
  /** SHA-256 over the credentials that were left out; null when there were none. */
  credentialsHash: string | null
}

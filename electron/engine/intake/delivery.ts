/** One event as it was received, guards passed, nothing stored yet. */
export interface Delivery {
  schema: string
  /** The path it came by, or `command` for `tocsin run`. */
  route: string
  /** JSON text as sent, not yet looked at. */
  body: Uint8Array
  /** The source whose token it carried; '' for an anonymous local sender. */
  sourceId: string
  /** The sender's own id of this delivery, unique per source. */
  deliveryId: string | null
  /** `ip:port` */
  remote: string
  /** Without credentials, names in lower case. */
  headers: Record<string, string>
  query: Record<string, string>
  /** SHA-256 over the credentials that were left out; null when there were none. */
  credentialsHash: string | null
}

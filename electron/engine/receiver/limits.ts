/** What one sender may take of the receiver (`interfaces.md` §4 where a number is visible to senders). */
export interface ReceiverLimits {
  headerBytes: number
  /** A client that has not sent its whole request by then is cut. */
  requestMs: number
  keepAliveMs: number
  /** A connection on which nothing moves, in either direction: a client that does not read its answer. */
  idleMs: number
  /** How often Node looks for connections past `requestMs`; its own default of 30 s would make that limit late. */
  checkMs: number
  connections: number
  /** How long a connection beyond those may take to send its request: many senders at once are no attack. */
  graceMs: number
  /** Requests between their first body byte and their answer. */
  requests: number
  /** Body bytes held for them; one body of the largest size that a setting allows always fits. */
  requestBytes: number
}

export const DEFAULT_LIMITS: ReceiverLimits = {
  headerBytes: 8 * 1024,
  requestMs: 15_000,
  keepAliveMs: 5_000,
  idleMs: 30_000,
  checkMs: 1_000,
  connections: 256,
  graceMs: 250,
  requests: 1_024,
  requestBytes: 64 * 1024 * 1024,
}

/** What a sender is told to wait after a 503 or a 429. */
export const RETRY_AFTER_SECONDS = 5

import { RETRY_AFTER_SECONDS } from './limits.ts'

/** Why a request is not served: the answer's status, and its body `{"error","code"}`. */
export interface Refusal {
  status: number
  /** Stable lower-case word; also the row under which it is counted. */
  code: string
  /** "what: why", for a person. */
  error: string
  headers: Record<string, string>
  /** Its text is answered as it is, without JSON around it. */
  isPlain?: true
}

export function refusal(status: number, code: string, error: string, headers: Record<string, string> = {}): Refusal {
  return { status, code, error, headers }
}

/** A refusal that passes by itself: the sender is told when to come again. */
export function refusalForNow(status: 429 | 503, code: string, error: string): Refusal {
  return refusal(status, code, error, { 'Retry-After': String(RETRY_AFTER_SECONDS) })
}

import { HttpFailure } from '../http/http-failure.ts'

/** The remote said that it did not take the request: too many, or (of an idempotent one) not now. */
const TOO_MANY_REQUESTS = 429

/**
 * Whether another try can do no harm: nothing has left, the remote refused for its load, or the action is idempotent and
 * the failure is one that may pass.
 */
export function isRepeatSafe(error: unknown, isIdempotent: boolean): error is HttpFailure {
  if (!(error instanceof HttpFailure)) return false
  switch (error.code) {
    case 'net_dns':
    case 'net_unreachable':
      return true
    case 'net_reset':
      return isIdempotent || !error.hasLeft
    case 'http_status':
      return error.status === TOO_MANY_REQUESTS || (isIdempotent && (error.status ?? 0) >= 500)
    default:
      return false
  }
}

/** The request has left and its answer says neither yes nor no. Of an idempotent action this is a failure: repeat it. */
export function isUnknown(error: unknown, isIdempotent: boolean): boolean {
  if (!(error instanceof HttpFailure) || isIdempotent || !error.hasLeft) return false
  return error.status === null || error.status < 300
}

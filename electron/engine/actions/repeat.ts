import { HttpFailure } from '../http/http-failure.ts'
import type { RunContext } from './action-definition.ts'

const TOO_MANY_REQUESTS = 429
const FORBIDDEN = 403

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
      return isRefusedForLoad(error) || ((isIdempotent || !error.hasLeft) && (error.status ?? 0) >= 500)
    default:
      return false
  }
}

/**
 * The remote says that it did not take the request because there were too many. GitHub says so with 403 and `Retry-After`
 * ("Rate limits for the REST API"). A 503 with it does not say that nothing was done.
 */
function isRefusedForLoad({ status, retryAfterMs }: HttpFailure): boolean {
  return status === TOO_MANY_REQUESTS || (status === FORBIDDEN && retryAfterMs !== null)
}

/**
 * Tries a step until it succeeds, fails for good, has no further try, or would have to wait longer than there is time.
 * @param rule waits between tries, and which failures may be followed by another one; `Retry-After` makes a wait longer
 * @throws what the last try threw
 */
export async function repeat<T>(
  step: () => Promise<T>,
  rule: { delaysMs: readonly number[]; isSafe: (error: unknown) => error is HttpFailure },
  { remainingMs, wait }: Pick<RunContext, 'remainingMs' | 'wait'>,
): Promise<T> {
  for (const delayMs of rule.delaysMs) {
    try {
      return await step()
    } catch (error) {
      if (!rule.isSafe(error)) throw error
      const waitMs = Math.max(delayMs, error.retryAfterMs ?? 0)
      if (waitMs >= remainingMs()) throw error
      await wait(waitMs)
    }
  }
  return step()
}

/**
 * A request that an action makes before the one that has an effect (a log-in, a look): whatever went wrong with it, nothing
 * was done, so that it may be tried again and its outcome is never unknown.
 */
export async function beforeEffect<T>(step: Promise<T>): Promise<T> {
  try {
    return await step
  } catch (error) {
    if (!(error instanceof HttpFailure)) throw error
    const { code, message, status, retryAfterMs } = error
    throw new HttpFailure(code, message, { hasLeft: false, status, retryAfterMs, cause: error })
  }
}

/** The request has left and its answer says neither yes nor no. Of an idempotent action this is a failure: repeat it. */
export function isUnknown(error: unknown, isIdempotent: boolean): boolean {
  if (!(error instanceof HttpFailure) || isIdempotent || !error.hasLeft) return false
  return error.status === null || error.status < 300
}

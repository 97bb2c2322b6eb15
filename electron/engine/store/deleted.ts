import { errorCode, TocsinError } from '../../../shared/errors.ts'

/**
 * What age has taken is no absence: whoever would evaluate from it refuses with one of these, which say what can still be
 * done.
 */

/** The body of an event was deleted by its age (*Keep events*): no policy can see the event again. */
export function bodyDeleted(): TocsinError {
  return new TocsinError(
    'body_deleted',
    'The event was deleted by its age, so no policy can be evaluated on it again. What was recorded can be read, what waits rejected, and what is in force undone.',
  )
}

/** @param title of the action whose result was deleted by its age */
export function resultDeleted(title: string): TocsinError {
  return new TocsinError(
    'result_deleted',
    `The result of "${title}" was deleted by its age, and nothing else can stand in for it. Re-run everything instead, or do by hand what is to be undone and note it on the alert.`,
  )
}

/** Whether something failed for the only reason that age has taken what it needs. */
export function isGone(error: unknown): boolean {
  const code = errorCode(error)
  return code === 'body_deleted' || code === 'result_deleted'
}

import { errorCode, errorMessage, TocsinError } from '../../../shared/errors.ts'
import { isCorruption, isIndexDamage } from './database.ts'

/** What the screen is told when a query failed. */
export function readFailure(error: unknown): TocsinError {
  if (error instanceof TocsinError) return error
  if (isCorruption(error)) {
    return new TocsinError('store_corrupt', 'The database is damaged. Restore a backup.', { cause: error })
  }
  if (isIndexDamage(error)) {
    return new TocsinError('search_damaged', 'The search index is being made anew. Try again in a while.', {
      cause: error,
    })
  }
  return new TocsinError(errorCode(error), errorMessage(error), { cause: error })
}

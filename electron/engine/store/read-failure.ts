import { errorCode, errorMessage, TocsinError } from '../../../shared/errors.ts'
import { isCorruption } from './database.ts'

/** What the screen is told when a query failed. */
export function readFailure(error: unknown): TocsinError {
  if (error instanceof TocsinError) return error
  if (isCorruption(error)) {
    return new TocsinError('store_corrupt', 'The database is damaged. Restore a backup.', { cause: error })
  }
  return new TocsinError(errorCode(error), errorMessage(error), { cause: error })
}

import type { Answer } from '../../../shared/contract.ts'
import { errorCode, TocsinError } from '../../../shared/errors.ts'

export type FailureAnswer = Extract<Answer<never>, { ok: false }>

/** What a thrown value becomes in an answer: a `TocsinError` as it is, anything else by its code, without its text. */
export function failureAnswer(error: unknown): FailureAnswer {
  if (error instanceof TocsinError) {
    const { code, message, details } = error
    return { ok: false, error: details === undefined ? { code, message } : { code, message, details } }
  }
  return { ok: false, error: { code: errorCode(error), message: 'Something failed inside Tocsin; the log says what.' } }
}

import { errorCode, errorMessage, TocsinError } from '../../../shared/errors.ts'
import type { Diagnostic, DiagnosticDetails } from './toolchain/types.ts'

/**
 * The places that a failure blames, each once: OPA's parser often says of one place in two ways that it does not parse.
 * @returns one without a place where the failure blames none
 */
export function diagnosticsOf(error: unknown): Diagnostic[] {
  // Whatever has diagnostics among its details has them in this form.
  const details = error instanceof TocsinError ? (error.details as Partial<DiagnosticDetails> | undefined) : undefined
  const diagnostics = details?.diagnostics ?? []
  if (diagnostics.length === 0) return [{ code: errorCode(error), message: errorMessage(error) }]
  return diagnostics.filter(
    (one, index) => one.code !== PARSE_ERROR || diagnostics.findIndex((other) => isSamePlace(one, other)) === index,
  )
}

const PARSE_ERROR = 'rego_parse_error'

function isSamePlace(a: Diagnostic, b: Diagnostic): boolean {
  return a.code === b.code && a.file === b.file && a.row === b.row && a.col === b.col
}

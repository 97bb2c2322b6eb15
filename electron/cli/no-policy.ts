import type { DiagnosticView } from '../../shared/model/views.ts'

/** Why no policy is live, each place on a line of its own. */
export function noPolicy(policyDir: string, diagnostics: readonly DiagnosticView[]): string {
  const places = diagnostics.map(({ file, row, message }) =>
    file === undefined ? message : `${file}:${row ?? 1}: ${message}`,
  )
  return [`No policy of ${policyDir} can be used.`, ...places].join('\n')
}

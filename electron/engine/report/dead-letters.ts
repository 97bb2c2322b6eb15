import type { JsonObject } from '../../../shared/model/json.ts'
import type { Failure } from '../../../shared/model/views.ts'
import type { Tx } from '../store/writer.ts'
import type { ReportDeps } from './report-deps.ts'

/** The code of the problem that a question without an answer is. */
export const LOOKUP_FAILED = 'lookup_failed'

/** What was asked in vain is a problem with its cause, to be asked again from there. */
export function noteDead(
  { store }: ReportDeps,
  tx: Tx,
  { id, uses, args }: { id: string; uses: string; args: JsonObject },
  error: Failure,
): void {
  const about = Object.entries(args)
    .flatMap(([name, value]) => (name.startsWith('secret_') || typeof value !== 'string' ? [] : [value]))
    .join(' ')
  store.problems.add(tx, {
    code: LOOKUP_FAILED,
    schema: '',
    eventId: null,
    chainId: null,
    message: `${uses} ${about.slice(0, 200)}: ${error.message}`,
    details: { lookup: id, code: error.code },
  })
}

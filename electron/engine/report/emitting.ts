import type { ReportStatus } from '../../../shared/model/report.ts'
import { EMIT_ENTRYPOINT } from '../chain/rounds/round-evaluation.ts'
import type { Tx } from '../store/writer.ts'
import type { QueuedChain, ReportDeps } from './report-deps.ts'

/**
 * Makes a state of a report known: a row of it as it is in this transaction, and a chain of its own that the package `emit`
 * decides. Without such a package nobody asks, and nothing is written.
 * @returns what `ChainService.wakeReportChains` needs after the commit
 */
export function makeKnown(deps: ReportDeps, tx: Tx, reportId: string, status: ReportStatus): QueuedChain[] {
  const live = deps.policy.live()
  if (live === null || !deps.policy.hasEntrypoint(live.id, EMIT_ENTRYPOINT)) return []
  const report = deps.reports.get(reportId)
  if (report === null) return []
  const id = deps.ids.uuid()
  deps.reports.insertState(tx, id, report.seq, { ...deps.reports.snapshot(report), status })
  return [deps.chains.queueReportChain(tx, id, live)]
}

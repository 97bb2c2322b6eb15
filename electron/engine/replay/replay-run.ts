import type { ReplayDeps } from './replay.ts'
import { replayDecision, type Replayed } from './replay.ts'
import type { DecisionToReplay } from './replay-store.ts'

/** Decisions that are under way at once: enough for the policy thread's batches. */
const SLICE = 64
/** Differences that are named; all are counted. */
const MAX_NAMED = 20

export interface ReplayCounts {
  exact: number
  different: number
  bodyDeleted: number
  resultDeleted: number
  unrepeatable: number
}

export interface ReplayReport extends ReplayCounts {
  decisions: number
  /** Decided by another build of the evaluators than this one. */
  otherBuild: number
  /** By kind, purpose and evaluator: `run live wasm`. */
  byKind: Record<string, ReplayCounts>
  differences: { id: string; seq: number; kind: string; what: string; detail: string }[]
}

const NONE: ReplayCounts = { exact: 0, different: 0, bodyDeleted: 0, resultDeleted: 0, unrepeatable: 0 }

const COUNTED = {
  exact: 'exact',
  different: 'different',
  body_deleted: 'bodyDeleted',
  result_deleted: 'resultDeleted',
  unrepeatable: 'unrepeatable',
} as const satisfies Record<Replayed['outcome'], keyof ReplayCounts>

/**
 * Makes recorded decisions again, oldest first, and says which differ.
 * @param scope.since epoch ms; decisions made before are left out
 * @param scope.isOwnBuild whether a hash is that of the evaluators that are here
 * @param onSlice told after each slice what there is so far, and the last decision that was made again
 */
export async function replay(
  deps: ReplayDeps,
  scope: { afterSeq?: number; since: number; limit: number; isOwnBuild: (hash: string) => boolean },
  onSlice: (report: ReplayReport, lastSeq: number) => void = () => {},
): Promise<ReplayReport> {
  const report: ReplayReport = { ...NONE, decisions: 0, otherBuild: 0, byKind: {}, differences: [] }
  for (let afterSeq = scope.afterSeq ?? 0; report.decisions < scope.limit;) {
    const limit = Math.min(SLICE, scope.limit - report.decisions)
    const slice = deps.decisions.slice({ afterSeq, since: scope.since, limit })
    const last = slice.at(-1)
    if (!last) break
    const outcomes = await Promise.all(slice.map((decision) => replayDecision(deps, decision)))
    for (const [index, decision] of slice.entries()) {
      const outcome = outcomes[index]
      if (outcome) count(report, decision, outcome)
      if (!scope.isOwnBuild(decision.evaluatorHash)) report.otherBuild += 1
    }
    afterSeq = last.seq
    onSlice(report, afterSeq)
  }
  return report
}

function count(report: ReplayReport, decision: DecisionToReplay, replayed: Replayed): void {
  const { id, seq, kind, purpose, evaluator } = decision
  const key = `${kind} ${purpose} ${evaluator}`
  const ofKind = (report.byKind[key] ??= { ...NONE })
  const counted = COUNTED[replayed.outcome]
  report.decisions += 1
  report[counted] += 1
  ofKind[counted] += 1
  if (replayed.outcome !== 'different' || report.differences.length >= MAX_NAMED) return
  report.differences.push({ id, seq, kind, what: replayed.what, detail: replayed.detail })
}

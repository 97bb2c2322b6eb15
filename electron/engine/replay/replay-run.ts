import type { ReplayDeps } from './replay.ts'
import { replayDecision, type Replayed } from './replay.ts'
import { FROM_THE_START, type DecisionToReplay, type ReplayCursor } from './replay-store.ts'

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
 * Makes recorded decisions again and says which differ.
 * @param scope.after where an earlier walk has come
 * @param scope.since epoch ms; decisions made before are left out
 * @param scope.isOwnBuild whether a hash is that of the evaluators that are here
 * @param onSlice told after each slice what there is so far, and where the walk has come
 */
export async function replay(
  deps: ReplayDeps,
  scope: { after?: ReplayCursor; since: number; limit: number; isOwnBuild: (hash: string) => boolean },
  onSlice: (report: ReplayReport, cursor: ReplayCursor) => void = () => {},
): Promise<ReplayReport> {
  const report: ReplayReport = { ...NONE, decisions: 0, otherBuild: 0, byKind: {}, differences: [] }
  for (let after = scope.after ?? FROM_THE_START; report.decisions < scope.limit;) {
    const limit = Math.min(SLICE, scope.limit - report.decisions)
    const { decisions, cursor } = deps.decisions.slice(after, { since: scope.since, limit })
    if (decisions.length === 0) break
    const outcomes = await Promise.all(decisions.map((decision) => replayDecision(deps, decision)))
    for (const [index, decision] of decisions.entries()) {
      const outcome = outcomes[index]
      if (outcome) count(report, decision, outcome)
      if (!scope.isOwnBuild(decision.evaluatorHash)) report.otherBuild += 1
    }
    after = cursor
    onSlice(report, cursor)
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

import type { JsonValue } from '../../../shared/model/json.ts'
import type { NewDecision } from '../store/decision-store.ts'
import type { ChainRecord } from './records.ts'
import type { RecordedEvaluation } from './round-evaluation.ts'

/** The row of one evaluation of the action policy. */
export function newDecision(
  chain: ChainRecord,
  place: { roundNo: number; actionId: string | null },
  recorded: RecordedEvaluation,
  stamp: { nowNs: string; seed: string },
  inputParts: JsonValue,
): NewDecision {
  const { evaluation } = recorded
  return {
    kind: recorded.kind,
    policyVersionId: chain.policyVersionId,
    evaluator: evaluation.evaluator,
    evaluatorHash: evaluation.evaluatorHash,
    eventId: null,
    chainId: chain.id,
    ...place,
    inputParts,
    inputSha256: recorded.inputSha256,
    output: evaluation.text,
    nowNs: stamp.nowNs,
    seed: stamp.seed,
    prints: evaluation.prints,
    error: evaluation.error === null ? null : { code: evaluation.error.code, message: evaluation.error.message },
  }
}

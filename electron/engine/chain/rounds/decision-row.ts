import type { JsonValue } from '../../../../shared/model/json.ts'
import type { ResponseMode } from '../../../../shared/model/states.ts'
import type { DecisionPurpose, NewDecision } from '../../store/decision-store.ts'
import type { RecordedEvaluation } from './round-evaluation.ts'

/** Where an evaluation stands, and what it was for. */
export interface DecisionPlace {
  /** Null where it is about a report. */
  chainId: string | null
  roundNo: number | null
  actionId: string | null
  /** The alert's event, of the first round: both are found together. */
  eventId: string | null
  /** The version that was evaluated. */
  policyVersionId: string
  purpose: DecisionPurpose
  isTaken: boolean
  mode: ResponseMode
}

/** The row of one evaluation. */
export function newDecision(
  place: DecisionPlace,
  recorded: Pick<NewDecision, 'kind' | 'inputSha256'> & Pick<RecordedEvaluation, 'evaluation'>,
  { nowNs, seed }: { nowNs: string; seed: string },
  inputParts: JsonValue,
): NewDecision {
  const { kind, inputSha256, evaluation } = recorded
  const { form, evaluator, evaluatorHash, text: output, durationUs, prints, error } = evaluation
  return {
    ...place,
    kind,
    policyForm: form,
    evaluator,
    evaluatorHash,
    inputParts,
    inputSha256,
    output,
    nowNs,
    seed,
    durationUs,
    prints,
    error: error === null ? null : { code: error.code, message: error.message },
  }
}

import type { JsonValue } from '../../../shared/model/json.ts'
import { evaluatorBuild } from './evaluator-build.ts'
import type { EvaluatorKind } from './toolchain/types.ts'

/** What is wrong in an evaluation; `file`, `row` where the policy's text is to blame, counted from 1. */
export interface EvaluationError {
  /**
   * `malformed_json`, `policy_timeout`, `policy_memory`, `policy_crashed`, `policy_corrupt`, `policy_builtin_missing`,
   * `policy_failed`, or OPA's own word: `eval_conflict_error`, `eval_type_error`, …
   */
  code: string
  message: string
  file?: string
  row?: number
  col?: number
}

/** One document to be computed. */
export interface EvaluateRequest {
  versionId: string
  /** `alert/aws_guardduty`, `action`: a path, never Rego. */
  entrypoint: string
  /** JSON, UTF-8. */
  input: Uint8Array
  /** What `time.now_ns` answers: decimal text. */
  nowNs: string
  /** What random and UUID values are drawn from; the same seed gives the same bytes. */
  seed: string
  /** Until this evaluation is given up; 5 s. */
  deadlineMs?: number
  /** Asks for the input's `EventForms`, where the document has an `alert`. */
  wantsForms?: boolean
}

/** An event in the two forms in which its alerts carry it on, both JSON text. */
export interface EventForms {
  /** RFC 8785: as it stands in the canonical input of a chain. */
  canonical: string
  /** The string that AlertChain calls `raw`, as JSON string. */
  raw: string
}

/** `result` is undefined where the document is, or when there is an `error`. */
export interface Evaluation {
  result: JsonValue | undefined
  /** The result as JSON text, as the decision keeps it; null where it is undefined. */
  text: string | null
  evaluator: EvaluatorKind
  /** `evaluatorBuild()`: what computed it, whatever the policy. */
  evaluatorHash: string
  /** Which compiled form of the version answered; null where none did. */
  form: number | null
  prints: string[]
  error: EvaluationError | null
  /** How long it took, in microseconds; null where nothing came to an end. */
  durationUs: number | null
  forms?: EventForms
}

/** An evaluation that gave nothing. */
export function failedEvaluation(error: EvaluationError, evaluator: EvaluatorKind = 'wasm'): Evaluation {
  const nothing = { result: undefined, text: null, form: null, prints: [], durationUs: null }
  return { ...nothing, evaluator, evaluatorHash: evaluatorBuild(), error }
}

/**
 * The compiled policy met a value that only OPA's own code treats exactly, or its memory or stack ended; the pool answers
 * with the full evaluator, so that nobody else sees this code.
 */
export const NEEDS_FULL = 'policy_needs_full'

/** How long one evaluation may take. */
export const DEFAULT_DEADLINE_MS = 5000

/** The error of an evaluation that was given up. */
export function timedOut(): EvaluationError {
  return { code: 'policy_timeout', message: 'The policy did not finish in time; make it compute less at once.' }
}

/** Also a recursion too deep for the thread's stack, which JavaScript reports as a RangeError like a full memory. */
export function blowUp(): EvaluationError {
  return {
    code: 'policy_memory',
    message: 'The policy needed more memory than it may use; make it compute less at once.',
  }
}

/** How V8 and OPA's compiled code say that memory or stack ended. */
const NO_ROOM = /malloc|memory|heap|call stack/i

/** What the full evaluator says where it, too, had no time or no room. */
const GAVE_UP = new Set(['policy_timeout', 'toolchain_failed', 'toolchain_crashed'])

/**
 * Where the compiled policy had no room for an evaluation and the full evaluator gave up, room is what it lacks: that is what
 * its author has to mend.
 * @param compiled why the full evaluator was asked
 */
export function blamingRoom<Outcome extends { error: EvaluationError | null }>(
  outcome: Outcome,
  compiled: EvaluationError,
): Outcome {
  const hasGivenUp = outcome.error !== null && GAVE_UP.has(outcome.error.code)
  return hasGivenUp && NO_ROOM.test(compiled.message) ? { ...outcome, error: blowUp() } : outcome
}

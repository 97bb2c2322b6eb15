import type { JsonValue } from '../../../shared/model/json.ts'
import type { StoredBody } from '../store/stored-body.ts'
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
  /** Asks for the first round of each alert in the same go; whoever cannot give it leaves it out. */
  firstRounds?: FirstRoundsRequest
}

/** What the first rounds of an event's alerts rest on beside the event. */
export interface FirstRoundsRequest {
  /** Ids of the alerts are made of it. */
  eventId: string
  schema: string
  /** When the alerts are made: epoch ms. */
  createdAt: number
  /** `input.env` */
  env: Readonly<Record<string, string>>
  generation: 'commit' | 'exit'
  /** Whether the input has `alert.raw`. */
  readsRaw: boolean
}

/** The first round of one alert's chain, evaluated as long as the event was at hand. */
export interface FirstRound {
  nowNs: string
  seed: string
  evaluations: FirstEvaluation[]
  /** It is one evaluation that proposes nothing and has not failed: the chain ends with it. */
  isQuiet: boolean
}

/** One evaluation of a first round; the input's hash says of what. */
export interface FirstEvaluation extends Pick<Evaluation, 'text' | 'evaluator' | 'prints' | 'error' | 'durationUs'> {
  kind: 'init' | 'run'
  inputSha256: string
}

/** An event in the two forms in which its alerts carry it on, both JSON text. */
export interface EventForms {
  /** As policies see it (`event-text.ts`), in the sender's order: it stands so in the input of a chain. */
  json: string
  /** The string that AlertChain calls `raw`, as JSON string; null where it was not asked for (`rawForm` makes it). */
  raw: string | null
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
  /** The input as the store keeps it, where first rounds were asked for. */
  stored?: StoredBody
  /** By position of the alert; null where it is left to the chain. Absent where none was made. */
  firstRounds?: (FirstRound | null)[]
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

import { errorCode, errorMessage, TocsinError } from '../../../shared/errors.ts'
import type { JsonValue } from '../../../shared/model/json.ts'
import { eventForms } from '../event-forms.ts'
import { isOfEvent } from './entrypoint-names.ts'
import { blamingRoom, blowUp, NEEDS_FULL, timedOut, type Evaluation, type EvaluationError } from './evaluation.ts'
import { checkEventText, flawIn, MAX_EVENT_DEPTH, MAX_INPUT_DEPTH } from './event-text.ts'
import type { Answered, AskedItem, ThreadVersion } from './policy-protocol.ts'
import { FullEvaluator } from './toolchain/full-evaluator.ts'
import type { Diagnostic, DiagnosticDetails, HttpSend } from './toolchain/types.ts'
import { WasmEvaluator } from './wasm-evaluator.ts'

/** Full evaluators kept at once: 30 to 40 MB each; chains of an older version and new alerts take turns. */
const KEEP_FULL = 2
/** Linear memory never shrinks: a full evaluator that grew beyond this is dropped after the evaluation. */
const KEEP_FULL_BYTES = 256 * 1024 * 1024
/** A full evaluator looks at its deadline itself and should do so before the watchdog ends its thread. */
const FULL_HEAD_START_MS = 100

type Outcome = Pick<Evaluation, 'result' | 'prints' | 'error'>

/** An evaluation as the thread knows it. */
export type ThreadOutcome = Pick<Evaluation, 'result' | 'evaluator' | 'prints' | 'error' | 'forms'>

/** Both evaluators, for the versions that were loaded; runs in a policy thread, or inline. Nothing here throws. */
export class ThreadEvaluator {
  readonly #httpSend: HttpSend | undefined
  readonly #onPrepared: () => void
  readonly #memoryBytes: number | undefined
  readonly #versions = new Map<string, ThreadVersion>()
  readonly #compiled = new Map<string, WasmEvaluator>()
  /** In order of use, the last used at the end. */
  readonly #full = new Map<string, FullEvaluator>()

  /**
   * @param httpSend answers `http.send`, synchronously
   * @param onPrepared hears when a full evaluator was made ready, up to a second that is no part of an evaluation
   * @param memoryBytes what a compiled policy may use, where it is less than usual
   */
  constructor(httpSend: HttpSend | undefined, onPrepared: () => void, memoryBytes?: number) {
    this.#httpSend = httpSend
    this.#onPrepared = onPrepared
    this.#memoryBytes = memoryBytes
  }

  load(version: ThreadVersion): void {
    this.#versions.set(version.id, version)
    if (!version.module) return
    this.#compiled.set(version.id, new WasmEvaluator(version.module, version.data, this.#memoryBytes))
  }

  unload(id: string): void {
    this.#versions.delete(id)
    this.#compiled.delete(id)
    this.#full.delete(id)
  }

  /** The outcome with its result as text, and how long both took. */
  answer(item: AskedItem, bytes: Uint8Array): Answered {
    const startedAt = performance.now()
    const { result, ...outcome } = this.evaluate(item, bytes)
    const text = result === undefined ? null : JSON.stringify(result)
    return { ...outcome, text, durationUs: Math.round((performance.now() - startedAt) * 1000) }
  }

  evaluate(item: AskedItem, bytes: Uint8Array): ThreadOutcome {
    const isEvent = isOfEvent(item.entrypoint)
    const input = checkEventText(bytes, isEvent ? MAX_EVENT_DEPTH : MAX_INPUT_DEPTH)
    const version = this.#versions.get(item.versionId)
    const evaluator = version?.entrypoints[item.entrypoint] ?? 'wasm'
    if ('malformed' in input) return { ...failed('malformed_json', input.malformed), evaluator }
    const outcome = this.#evaluateChecked(version, item, input.bytes)
    if (!item.wantsForms || !hasAlerts(outcome.result)) return outcome
    return { ...outcome, forms: eventForms(input.value) }
  }

  #evaluateChecked(version: ThreadVersion | undefined, item: AskedItem, input: Uint8Array): ThreadOutcome {
    if (!version) {
      const message = 'The policy version is not loaded; start the engine again.'
      return { ...failed('policy_version_missing', message), evaluator: 'wasm' }
    }
    const evaluator = version.entrypoints[item.entrypoint]
    // A package that does not exist is undefined, as in OPA.
    if (evaluator === undefined) return { result: undefined, prints: [], error: null, evaluator: 'wasm' }
    if (evaluator === 'full' || item.isLeft) return this.#evaluateFull(version, item, input, item.deadlineMs)
    const startedAt = performance.now()
    const outcome = this.#evaluateCompiled(item, input)
    if (outcome.error?.code !== NEEDS_FULL || !version.full) return { ...outcome, evaluator }
    const leftMs = item.deadlineMs - (performance.now() - startedAt)
    return blamingRoom(this.#evaluateFull(version, item, input, leftMs), outcome.error)
  }

  #evaluateCompiled(item: AskedItem, input: Uint8Array): Outcome {
    const compiled = this.#compiled.get(item.versionId)
    return (
      compiled?.evaluate(item.entrypoint, input, item) ??
      failed('policy_corrupt', 'The compiled policy is missing; save the policy again.')
    )
  }

  #evaluateFull(version: ThreadVersion, item: AskedItem, input: Uint8Array, deadlineMs: number): ThreadOutcome {
    try {
      return { ...this.#runFull(version, item, input, deadlineMs), evaluator: 'full' }
    } catch (error) {
      if (isBlowUp(error)) return { result: undefined, prints: [], error: blowUp(), evaluator: 'full' }
      const code = errorCode(error) === 'internal' ? 'policy_failed' : errorCode(error)
      return { ...failed(code, errorMessage(error)), evaluator: 'full' }
    }
  }

  #runFull(version: ThreadVersion, item: AskedItem, input: Uint8Array, deadlineMs: number): Outcome {
    const evaluator = this.#fullEvaluator(version)
    const outcome = evaluator.eval(item.entrypoint, input, {
      nowNs: BigInt(item.nowNs),
      seed: item.seed,
      timeoutMs: Math.max(1, Math.floor(deadlineMs - FULL_HEAD_START_MS)),
      print: true,
    })
    if (evaluator.memoryBytes > KEEP_FULL_BYTES) this.#full.delete(version.id)
    // The tool chain writes JSON.
    const result = outcome.result === undefined ? undefined : (JSON.parse(outcome.result) as JsonValue)
    if (result !== undefined && flawIn(outcome.result ?? '', result) !== null) {
      throw new TocsinError('policy_result', 'The policy gives a number beyond 1.8e308: make it a text')
    }
    return {
      result,
      prints: outcome.prints.map((line) => line.message),
      error: outcome.error ? describe(outcome.error) : null,
    }
  }

  #fullEvaluator(version: ThreadVersion): FullEvaluator {
    const known = this.#full.get(version.id)
    if (known) {
      this.#full.delete(version.id)
      this.#full.set(version.id, known)
      return known
    }
    if (!version.full) {
      throw new TocsinError(
        'toolchain_corrupt',
        'This policy needs the policy tool chain, which is damaged. Install Tocsin again.',
      )
    }
    const { toolchain, sources } = version.full
    const evaluator = new FullEvaluator(toolchain, this.#httpSend ? { httpSend: this.#httpSend } : {})
    evaluator.prepare(sources)
    this.#onPrepared()
    for (const oldest of this.#full.keys()) {
      if (this.#full.size < KEEP_FULL) break
      this.#full.delete(oldest)
    }
    this.#full.set(version.id, evaluator)
    return evaluator
  }
}

function failed(code: string, message: string): Outcome {
  return { result: undefined, prints: [], error: { code, message } }
}

/** Whether alerts may come of the document: only those carry their event on. */
function hasAlerts(document: JsonValue | undefined): boolean {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) return false
  const { alert } = document
  return Array.isArray(alert) && alert.length > 0
}

/** The full evaluator ran out of memory or stack; a compiled policy that does so says `policy_memory`. */
function isBlowUp(error: unknown): boolean {
  if (!(error instanceof TocsinError)) return false
  const { diagnostics } = (error.details ?? {}) as Partial<DiagnosticDetails> // what the tool chain throws has them
  return diagnostics?.some(({ code }) => code === 'out_of_memory' || code === 'stack_overflow') === true
}

function describe(diagnostic: Diagnostic): EvaluationError {
  if (diagnostic.code === 'eval_cancel_error') return timedOut()
  return diagnostic
}

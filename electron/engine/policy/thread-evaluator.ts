import { errorCode, errorMessage, TocsinError } from '../../../shared/errors.ts'
import type { JsonValue } from '../../../shared/model/json.ts'
import { blowUp, NEEDS_FULL, timedOut, type Evaluation, type EvaluationError } from './evaluation.ts'
import { checkEventText, MAX_EVENT_DEPTH, MAX_INPUT_DEPTH } from './event-text.ts'
import type { BatchItem, ThreadVersion } from './policy-protocol.ts'
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

/** Both evaluators, for the versions that were loaded; runs in a policy thread. Nothing here throws. */
export class ThreadEvaluator {
  readonly #httpSend: HttpSend | undefined
  readonly #versions = new Map<string, ThreadVersion>()
  readonly #compiled = new Map<string, WasmEvaluator>()
  /** In order of use, the last used at the end. */
  readonly #full = new Map<string, FullEvaluator>()

  /** @param httpSend answers `http.send`, synchronously */
  constructor(httpSend: HttpSend | undefined) {
    this.#httpSend = httpSend
  }

  load(version: ThreadVersion): void {
    this.#versions.set(version.id, version)
    if (version.module) this.#compiled.set(version.id, new WasmEvaluator(version.module, version.data))
  }

  unload(id: string): void {
    this.#versions.delete(id)
    this.#compiled.delete(id)
    this.#full.delete(id)
  }

  evaluate(item: BatchItem, bytes: Uint8Array): Evaluation {
    const version = this.#versions.get(item.versionId)
    const evaluator = version?.entrypoints[item.entrypoint] ?? 'wasm'
    const evaluatorHash = (evaluator === 'full' ? version?.full?.toolchainHash : version?.moduleHash) ?? ''
    const answer = (outcome: Outcome): Evaluation => ({ ...outcome, evaluator, evaluatorHash })
    const failed = (code: string, message: string): Evaluation =>
      answer({ result: undefined, prints: [], error: { code, message } })

    const isEvent = item.entrypoint.startsWith('alert/')
    const input = checkEventText(bytes, isEvent ? MAX_EVENT_DEPTH : MAX_INPUT_DEPTH)
    if ('malformed' in input) return failed('malformed_json', input.malformed)
    if (!version) return failed('policy_version_missing', 'The policy version is not loaded; start the engine again.')
    // A package that does not exist is undefined, as in OPA.
    if (version.entrypoints[item.entrypoint] === undefined)
      return answer({ result: undefined, prints: [], error: null })
    try {
      if (evaluator === 'full') return answer(this.#evaluateFull(version, item, input.bytes))
      const compiled = this.#compiled.get(item.versionId)
      if (!compiled) return failed('policy_corrupt', 'The compiled policy is missing; save the policy again.')
      const outcome = compiled.evaluate(item.entrypoint, input.bytes, item)
      if (outcome.error?.code !== NEEDS_FULL || !version.full) return answer(outcome)
      const full = this.#evaluateFull(version, item, input.bytes)
      return { ...full, evaluator: 'full', evaluatorHash: version.full.toolchainHash }
    } catch (error) {
      if (isBlowUp(error)) return answer({ result: undefined, prints: [], error: blowUp() })
      return failed(errorCode(error) === 'internal' ? 'policy_failed' : errorCode(error), errorMessage(error))
    }
  }

  #evaluateFull(version: ThreadVersion, item: BatchItem, input: Uint8Array): Outcome {
    const evaluator = this.#fullEvaluator(version)
    const outcome = evaluator.eval(item.entrypoint, input, {
      nowNs: BigInt(item.nowNs),
      seed: item.seed,
      timeoutMs: Math.max(1, item.deadlineMs - FULL_HEAD_START_MS),
      print: true,
    })
    if (evaluator.memoryBytes > KEEP_FULL_BYTES) this.#full.delete(version.id)
    return {
      // The tool chain writes JSON.
      result: outcome.result === undefined ? undefined : (JSON.parse(outcome.result) as JsonValue),
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
    for (const oldest of this.#full.keys()) {
      if (this.#full.size < KEEP_FULL) break
      this.#full.delete(oldest)
    }
    this.#full.set(version.id, evaluator)
    return evaluator
  }
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

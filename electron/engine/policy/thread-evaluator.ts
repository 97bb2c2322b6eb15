import { errorCode, errorMessage, TocsinError } from '../../../shared/errors.ts'
import type { JsonValue } from '../../../shared/model/json.ts'
import { eventForms } from '../forms/event-forms.ts'
import { isOfEvent } from './entrypoint-names.ts'
import {
  blamingRoom,
  blowUp,
  NEEDS_FULL,
  timedOut,
  type Evaluation,
  type EvaluationError,
  type EventForms,
  type FirstRound,
  type FirstRoundsRequest,
} from './evaluation.ts'
import { checkEventText, flawIn, MAX_EVENT_DEPTH, MAX_INPUT_DEPTH } from './event-text.ts'
import { storedBody } from '../store/stored-body.ts'
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
export type ThreadOutcome = Pick<Evaluation, 'result' | 'evaluator' | 'prints' | 'error'>

/** An event as it was read, and its text as policies see it. */
interface ReadEvent {
  text: string
  value: JsonValue
}

/** Evaluates the action policy of the version on an input, at the given time and seed. */
export type EvaluateAction = (input: Uint8Array, stamp: { nowNs: string; seed: string }) => ThreadOutcome

/** An event that the alert policy has made alerts of. */
export interface EventWithAlerts {
  request: FirstRoundsRequest
  /** What the alert policy gave. */
  document: JsonValue | undefined
  forms: EventForms
  nowNs: string
  seed: string
}

/** Makes the first rounds of an event's alerts (`chain/rounds/first-rounds.ts`). */
export type MakeFirstRounds = (event: EventWithAlerts, evaluate: EvaluateAction) => (FirstRound | null)[]

interface ThreadEvaluatorOptions {
  /** Answers `http.send`, synchronously; without it there is none. */
  httpSend?: HttpSend
  /** Hears when a full evaluator was made ready, up to a second that is no part of an evaluation. */
  onPrepared?: () => void
  /** What a compiled policy may use, where it is less than usual. */
  memoryBytes?: number
  /** Without it no first rounds are made. */
  makeFirstRounds?: MakeFirstRounds
}

/** Both evaluators, for the versions that were loaded; runs in a policy thread, or inline. Nothing here throws. */
export class ThreadEvaluator {
  readonly #options: ThreadEvaluatorOptions
  readonly #versions = new Map<string, ThreadVersion>()
  readonly #compiled = new Map<string, WasmEvaluator>()
  /** In order of use, the last used at the end. */
  readonly #full = new Map<string, FullEvaluator>()

  constructor(options: ThreadEvaluatorOptions = {}) {
    this.#options = options
  }

  load(version: ThreadVersion): void {
    this.#versions.set(version.id, version)
    if (!version.module) return
    this.#compiled.set(version.id, new WasmEvaluator(version.module, version.data, this.#options.memoryBytes))
  }

  unload(id: string): void {
    this.#versions.delete(id)
    this.#compiled.delete(id)
    this.#full.delete(id)
  }

  /** The outcome with its result as text, how long both took, and with what was asked for beside. */
  answer(item: AskedItem, bytes: Uint8Array): Answered {
    const startedAt = performance.now()
    const { outcome, event } = this.#evaluateItem(item, bytes)
    const { result, ...rest } = outcome
    const text = result === undefined ? null : JSON.stringify(result)
    const durationUs = Math.round((performance.now() - startedAt) * 1000)
    const more = hasAlerts(result) ? this.#goingOn(item, result, event) : {}
    return { ...rest, text, durationUs, ...more, ...(item.firstRounds ? storedForm(bytes) : {}) }
  }

  evaluate(item: AskedItem, bytes: Uint8Array): ThreadOutcome {
    return this.#evaluateItem(item, bytes).outcome
  }

  #evaluateItem(item: AskedItem, bytes: Uint8Array): { outcome: ThreadOutcome; event: ReadEvent } {
    const isEvent = isOfEvent(item.entrypoint)
    const input = checkEventText(bytes, isEvent ? MAX_EVENT_DEPTH : MAX_INPUT_DEPTH)
    const version = this.#versions.get(item.versionId)
    const evaluator = version?.entrypoints[item.entrypoint] ?? 'wasm'
    if ('malformed' in input)
      return {
        outcome: { ...failed('malformed_json', input.malformed), evaluator },
        event: { text: 'null', value: null },
      }
    return { outcome: this.#evaluateChecked(version, item, input.bytes), event: input }
  }

  /** What goes on with an event of which alerts have come: its forms, or the first rounds of their chains. */
  #goingOn(
    item: AskedItem,
    document: JsonValue | undefined,
    event: ReadEvent,
  ): Pick<Answered, 'forms' | 'firstRounds'> {
    const { firstRounds: request, wantsForms, nowNs, seed } = item
    if (!request) return wantsForms ? { forms: eventForms(event) } : {}
    const forms = eventForms(event, { withRaw: request.readsRaw })
    const evaluate: EvaluateAction = (bytes, stamp) =>
      this.#evaluateAction({ ...item, ...stamp, entrypoint: 'action' }, bytes)
    const firstRounds = this.#options.makeFirstRounds?.({ request, document, forms, nowNs, seed }, evaluate) ?? []
    const isDone = firstRounds.length > 0 && firstRounds.every((round) => round?.isQuiet === true)
    return { firstRounds, ...(isDone ? {} : { forms }) }
  }

  /** By the compiled policy alone: the full evaluator takes up to a second to be made ready, and is left to chains. */
  #evaluateAction(item: AskedItem, input: Uint8Array): ThreadOutcome {
    const evaluator = this.#versions.get(item.versionId)?.entrypoints[item.entrypoint]
    if (evaluator === undefined) return { result: undefined, prints: [], error: null, evaluator: 'wasm' }
    if (evaluator === 'full') return { ...failed(NEEDS_FULL, 'The policy is not compiled'), evaluator }
    return { ...this.#evaluateCompiled(item, input), evaluator }
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
    const evaluator = new FullEvaluator(toolchain, this.#options.httpSend ? { httpSend: this.#options.httpSend } : {})
    evaluator.prepare(sources)
    this.#options.onPrepared?.()
    for (const oldest of this.#full.keys()) {
      if (this.#full.size < KEEP_FULL) break
      this.#full.delete(oldest)
    }
    this.#full.set(version.id, evaluator)
    return evaluator
  }
}

/** Of its own memory alone: with a view of more, all of it would be sent. A body that stays as it is needs no copy. */
function storedForm(body: Uint8Array): Pick<Answered, 'stored'> {
  const { encoding, bytes } = storedBody(body)
  return encoding === 'identity' ? {} : { stored: { encoding, bytes: Uint8Array.from(bytes) } }
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

import { type Answer, ToolchainInstance } from './instance.ts'
import type { CheckRequest, Diagnostic, EvalOptions, EvalOutcome, HttpSend, PrintLine } from './types.ts'

interface EvalAnswer {
  defined: boolean
  prints: PrintLine[]
  error?: Diagnostic
}

/** The header of an `eval` or `explain` call. */
export function evalHeader(entrypoint: string, input: Uint8Array | undefined, options: EvalOptions): object {
  const { nowNs, seed, timeoutMs, print } = options
  return { entrypoint, hasInput: input !== undefined, nowNs: nowNs.toString(), seed, timeoutMs, print }
}

/** What an `eval` or `explain` answer says. */
export function evalOutcome(answer: Answer): EvalOutcome {
  const { defined, prints, error } = answer.header as EvalAnswer // as go/eval.go writes it
  return { result: defined ? new TextDecoder().decode(answer.body) : undefined, prints, error }
}

/**
 * OPA's own evaluator in the calling thread, for packages that opa-wasm cannot host; 0.6 ms an evaluation, and up to
 * `timeoutMs` during which the thread does nothing else. The thread should have a stack of 64 MiB
 * (`resourceLimits.stackSizeMb`).
 */
export class FullEvaluator {
  readonly #module: WebAssembly.Module
  readonly #httpSend: HttpSend | undefined
  #sources: CheckRequest | undefined
  #instance: ToolchainInstance | undefined

  /** @param httpSend answers `http.send` where `prepare` allowed it; called synchronously */
  constructor(module: WebAssembly.Module, options: { httpSend?: HttpSend } = {}) {
    this.#module = module
    this.#httpSend = options.httpSend
  }

  /**
   * Replaces what is evaluated.
   * @throws TocsinError `policy_invalid`, `toolchain_crashed`; nothing is prepared then
   */
  prepare(sources: CheckRequest): void {
    this.#sources = undefined
    this.#prepared(sources)
    this.#sources = sources
  }

  /**
   * Evaluates the document at `entrypoint` (`alert/aws_guardduty`).
   * @throws TocsinError `toolchain_crashed` (out of stack or memory; the next call works again) or
   *   `toolchain_failed` (the input is no JSON)
   */
  eval(entrypoint: string, input: Uint8Array | undefined, options: EvalOptions): EvalOutcome {
    if (!this.#sources) throw new Error('eval before prepare')
    const instance = this.#instance?.isDead === false ? this.#instance : this.#prepared(this.#sources)
    return evalOutcome(instance.call({ fn: 'eval', header: evalHeader(entrypoint, input, options), body: input }))
  }

  /** Linear memory of the instance; never shrinks. */
  get memoryBytes(): number {
    return this.#instance?.memoryBytes ?? 0
  }

  #prepared(sources: CheckRequest): ToolchainInstance {
    if (!this.#instance || this.#instance.isDead) this.#instance = new ToolchainInstance(this.#module, this.#httpSend)
    this.#instance.call({ fn: 'prepare', header: sources })
    return this.#instance
  }
}

import { TocsinError } from '../../../shared/errors.ts'
import type { JsonValue } from '../../../shared/model/json.ts'
import { NeedsFullEvaluator } from './builtins/builtin.ts'
import { hostedBuiltins } from './builtins/hosted.ts'
import { toJson } from './canonical-order.ts'
import { parsedBytes } from './data-size.ts'
import { NEEDS_FULL, type EvaluationError } from './evaluation.ts'
import { RENAMED_BUILTINS } from './toolchain/types.ts'
import { ValueReader } from './value-text.ts'
import { PolicyAbort, WasmInstance } from './wasm-instance.ts'

/**
 * What a policy may use for an event of usual size (1 MiB takes about 9 MB); what needs more is left to the full evaluator.
 * Nothing is freed within an evaluation: a million steps of a loop take about 50 MB, `walk` over 1 MiB some hundred.
 */
const MEMORY_BYTES = 128 * 1024 * 1024
/** A body may have 32 MiB when the setting says so, and a parsed one takes nine times its text. */
const LARGE_INPUT_BYTES = 2 * 1024 * 1024
const LARGE_MEMORY_BYTES = 768 * 1024 * 1024
/** Linear memory never shrinks: an instance that grew by more than this beyond its data is dropped after the evaluation. */
const KEEP_BYTES = 16 * 1024 * 1024

export interface WasmOutcome {
  result: JsonValue | undefined
  prints: string[]
  error: EvaluationError | null
}

/** One compiled policy version in the calling thread: JSON bytes in, the document out. */
export class WasmEvaluator {
  readonly #module: WebAssembly.Module
  readonly #data: Uint8Array<ArrayBuffer>
  /** What the data may take in an instance's memory; the evaluation's own limit comes on top. */
  readonly #dataBytes: number
  readonly #memoryBytes: number | undefined
  #instance: WasmInstance | undefined

  /**
   * @param data JSON text of the data document
   * @param memoryBytes what an evaluation may use; usually that depends on the event's size
   */
  constructor(module: WebAssembly.Module, data: string, memoryBytes?: number) {
    this.#module = module
    this.#memoryBytes = memoryBytes
    this.#data = new TextEncoder().encode(data)
    this.#dataBytes = parsedBytes(data)
  }

  /**
   * Never throws: what goes wrong is the outcome's `error`, and the next evaluation starts from a new instance.
   * @param input checked bytes (`event-text.ts`)
   */
  evaluate(entrypoint: string, input: Uint8Array, options: { nowNs: string; seed: string }): WasmOutcome {
    const prints: string[] = []
    const context = {
      nowNs: BigInt(options.nowNs),
      seed: options.seed,
      cache: new Map(),
      prints,
    }
    try {
      const instance = this.#instanceFor(input.length)
      const text = instance.evaluate(entrypoint, input, context)
      if (instance.memoryBytes - instance.dataBytes > KEEP_BYTES) this.#instance = undefined
      return { result: readResult(text), prints, error: null }
    } catch (error) {
      this.#instance = undefined
      return { result: undefined, prints, error: describe(error) }
    }
  }

  #instanceFor(inputBytes: number): WasmInstance {
    const make = (bytes: number): WasmInstance => new WasmInstance(this.#module, this.#data, bytes + this.#dataBytes)
    if (this.#memoryBytes === undefined && inputBytes > LARGE_INPUT_BYTES) return make(LARGE_MEMORY_BYTES)
    this.#instance ??= make(this.#memoryBytes ?? MEMORY_BYTES)
    return this.#instance
  }
}

/** @returns the names that are asked for and that nothing here answers */
export function missingBuiltins(required: readonly string[]): string[] {
  const renamed = new Set<string>(Object.values(RENAMED_BUILTINS))
  return required.filter((name) => !hostedBuiltins.has(name) && !renamed.has(name))
}

const RESULT_START = '{{"result": '

/** A document is a set of one result or of none. */
function readResult(text: string): JsonValue | undefined {
  if (text === 'set()') return undefined
  if (!text.startsWith(RESULT_START) || !text.endsWith('}}')) throw new SyntaxError("The policy's answer is damaged")
  const reader = new ValueReader(text.slice(RESULT_START.length, -2))
  const value = reader.read()
  // Without sets, large numbers and other keys the value is JSON already.
  return reader.isPlain ? (value as JsonValue) : toJson(value)
}

const PLACE = /^(.+?):(\d+):(\d+): (.*)$/s

/** OPA's compiled code names conflicts in its own words; the evaluator's are what authors find in OPA's documents. */
const CONFLICTS = new Map([
  ['var assignment conflict', 'complete rules must not produce multiple outputs'],
  ['object insert conflict', 'object keys must be unique'],
])

function describe(error: unknown): EvaluationError {
  if (error instanceof NeedsFullEvaluator) return { code: NEEDS_FULL, message: error.message }
  if (error instanceof TocsinError) return { code: error.code, message: error.message }
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof PolicyAbort) {
    const [, file, row, col, what = ''] = PLACE.exec(message) ?? []
    const conflict = CONFLICTS.get(what)
    if (conflict !== undefined && file !== undefined) {
      return { code: 'eval_conflict_error', message: conflict, file, row: Number(row), col: Number(col) }
    }
    // A limit of OPA's compiled code (memory, `format_int` of nanoseconds), not of Rego.
    return { code: NEEDS_FULL, message }
  }
  // Out of memory or stack, or an access beyond it: what the full evaluator may still do.
  if (error instanceof RangeError || error instanceof WebAssembly.RuntimeError) return { code: NEEDS_FULL, message }
  return { code: 'policy_failed', message: `The policy could not be evaluated: ${message}` }
}

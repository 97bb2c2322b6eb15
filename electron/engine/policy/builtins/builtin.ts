import { createHash } from 'node:crypto'
import type { RegoValue } from '../rego-value.ts'
import { typeName } from '../rego-value.ts'

/** What one evaluation gives its built-ins. */
export interface BuiltinContext {
  /** What `time.now_ns` answers, the same during the whole evaluation. */
  nowNs: bigint
  random: SeededBytes
  /** For built-ins that answer the same within one evaluation. */
  cache: Map<string, RegoValue>
  prints: string[]
}

/**
 * A hosted built-in: OPA's function of that name, exactly. `undefined` and a thrown `BuiltinError` both leave the
 * expression undefined, as OPA does outside strict mode.
 */
export type Builtin = (context: BuiltinContext, ...operands: RegoValue[]) => RegoValue | bigint | undefined

/** What OPA reports as `eval_builtin_error`; outside strict mode only "undefined" is seen of it. */
export class BuiltinError extends Error {}

/** @throws BuiltinError when it is no string */
export function stringOperand(value: RegoValue | undefined): string {
  if (typeof value !== 'string') throw operandError('string', value)
  return value
}

export function operandError(expected: string, value: RegoValue | undefined): BuiltinError {
  return new BuiltinError(`must be ${expected} but got ${value === undefined ? 'nothing' : typeName(value)}`)
}

/**
 * The recorded random bytes of an evaluation, the same as the tool chain's evaluator draws (`go/seed.go`): SHA-256 over the
 * seed's UTF-8 bytes and a block counter of four bytes, big-endian, from 0.
 */
export class SeededBytes {
  readonly #seed: string
  #block = 0
  #rest = Buffer.alloc(0)

  constructor(seed: string) {
    this.#seed = seed
  }

  take(count: number): Buffer {
    while (this.#rest.length < count) {
      const counter = Buffer.alloc(4)
      counter.writeUInt32BE(this.#block++)
      this.#rest = Buffer.concat([this.#rest, createHash('sha256').update(this.#seed).update(counter).digest()])
    }
    const taken = this.#rest.subarray(0, count)
    this.#rest = this.#rest.subarray(count)
    return taken
  }
}

import { sorted } from '../canonical-order.ts'
import { integerOf } from '../decimal.ts'
import { numberText, RegoNumber, RegoSet, typeName, type RegoValue } from '../rego-value.ts'

/** What one evaluation gives its built-ins. */
export interface BuiltinContext {
  /** What `time.now_ns` answers, the same during the whole evaluation. */
  nowNs: bigint
  /** What random values and UUIDs are drawn from, by their keys (`random.ts`). */
  seed: string
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

/**
 * Only OPA's own code answers this call exactly: bytes that are no UTF-8, a zone or a pattern that is not known here. The
 * whole evaluation is then done by the full evaluator.
 */
export class NeedsFullEvaluator extends Error {}

/** @throws BuiltinError when it is no string */
export function stringOperand(value: RegoValue | undefined): string {
  if (typeof value !== 'string') throw operandError('string', value)
  return value
}

/** Elements of an array or a set (in canonical order) of strings. @throws BuiltinError when it is anything else */
export function stringsOperand(value: RegoValue | undefined): string[] {
  const elements = value instanceof RegoSet ? sorted(value) : value
  if (!Array.isArray(elements)) throw operandError('array or set', value)
  return elements.map(stringOperand)
}

/** OPA's 64-bit integer operand: `12`, `12.0`, not `1e3`. @throws BuiltinError */
export function integerOperand(value: RegoValue | undefined): bigint {
  if (typeof value !== 'number' && !(value instanceof RegoNumber)) throw operandError('number', value)
  const whole = /^(-?\d{1,19})(?:\.0*)?$/.exec(numberText(value))?.[1]
  const integer = whole === undefined ? undefined : BigInt(whole)
  if (integer === undefined || BigInt.asIntN(64, integer) !== integer) throw operandError('integer number', value)
  return integer
}

/** Any integer, `1e3` too. @throws BuiltinError */
export function bigIntegerOperand(value: RegoValue | undefined): bigint {
  if (typeof value !== 'number' && !(value instanceof RegoNumber)) throw operandError('number', value)
  const integer = integerOf(numberText(value))
  if (integer === undefined) throw operandError('integer number', value)
  return integer
}

/** Bytes as a string again. @throws NeedsFullEvaluator when they are no UTF-8: Go keeps such strings, JavaScript cannot */
export function textOf(bytes: Uint8Array): string {
  try {
    return strictDecoder.decode(bytes)
  } catch {
    throw new NeedsFullEvaluator('bytes that are no UTF-8')
  }
}

const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export function operandError(expected: string, value: RegoValue | undefined): BuiltinError {
  return new BuiltinError(`must be ${expected} but got ${value === undefined ? 'nothing' : typeName(value)}`)
}

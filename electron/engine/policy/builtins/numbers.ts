import { RegoNumber, type RegoValue } from '../rego-value.ts'
import { bigIntegerOperand, BuiltinError, NeedsFullEvaluator, type Builtin } from './builtin.ts'

/** A longer range takes long enough that only an evaluator that can be interrupted should make it. */
const MAX_LENGTH = 100_000n

/** An integer of any size as a value. */
export function integerValue(integer: bigint): RegoValue {
  const double = Number(integer)
  return Number.isSafeInteger(double) ? double : new RegoNumber(integer.toString())
}

/** From the first to the second number, both included where the step meets it, upwards or downwards. */
const rangeStep: Builtin = (_context, from, to, by) => {
  const [first, last, step] = [bigIntegerOperand(from), bigIntegerOperand(to), bigIntegerOperand(by)]
  if (step <= 0n) throw new BuiltinError('step must be a positive integer')
  const distance = last > first ? last - first : first - last
  if (distance / step > MAX_LENGTH) throw new NeedsFullEvaluator('a long range')
  const direction = last >= first ? step : -step
  return Array.from({ length: Number(distance / step) + 1 }, (_, i) => integerValue(first + BigInt(i) * direction))
}

export const numberBuiltins: Record<string, Builtin> = { 'numbers.range_step': rangeStep }

import { sorted } from '../canonical-order.ts'
import { regoText } from '../rego-text.ts'
import { RegoSet, type RegoValue } from '../rego-value.ts'
import { operandError, stringOperand, type Builtin } from './builtin.ts'

/**
 * `print(…)`: the compiler gives every argument as the set of its values, empty where it is undefined; one line for
 * every combination of them.
 */
const internalPrint: Builtin = (context, operands) => {
  if (!Array.isArray(operands)) throw operandError('array', operands)
  let lines: string[][] = [[]]
  for (const operand of operands) {
    const words = wordsOf(operand)
    lines = lines.flatMap((line) => words.map((text) => [...line, text]))
  }
  for (const line of lines) context.prints.push(line.join(' '))
  return undefined
}

function wordsOf(operand: RegoValue): string[] {
  if (!(operand instanceof RegoSet)) return [word(operand)]
  return operand.elements.length === 0 ? ['<undefined>'] : sorted(operand).map(word)
}

function word(value: RegoValue): string {
  return typeof value === 'string' ? value : regoText(value)
}

/** Notes for OPA's own trace, which nobody reads here. */
const trace: Builtin = (_context, note) => {
  stringOperand(note)
  return true
}

export const traceBuiltins: Record<string, Builtin> = { trace }

export const printBuiltins: Record<string, Builtin> = { 'internal.print': internalPrint }

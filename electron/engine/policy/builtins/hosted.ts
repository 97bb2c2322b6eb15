import type { Builtin } from './builtin.ts'
import { printBuiltins } from './print.ts'
import { timeBuiltins } from './time.ts'

const families: Record<string, Builtin> = { ...timeBuiltins }

/** Every built-in that a compiled policy may ask of us, by OPA's name. */
export const hostedBuiltins: ReadonlyMap<string, Builtin> = new Map([
  ...Object.entries(families),
  ...Object.entries(printBuiltins),
])

/** The names that the tool chain may compile for (`CompileRequest.hosted`). */
export const HOSTED_BUILTINS: readonly string[] = Object.keys(families).sort()

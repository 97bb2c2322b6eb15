import type { Builtin } from './builtin.ts'
import { cryptoBuiltins } from './crypto.ts'
import { encodingBuiltins } from './encoding.ts'
import { numberBuiltins } from './numbers.ts'
import { printBuiltins, traceBuiltins } from './print.ts'
import { randomBuiltins } from './random.ts'
import { regexBuiltins } from './regex.ts'
import { semverBuiltins } from './semver.ts'
import { sprintfBuiltins } from './sprintf.ts'
import { stringBuiltins } from './strings.ts'
import { timeBuiltins } from './time.ts'
import { unitBuiltins } from './units.ts'
import { uuidBuiltins } from './uuid.ts'

/**
 * OPA's built-ins that are answered here, exactly. What is not worth that is not on the list: a package that uses it runs in
 * the full evaluator.
 */
const families: Record<string, Builtin> = {
  ...cryptoBuiltins,
  ...encodingBuiltins,
  ...numberBuiltins,
  ...randomBuiltins,
  ...regexBuiltins,
  ...semverBuiltins,
  ...sprintfBuiltins,
  ...stringBuiltins,
  ...timeBuiltins,
  ...traceBuiltins,
  ...unitBuiltins,
  ...uuidBuiltins,
}

/** Every built-in that a compiled policy may ask of us, by OPA's name. */
export const hostedBuiltins: ReadonlyMap<string, Builtin> = new Map([
  ...Object.entries(families),
  ...Object.entries(printBuiltins),
])

/** The names that the tool chain may compile for (`CompileRequest.hosted`). */
export const HOSTED_BUILTINS: readonly string[] = Object.keys(families).sort()

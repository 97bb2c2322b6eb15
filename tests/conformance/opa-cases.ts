import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { isDeepStrictEqual } from 'node:util'
import type { EvalOutcome } from '../../electron/engine/policy/toolchain/types.ts'

/** One of OPA's test cases; see README.md. */
export interface OpaCase {
  note: string
  modules: string[]
  data?: Record<string, unknown>
  /** JSON text; without it `input` is undefined. */
  input?: string
  /** The document asked for, as an entrypoint: `test/p`. */
  path: string
  /** JSON text; without it and `wantError` the document is undefined. */
  want?: string
  wantError?: string
  /** Only OPA's strict mode has the error; here the document is then undefined or holds nothing. */
  strict?: boolean
  /** The wanted array is a set. */
  unordered?: boolean
}

export interface ConformanceReport {
  passed: number
  failed: { note: string; why: string }[]
}

export function loadOpaCases(): OpaCase[] {
  const lines = gunzipSync(readFileSync(new URL('./opa-cases.jsonl.gz', import.meta.url)))
    .toString('utf8')
    .trimEnd()
    .split('\n')
  return lines.map((line) => JSON.parse(line) as OpaCase) // written by scripts/make-opa-cases.mjs
}

/** Runs all cases through an evaluator. What it throws counts as that case's failure. */
export async function runOpaCases(
  cases: OpaCase[],
  evaluate: (one: OpaCase) => EvalOutcome | Promise<EvalOutcome>,
): Promise<ConformanceReport> {
  const report: ConformanceReport = { passed: 0, failed: [] }
  for (const one of cases) {
    const why = await Promise.resolve()
      .then(() => evaluate(one))
      .then((outcome) => judge(one, outcome))
      .catch((error: unknown) => `threw ${String(error)}`)
    if (why === undefined) report.passed++
    else report.failed.push({ note: one.note, why })
  }
  return report
}

/** @returns what is wrong, or undefined */
function judge(one: OpaCase, { result, error }: EvalOutcome): string | undefined {
  if (one.strict && (one.wantError !== undefined || one.want === undefined)) {
    const isNothing = error === undefined && (result === undefined || isEmpty(JSON.parse(result)))
    return isNothing ? undefined : `want undefined, got ${error?.code ?? result}`
  }
  if (one.wantError !== undefined)
    return error?.code === one.wantError ? undefined : `want ${one.wantError}, got ${error?.code ?? result}`
  if (error) return `got ${error.code}: ${error.message}`
  if (one.want === undefined) return result === undefined ? undefined : `want undefined, got ${result}`
  if (result === undefined) return `want ${one.want}, got undefined`
  const [want, got] = [exactJson(one.want), exactJson(result)]
  const same = one.unordered ? isDeepStrictEqual(inAnyOrder(want), inAnyOrder(got)) : isDeepStrictEqual(want, got)
  return same ? undefined : `want ${one.want}, got ${result}`
}

/** Nothing, or containers of nothing. */
function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.values(value).every(isEmpty)
}

/** Reads JSON without rounding: a number that a double does not hold stays as its text. */
function exactJson(text: string): unknown {
  const reviver = (_key: string, value: unknown, { source }: { source: string }): unknown =>
    typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value) ? { number: source } : value
  // The third argument is ECMAScript's "JSON.parse source text access", which TypeScript's library does not have yet.
  return JSON.parse(text, reviver as (key: string, value: unknown) => unknown)
}

function inAnyOrder(value: unknown): unknown {
  if (!Array.isArray(value)) return value
  return value.map((element) => JSON.stringify(element)).sort()
}

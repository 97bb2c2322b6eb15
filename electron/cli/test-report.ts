import type { CoverageRange, Diagnostic, FileCoverage, TestCase, TestResult } from '../engine/policy/toolchain/types.ts'
import type { CommandIo } from './io.ts'

const NS_PER_MS = 1_000_000

/** For a person: what did not pass and why, the lines that no test ran, and the sums. */
export function printTests({ tests, coverage = [] }: TestResult, io: CommandIo): void {
  for (const test of tests) {
    if (test.outcome === 'pass') continue
    io.err(`${test.outcome.toUpperCase()} ${test.file}:${test.row}: ${test.package}.${test.name}\n`)
    if (test.cause) io.err(`  ${located(test.cause)}\n`)
    if (test.output) io.err(`  ${test.output.trimEnd()}\n`)
  }
  for (const { path, percent, notCovered } of coverage) {
    const missed = notCovered.map(({ start, end }) => (start.row === end.row ? start.row : `${start.row}-${end.row}`))
    const rows = [...new Set(missed)].join(', ')
    io.err(`${percent.toFixed(1).padStart(5)} % ${path}${rows === '' ? '' : ` (not: ${rows})`}\n`)
  }
  const count = (outcome: TestCase['outcome']): number => tests.filter((one) => one.outcome === outcome).length
  const others = `${count('fail')} failed, ${count('error')} in error, ${count('skip')} skipped`
  io.err(`${count('pass')} passed, ${others}\n`)
}

/**
 * For programs: `tests` as `opa test --format json` lists them, with `outcome` and `cause` beside its fields; `coverage` as
 * `opa test --coverage` reports it.
 */
export function testJson({ tests, coverage }: TestResult): object {
  return { tests: tests.map(testForm), ...(coverage === undefined ? {} : { coverage: coverageForm(coverage) }) }
}

/** Each diagnostic as `file:row:col: code: message`, which editors and terminals follow. */
export function located({ file, row, col, code, message }: Diagnostic): string {
  const place = [file, row, col].filter((part) => part !== undefined).join(':')
  return place === '' ? `${code}: ${message}` : `${place}: ${code}: ${message}`
}

function testForm({ package: name, name: test, file, row, outcome, durationMs, output, cause }: TestCase): object {
  return {
    location: { file, row },
    package: `data.${name}`,
    name: test,
    duration: Math.round(durationMs * NS_PER_MS),
    ...(outcome === 'fail' ? { fail: true } : {}),
    ...(outcome === 'skip' ? { skip: true } : {}),
    ...(outcome === 'error' ? { error: { code: cause?.code, message: cause?.message } } : {}),
    ...(output === '' ? {} : { output: Buffer.from(output).toString('base64') }),
    outcome,
    ...(cause === undefined ? {} : { cause }),
  }
}

function coverageForm(files: readonly FileCoverage[]): object {
  const forms = files.map(({ path, covered, notCovered, percent }) => {
    const [hit, missed] = [rowsOf(covered), rowsOf(notCovered)]
    const form = { covered, not_covered: notCovered, covered_lines: hit, not_covered_lines: missed, coverage: percent }
    return [path, form] as const
  })
  const sum = (key: 'covered_lines' | 'not_covered_lines'): number => forms.reduce((all, [, one]) => all + one[key], 0)
  const [hit, missed] = [sum('covered_lines'), sum('not_covered_lines')]
  const percent = hit + missed === 0 ? 0 : (100 * hit) / (hit + missed)
  return { files: Object.fromEntries(forms), covered_lines: hit, not_covered_lines: missed, coverage: percent }
}

function rowsOf(ranges: readonly CoverageRange[]): number {
  const rows = new Set<number>()
  for (const { start, end } of ranges) for (let row = start.row; row <= end.row; row += 1) rows.add(row)
  return rows.size
}

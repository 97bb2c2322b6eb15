// OPA's own cases through the dispatcher, as tables of docs/POLICIES.md. Run it with
//   node scripts/node.mjs tests/conformance/opa-report.ts [--all] [--write]
// Without `--all`: the thousand committed cases, some 40 s. With it: every case of OPA's Go module, which needs Go, some 4 minutes.
// `--write` puts the table into docs/POLICIES.md.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type DispatcherReport, runThroughDispatcher } from './dispatcher.ts'
import { loadOpaCases, type OpaCase } from './opa-cases.ts'
import { remainderReason } from './opa-remainder.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const GO_SOURCE = join(ROOT, 'electron/engine/policy/toolchain/go')
const DOCUMENT = join(ROOT, 'docs/POLICIES.md')
/** More than there are. */
const ALL = '100000'

export type Selection = 'committed' | 'all'

interface Cases {
  cases: OpaCase[]
  /** How many cases cannot be asked of any host, by the reason. */
  leftOut: Record<string, number>
}

/** @throws Error when Go or OPA's module is missing */
function allCases(): Cases {
  const go = (args: string[]): { out: string; err: string } => {
    const env = { ...process.env, GOFLAGS: '-mod=readonly' }
    const { status, stdout, stderr } = spawnSync('go', args, {
      cwd: GO_SOURCE,
      encoding: 'utf8',
      env,
      maxBuffer: 1 << 28,
    })
    if (status !== 0) throw new Error(`go ${args.join(' ')} failed (it needs Go and OPA's module): ${stderr}`)
    return { out: stdout, err: stderr }
  }
  const folder = go(['list', '-m', '-f', '{{.Dir}}', 'github.com/open-policy-agent/opa']).out.trim()
  const { out, err } = go(['run', './conformance', join(folder, 'v1/test/cases/testdata'), ALL])
  const cases = out.trimEnd().split('\n')
  // Both are written by go/conformance/main.go.
  return { cases: cases.map((line) => JSON.parse(line) as OpaCase), leftOut: JSON.parse(err) as Record<string, number> }
}

/** The table of one run. */
export function reportTable(report: DispatcherReport, leftOut: Record<string, number> = {}): string {
  const ran = report.passed + report.failed.length
  const rows = [
    `| run: compiled ${number(report.by.wasm)}, in the full evaluator ${number(report.by.full)} | ${number(ran)} |`,
    `| exact | ${number(report.passed)} (${((report.passed / ran) * 100).toFixed(1)} %) |`,
    ...counted(report.failed.map(({ note }) => remainderReason(note) ?? `**unexplained:** ${note}`)).map(
      ([reason, count]) => `| not exact: ${reason} | ${number(count)} |`,
    ),
    ...Object.entries(leftOut).map(([reason, count]) => `| left out: ${reason} | ${number(count)} |`),
  ]
  return ['| | cases |', '|---|---|', ...rows].join('\n')
}

function counted(words: string[]): [string, number][] {
  return [...Map.groupBy(words, (word) => word)]
    .map(([word, all]): [string, number] => [word, all.length])
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
}

function number(count: number): string {
  return count.toLocaleString('en-US')
}

/** @returns the document with the table between its marks */
export function withTable(document: string, selection: Selection, table: string): string {
  const [start, end] = marks(selection)
  const [before, rest = ''] = document.split(start)
  return `${before}${start}\n\n${table}\n\n${end}${rest.slice(rest.indexOf(end) + end.length)}`
}

function marks(selection: Selection): [string, string] {
  return [`<!-- OPA's cases, ${selection} -->`, `<!-- end of OPA's cases, ${selection} -->`]
}

async function main(args: string[]): Promise<void> {
  const selection: Selection = args.includes('--all') ? 'all' : 'committed'
  const { cases, leftOut } = selection === 'all' ? allCases() : { cases: loadOpaCases(), leftOut: {} }
  let done = 0
  const report = await runThroughDispatcher(cases, () => {
    if (++done % 100 === 0) process.stderr.write(`${done} of ${cases.length}\n`)
  })
  const table = reportTable(report, leftOut)
  console.log(table)
  if (args.includes('--write')) writeFileSync(DOCUMENT, withTable(readFileSync(DOCUMENT, 'utf8'), selection, table))
  if (report.failed.some(({ note }) => remainderReason(note) === undefined)) process.exitCode = 1
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await main(process.argv.slice(2))

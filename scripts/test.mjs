// `npm test`: installs what is missing and runs every check and test; `npm test -- --only lint,unit` runs some.
// The last line is `N passed, N failed, N skipped`: tests, and each check as one.
import { prepare } from './lib/install.mjs'
import { seconds } from './lib/run.mjs'

const NAME_WIDTH = 14

/** Longer output is cut at its beginning: what failed stands at the end. */
const SHOWN_LINES = 300

function print(line) {
  process.stdout.write(`${line}\n`)
}

/** @returns the names after --only, or every name */
function chosen(names) {
  const at = process.argv.indexOf('--only')
  if (at === -1) return names
  const wanted = (process.argv[at + 1] ?? '').split(',')
  const unknown = wanted.filter((name) => !names.includes(name))
  if (unknown.length === 0) return names.filter((name) => wanted.includes(name))
  process.stderr.write(`No such step: ${unknown.join(', ')}. There are: ${names.join(', ')}.\n`)
  process.exit(2)
}

async function runStep(name, step) {
  const start = Date.now()
  const result = await step().catch((error) => ({ ok: false, summary: 'broken', output: error.stack }))
  const mark = result.ok ? (result.skip === undefined ? 'ok  ' : 'SKIP') : 'FAIL'
  print(`${mark} ${name.padEnd(NAME_WIDTH)} ${seconds(Date.now() - start).padStart(8)}  ${result.summary ?? ''}`)
  if (result.skip !== undefined) print(`\n     *** ${name} NOT RUN: ${result.skip} ***\n`)
  if (!result.ok) print(`\n${(result.output ?? '').trim().split('\n').slice(-SHOWN_LINES).join('\n')}\n`)
  return result
}

/** What a step adds to the last line. A runner of tests brings its counts, a check counts as one. */
function countOf(result) {
  const { passed, failed, skipped } = result
  if (passed !== undefined || failed !== undefined) return { passed: 0, failed: 0, skipped: 0, ...defined(result) }
  if (skipped === undefined && result.skip !== undefined) return { passed: 0, failed: 0, skipped: 1 }
  return { passed: result.ok ? 1 : 0, failed: result.ok ? 0 : 1, skipped: 0 }
}

function defined({ passed = 0, failed = 0, skipped = 0 }) {
  return { passed, failed, skipped }
}

async function main() {
  const { STEPS } = await import('./lib/steps.mjs')
  const start = Date.now()
  const total = { passed: 0, failed: 0, skipped: 0 }
  const failures = []
  for (const name of chosen(Object.keys(STEPS))) {
    const result = await runStep(name, STEPS[name])
    const count = countOf(result)
    if (!result.ok) failures.push(...(result.failures?.length > 0 ? result.failures : [name]))
    for (const key of Object.keys(total)) total[key] += count[key]
  }
  for (const failure of failures) print(`FAIL ${failure}`)
  print(`\n${seconds(Date.now() - start)} in all`)
  print(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
  process.exitCode = total.failed === 0 ? 0 : 1
}

if (await prepare(import.meta.url)) await main()

import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join, relative } from 'node:path'
import { checkAudit } from './audit.mjs'
import { build } from './build.mjs'
import { findChromium } from './chromium.mjs'
import { electronBinary, noWindowReason } from './electron-binary.mjs'
import { ROOT } from './project.mjs'
import { run } from './run.mjs'

/**
 * A step's result: `ok`, a few words as `summary`, the `output` to show when it failed, and, of test runners, how many
 * tests `passed`, `failed`, `skipped`, and a line for each of the `failures`. A check counts as one. `skip` is a reason
 * why nothing was checked.
 */

const RESULTS = join(ROOT, '.cache', 'test')
export const VITEST_JSON = join(RESULTS, 'vitest.json')
export const CHROMIUM_JSON = join(RESULTS, 'chromium.json')
export const ELECTRON_JSON = join(RESULTS, 'electron.json')

/** dependency-cruiser without a working parser finds nothing and is content. */
const FEWEST_MODULES = 50

const tool = (path, ...args) => [process.execPath, [join(ROOT, 'node_modules', path), ...args]]
const script = (name, ...args) => [process.execPath, [join(ROOT, 'scripts', name), ...args]]

/** Every check of `npm test`, in order. @returns name → what it does */
export const STEPS = {
  types: () => simple('types', ...tool('typescript/bin/tsc', '--noEmit', '-p', '.')),
  lint: () => simple('lint', ...tool('oxlint/bin/oxlint')),
  format: () => simple('format', ...tool('oxfmt/bin/oxfmt', '--check')),
  zones: checkZones,
  unused: () => simple('unused code', ...tool('knip/bin/knip.js', '--no-config-hints')),
  toolchain: () => scripted('tool chain', 'build-toolchain.mjs', '--check'),
  licences: () => scripted('licences', 'licences.mjs', '--check'),
  audit: checkAudit,
  build: buildAll,
  package: () => scripted('package', 'check-package.mjs'),
  unit: runVitest,
  e2e: runChromium,
  electron: runElectron,
  requirements: () => scripted('requirements', 'check-requirements.mjs'),
}

async function simple(what, command, args) {
  const { ok, output } = await run(what, command, args)
  return { ok, output, summary: '' }
}

/** A script of ours: its last line of output is the summary. A last line "skipped: reason" means what it says. */
async function scripted(what, name, ...args) {
  const { ok, output } = await run(what, ...script(name, ...args))
  const summary = output.trim().split('\n').at(-1) ?? ''
  const skip = ok && summary.startsWith('skipped: ') ? summary.slice('skipped: '.length) : undefined
  return { ok, output, summary, skip }
}

async function checkZones() {
  // Into a file: warnings of the tool get between the lines of its output.
  const file = join(RESULTS, 'zones.json')
  fresh(file)
  const args = ['--config', '.dependency-cruiser.cjs', '--output-type', 'json', '--output-to', file]
  const cruiser = tool('dependency-cruiser/bin/dependency-cruiser.mjs', ...args, 'electron', 'renderer', 'shared')
  const { output } = await run('import zones', ...cruiser)
  const report = readJson(file)
  if (report === undefined) return { ok: false, output, summary: 'no report' }
  const { violations, totalCruised } = report.summary
  const lines = violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`)
  if (totalCruised < FEWEST_MODULES) {
    lines.push(`Only ${totalCruised} modules were read (at least ${FEWEST_MODULES} expected): nothing was checked.`)
  }
  return { ok: lines.length === 0, output: lines.join('\n'), summary: `${totalCruised} modules` }
}

async function buildAll() {
  try {
    await build(process.execPath)
    return { ok: true, summary: '' }
  } catch (error) {
    return { ok: false, summary: '', output: error.message }
  }
}

async function runVitest() {
  const env = await testEnvironment()
  fresh(VITEST_JSON)
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${VITEST_JSON}`]
  const { ok, output } = await run('tests', ...tool('vitest/vitest.mjs', 'run', ...reporters), { env })
  const report = readJson(VITEST_JSON)
  if (report === undefined) return { ok: false, output, summary: 'no report', failed: 1 }
  const { numPassedTests: passed, numFailedTests: failed, numPendingTests: pending, numTodoTests: todo } = report
  // A file that cannot be loaded has no failed test, but has failed.
  return { ...counted(ok, output, { passed, failed, skipped: pending + todo }), failures: vitestFailures(report) }
}

function vitestFailures(report) {
  return report.testResults.flatMap(({ name, status, message, assertionResults }) => {
    const failed = assertionResults.filter((test) => test.status === 'failed')
    const lines = failed.map((test) => failureLine(name, test.fullName, test.failureMessages[0]))
    return status === 'failed' && lines.length === 0 ? [failureLine(name, 'does not load', message)] : lines
  })
}

function failureLine(file, title, message = '') {
  return `${relative(ROOT, file)} › ${title}: ${message.split('\n')[0]}`
}

async function runChromium() {
  const browser = await findChromium()
  fresh(CHROMIUM_JSON)
  if (browser.path === undefined) {
    const listed = await playwright('chromium', CHROMIUM_JSON, {}, '--list')
    const failed = Math.max(1, countSpecs(readJson(CHROMIUM_JSON)))
    rmSync(CHROMIUM_JSON, { force: true })
    return { ok: false, output: `${browser.reason}\n${listed.ok ? '' : listed.output}`, failed, summary: 'no browser' }
  }
  const { ok, output } = await playwright('chromium', CHROMIUM_JSON, { CHROMIUM: browser.path })
  return playwrightResult(ok, output, CHROMIUM_JSON)
}

async function runElectron() {
  const binary = electronBinary()
  const reason = binary === undefined ? 'Electron has no binary here (npx install-electron)' : noWindowReason()
  fresh(ELECTRON_JSON)
  const env = reason === undefined ? { TOCSIN_ELECTRON: binary } : { TOCSIN_NO_ELECTRON: reason }
  const { ok, output } = await playwright('electron', ELECTRON_JSON, env)
  return { ...playwrightResult(ok, output, ELECTRON_JSON), skip: ok ? reason : undefined }
}

function playwright(project, json, env, ...more) {
  const args = ['test', `--project=${project}`, '--reporter=line,json', ...more]
  const options = { env: { ...env, PLAYWRIGHT_JSON_OUTPUT_NAME: json, FORCE_COLOR: '0' } }
  return run(`${project} specs`, ...tool('@playwright/test/cli.js', ...args), options)
}

function playwrightResult(ok, output, json) {
  const report = readJson(json)
  if (report === undefined) return { ok: false, output, summary: 'no report', failed: 1 }
  const { expected, unexpected, flaky, skipped } = report.stats
  const counts = { passed: expected, failed: unexpected + flaky, skipped }
  return { ...counted(ok, output, counts), failures: report.suites.flatMap(specFailures) }
}

function specFailures({ specs = [], suites = [] }) {
  const failed = specs.filter(({ ok }) => !ok)
  return [
    ...failed.map(({ file, title, tests }) => {
      const messages = tests.flatMap(({ results }) => results.map(({ error }) => error?.message))
      return failureLine(join(ROOT, 'tests', 'e2e', file), title, messages.find(Boolean))
    }),
    ...suites.flatMap(specFailures),
  ]
}

function counted(ok, output, { passed, failed, skipped }) {
  const summary = `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
  return { ok, output, passed, failed: ok ? failed : Math.max(1, failed), skipped, summary }
}

function countSpecs(report) {
  const count = (suite) =>
    (suite.specs?.length ?? 0) + (suite.suites ?? []).reduce((sum, inner) => sum + count(inner), 0)
  return (report?.suites ?? []).reduce((sum, suite) => sum + count(suite), 0)
}

/** Tests in Node may drive a browser, too. */
async function testEnvironment() {
  const { path } = await findChromium()
  return path === undefined ? {} : { CHROMIUM: path }
}

function fresh(file) {
  mkdirSync(RESULTS, { recursive: true })
  rmSync(file, { force: true })
}

function readJson(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined
}

import { join } from 'node:path'
import { AUTHZ_BUILTINS, compilePolicy } from '../engine/policy/compile.ts'
import { dataText, namingDataFiles, readDataFiles, TEST_DATA } from '../engine/policy/data-files.ts'
import { diagnosticsOf } from '../engine/policy/diagnostics-of.ts'
import { Toolchain } from '../engine/policy/toolchain/toolchain.ts'
import type { Diagnostic, FileCoverage, TestCase } from '../engine/policy/toolchain/types.ts'
import { readTestWorkspace, readWorkspace } from '../engine/policy/workspace.ts'
import { dataDirOf, policyDirOf } from './engine-config.ts'
import { EXIT_DONE, EXIT_FAILED, type CommandIo } from './io.ts'
import type { Given } from './options.ts'
import { replaceFile } from './replace-file.ts'

/** `tocsin check`: compiles the policies as a save would. @returns the exit status */
export function checkPolicies(given: Given, io: CommandIo): Promise<number> {
  return withPolicies(given, io, async (folder, toolchain) => {
    const policy = await compilePolicy(toolchain, await readWorkspace(folder))
    for (const { path, evaluator, reasons } of policy.meta.entrypoints) {
      const why = evaluator === 'full' ? `full evaluator (${reasons.join(', ')})` : 'compiled'
      io.err(`${path}: ${why}\n`)
    }
    io.err(`${policy.sources.length} files are sound.\n`)
    return EXIT_DONE
  })
}

/** `tocsin fmt`: writes policies in OPA's format; stdout names each file that changed. @returns the exit status */
export function formatPolicies(given: Given, io: CommandIo): Promise<number> {
  return withPolicies(given, io, async (folder, toolchain) => {
    const { sources } = await readWorkspace(folder)
    for (const file of sources) {
      const { source } = await toolchain.format(file)
      if (source === file.source) continue
      await replaceFile(join(folder, file.path), source)
      io.out(`${file.path}\n`)
    }
    return EXIT_DONE
  })
}

/** `tocsin test`: runs the `test_*` rules. @returns the exit status: 1 when one does not pass */
export function testPolicies(given: Given, io: CommandIo): Promise<number> {
  return withPolicies(given, io, async (folder, toolchain) => {
    const workspace = await readTestWorkspace(folder)
    const dataFiles = await readDataFiles(toolchain, workspace.dataFiles, TEST_DATA)
    const data = dataText(dataFiles)
    const hasCoverage = given.coverage === true
    const request = { files: workspace.sources, data, allow: AUTHZ_BUILTINS, coverage: hasCoverage }
    const result = await namingDataFiles(dataFiles, toolchain.test(request))
    if (given.format === 'json') io.out(`${JSON.stringify(result)}\n`)
    else printTests(result.tests, result.coverage ?? [], io)
    return result.tests.every(({ outcome }) => outcome === 'pass' || outcome === 'skip') ? EXIT_DONE : EXIT_FAILED
  })
}

async function withPolicies(
  given: Given,
  io: CommandIo,
  work: (folder: string, toolchain: Toolchain) => Promise<number>,
): Promise<number> {
  const toolchain = new Toolchain()
  try {
    const folder = policyDirOf(given, dataDirOf(given, io.env, io.cwd), io.cwd)
    return await work(folder, toolchain)
  } catch (error) {
    printFailure(error, io)
    return EXIT_FAILED
  } finally {
    await toolchain.close()
  }
}

/** Each diagnostic as `file:row:col: code: message`, which editors and terminals follow. */
function printFailure(error: unknown, io: CommandIo): void {
  for (const diagnostic of diagnosticsOf(error)) {
    io.err(`${diagnostic.file === undefined ? diagnostic.message : located(diagnostic)}\n`)
  }
}

function located({ file, row, col, code, message }: Diagnostic): string {
  const place = [file, row, col].filter((part) => part !== undefined).join(':')
  return place === '' ? `${code}: ${message}` : `${place}: ${code}: ${message}`
}

function printTests(tests: readonly TestCase[], coverage: readonly FileCoverage[], io: CommandIo): void {
  for (const test of tests) {
    if (test.outcome === 'pass') continue
    io.err(`${test.outcome.toUpperCase()} ${test.file}:${test.row}: ${test.package}.${test.name}\n`)
    if (test.cause) io.err(`  ${located(test.cause)}\n`)
    if (test.output) io.err(`  ${test.output.trimEnd()}\n`)
  }
  for (const { path, percent, notCovered } of coverage) {
    const missed = notCovered.map(({ start, end }) => (start.row === end.row ? start.row : `${start.row}-${end.row}`))
    io.err(`${percent.toFixed(1).padStart(5)} % ${path}${missed.length > 0 ? ` (not: ${missed.join(', ')})` : ''}\n`)
  }
  const count = (outcome: TestCase['outcome']): number => tests.filter((one) => one.outcome === outcome).length
  const others = `${count('fail')} failed, ${count('error')} in error, ${count('skip')} skipped`
  io.err(`${count('pass')} passed, ${others}\n`)
}

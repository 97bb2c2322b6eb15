import { join } from 'node:path'
import { AUTHZ_BUILTINS, compilePolicy } from '../engine/policy/compile.ts'
import { dataText, namingDataFiles, readDataFiles, TEST_DATA } from '../engine/policy/data-files.ts'
import { diagnosticsOf } from '../engine/policy/diagnostics-of.ts'
import { Toolchain } from '../engine/policy/toolchain/toolchain.ts'
import { readTestWorkspace, readWorkspace } from '../engine/policy/workspace.ts'
import { dataDirOf, policyDirOf } from './engine-config.ts'
import { EXIT_DONE, EXIT_FAILED, type CommandIo } from './io.ts'
import type { Given } from './options.ts'
import { replaceFile } from './replace-file.ts'
import { located, printTests, testJson } from './test-report.ts'

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
    if (given.format === 'json') io.out(`${JSON.stringify(testJson(result), null, 2)}\n`)
    else printTests(result, io)
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

function printFailure(error: unknown, io: CommandIo): void {
  for (const diagnostic of diagnosticsOf(error)) {
    io.err(`${diagnostic.file === undefined ? diagnostic.message : located(diagnostic)}\n`)
  }
}

import { join } from 'node:path'
import { AUTHZ_BUILTINS, compilePolicy, policySources } from '../engine/policy/compile.ts'
import { dataText, namingDataFiles, readDataFiles, TEST_DATA } from '../engine/policy/data-files.ts'
import { diagnosticsOf } from '../engine/policy/diagnostics-of.ts'
import { missingReferences } from '../engine/policy/missing-references.ts'
import { Toolchain } from '../engine/policy/toolchain/toolchain.ts'
import { readTestWorkspace, readWorkspace } from '../engine/policy/workspace.ts'
import { parseEnvList } from '../engine/secrets/env.ts'
import { secretNamesIn } from '../engine/secrets/vault.ts'
import { storedSettings } from '../engine/store/setting-store.ts'
import { dataDirOf, policyDirOf } from './engine-config.ts'
import { EXIT_DONE, EXIT_FAILED, type CommandIo } from './io.ts'
import type { Given } from './options.ts'
import { replaceFile } from './replace-file.ts'
import { located, printTests, testJson } from './test-report.ts'

/**
 * `tocsin check`: compiles the policies as a save would, and warns of what they ask for in vain.
 * @returns the exit status; a warning is no failure, since the engine may run elsewhere
 */
export function checkPolicies(given: Given, io: CommandIo): Promise<number> {
  return withPolicies(given, io, async (folder, toolchain) => {
    const policy = await compilePolicy(toolchain, await readWorkspace(folder))
    for (const { path, evaluator, reasons } of policy.meta.entrypoints) {
      const why = evaluator === 'full' ? `full evaluator (${reasons.join(', ')})` : 'compiled'
      io.err(`${path}: ${why}\n`)
    }
    for (const warning of missingReferences(policy.meta, knownVariables(given, io)))
      io.err(`${located(warning)} (warning)\n`)
    for (const { name, file, row } of policy.meta.references.computed)
      io.err(`${file}:${row}: ${name} is computed here: which names it may give is not checked\n`)
    io.err(`${policy.sources.length} files are sound.\n`)
    return EXIT_DONE
  })
}

/**
 * `tocsin fmt`: writes policies in OPA's format; stdout names each file that changed. One that cannot be formatted, or whose
 * meaning the formatter would change, stays as it is and is named on stderr.
 * @returns the exit status: 1 when one stayed
 */
export function formatPolicies(given: Given, io: CommandIo): Promise<number> {
  return withPolicies(given, io, async (folder, toolchain) => {
    const { sources } = await readWorkspace(folder)
    let status = EXIT_DONE
    for (const file of policySources(sources)) {
      try {
        const { source } = await toolchain.format(file)
        if (source === file.source) continue
        await replaceFile(join(folder, file.path), source)
        io.out(`${file.path}\n`)
      } catch (error) {
        printFailure(error, io)
        status = EXIT_FAILED
      }
    }
    return status
  })
}

/** `tocsin test`: runs the `test_*` rules. @returns the exit status: 1 when one does not pass */
export function testPolicies(given: Given, io: CommandIo): Promise<number> {
  return withPolicies(given, io, async (folder, toolchain) => {
    const workspace = await readTestWorkspace(folder)
    const dataFiles = await readDataFiles(toolchain, workspace.dataFiles, TEST_DATA)
    const data = dataText(dataFiles)
    const hasCoverage = given.coverage === true
    const request = { files: policySources(workspace.sources), data, allow: AUTHZ_BUILTINS, coverage: hasCoverage }
    const result = await namingDataFiles(dataFiles, toolchain.test(request))
    if (given.format === 'json') io.out(`${JSON.stringify(testJson(result), null, 2)}\n`)
    else printTests(result, io)
    return result.tests.every(({ outcome }) => outcome === 'pass' || outcome === 'skip') ? EXIT_DONE : EXIT_FAILED
  })
}

/** What `input.env` may have in an engine with this environment and data folder. */
function knownVariables({ data }: Given, { env, cwd }: CommandIo): (name: string) => boolean {
  const dataDir = dataDirOf(data === undefined ? {} : { data }, env, cwd)
  const { 'env.variables': variables, 'env.process': entries } = storedSettings(dataDir)
  const process = parseEnvList([...entries, ...(env['TOCSIN_ENV'] ?? '').split(',')]).map(({ name }) => name)
  const names = new Set([...process, ...Object.keys(variables), ...secretNamesIn(join(dataDir, 'vault'))])
  return (name) => names.has(name)
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

import { expect, it } from 'vitest'
import { FullEvaluator, loadToolchainModule } from '../../electron/engine/policy/toolchain/toolchain.ts'
import { loadOpaCases, type OpaCase, runOpaCases } from './opa-cases.ts'

it("the full evaluator answers OPA's own cases as OPA does", { timeout: 120_000 }, async () => {
  const evaluator = new FullEvaluator(await loadToolchainModule())
  const evaluate = ({ modules, data, input, path }: OpaCase) => {
    evaluator.prepare({ files: modules.map((source, i) => ({ path: `module-${i}.rego`, source })), data: data ?? {} })
    const bytes = input === undefined ? undefined : new TextEncoder().encode(input)
    return evaluator.eval(path, bytes, {
      nowNs: 1_700_000_000_000_000_000n,
      seed: 'conformance',
      timeoutMs: 5000,
      print: false,
    })
  }
  const cases = loadOpaCases()
  const report = await runOpaCases(cases, evaluate)
  expect(report).toEqual({ passed: cases.length, failed: [] })
})

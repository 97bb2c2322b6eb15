import { HOSTED_BUILTINS } from '../../electron/engine/policy/builtins/hosted.ts'
import { DEFAULT_DEADLINE_MS } from '../../electron/engine/policy/evaluation.ts'
import { ThreadEvaluator } from '../../electron/engine/policy/thread-evaluator.ts'
import { loadToolchainModule, Toolchain } from '../../electron/engine/policy/toolchain/toolchain.ts'
import type { EvalOutcome } from '../../electron/engine/policy/toolchain/types.ts'
import type { Decision } from './decision-lines.ts'
import { type ConformanceReport, type OpaCase, runOpaCases } from './opa-cases.ts'

export interface DispatcherReport extends ConformanceReport {
  /** Cases by the evaluator that answered. */
  by: { wasm: number; full: number }
  decisions: Decision[]
}

/**
 * Runs OPA's cases as events are run: compiled where `compile` says so, else in the full evaluator.
 * @param onCase told after each case
 */
export async function runThroughDispatcher(cases: OpaCase[], onCase = (): void => {}): Promise<DispatcherReport> {
  const toolchain = new Toolchain()
  const module = await loadToolchainModule()
  const evaluator = new ThreadEvaluator()
  const by = { wasm: 0, full: 0 }
  const decisions: Decision[] = []
  const evaluate = async (one: OpaCase): Promise<EvalOutcome> => {
    onCase()
    const files = one.modules.map((source, i) => ({ path: `module-${i}.rego`, source }))
    const sources = { files, data: one.data ?? {} }
    const request = { ...sources, hosted: [...HOSTED_BUILTINS], print: true, entrypoints: [one.path] }
    const { entrypoints, wasm } = await toolchain.compile(request)
    evaluator.load({
      id: one.note,
      entrypoints: Object.fromEntries(entrypoints.map(({ path, evaluator: kind }) => [path, kind])),
      module: wasm && (await WebAssembly.compile(wasm)),
      form: null,
      data: JSON.stringify(sources.data),
      full: { toolchain: module, sources },
    })
    const bytes = new TextEncoder().encode(one.input ?? '{}') // an event always has an input
    const answer = evaluator.evaluate(
      {
        item: 1,
        versionId: one.note,
        entrypoint: one.path,
        nowNs: '1700000000000000000',
        seed: 'conformance',
        deadlineMs: DEFAULT_DEADLINE_MS,
        wantsForms: false,
        firstRounds: null,
        isLeft: false,
      },
      bytes,
    )
    evaluator.unload(one.note)
    by[answer.evaluator]++
    const result = answer.result === undefined ? undefined : JSON.stringify(answer.result)
    const said = [answer.evaluator, result, answer.error]
    decisions.push({ corpus: 'opa', name: `${decisions.length} ${one.note}`, said: JSON.stringify(said) })
    return { result, error: answer.error ?? undefined, prints: [] }
  }
  try {
    return { ...(await runOpaCases(cases, evaluate)), by, decisions }
  } finally {
    await toolchain.close()
  }
}

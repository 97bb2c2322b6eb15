import { HOSTED_BUILTINS } from '../../electron/engine/policy/builtins/hosted.ts'
import { dataText } from '../../electron/engine/policy/data-files.ts'
import { ThreadEvaluator } from '../../electron/engine/policy/thread-evaluator.ts'
import { loadToolchainModule, type Toolchain } from '../../electron/engine/policy/toolchain/toolchain.ts'
import type { EvaluatorKind } from '../../electron/engine/policy/toolchain/types.ts'

/** An expression and its input. */
export interface Case {
  expression: string
  /** JSON text. */
  input: string
}

/** The document as JSON text, or the error's code. */
export interface Answer {
  text: string | undefined
  error: string | undefined
}

/** What the compiled policy says, which leaves rare values to the full evaluator, and what the full one says. */
export interface Answers {
  compiled: Answer
  full: Answer
}

/**
 * Evaluates expressions as policies of their own, each in both evaluators.
 * @param data JSON text of a data file at the root
 */
export async function bothAnswers(toolchain: Toolchain, cases: readonly Case[], data = '{}'): Promise<Answers[]> {
  const expressions = [...new Set(cases.map(({ expression }) => expression))]
  const files = expressions.map((expression, i) => ({
    path: `case${i}.rego`,
    source: `package alert.c${i}\n\nr := ${expression}\n`,
  }))
  const live = dataText([{ path: 'data.json', source: data }])
  const sources = { files, data: live }
  const { entrypoints, wasm } = await toolchain.compile({ ...sources, hosted: [...HOSTED_BUILTINS], print: true })
  const module = await loadToolchainModule()
  const evaluator = new ThreadEvaluator()
  const load = (id: string, kinds: [string, EvaluatorKind][], compiled: WebAssembly.Module | null): void =>
    evaluator.load({
      id,
      entrypoints: Object.fromEntries(kinds),
      module: compiled,
      form: null,
      data: live,
      full: { toolchain: module, sources },
    })
  const kinds = entrypoints.map(({ path, evaluator: kind }): [string, EvaluatorKind] => [path, kind])
  load('compiled', kinds, wasm && (await WebAssembly.compile(wasm)))
  load(
    'full',
    kinds.map(([path]) => [path, 'full']),
    null,
  )
  return cases.map(({ expression, input }) => {
    const bytes = new TextEncoder().encode(input)
    const by = (versionId: string): Answer => {
      const item = { item: 1, versionId, nowNs: '1700000000123456789', seed: 'numbers', deadlineMs: 5000 }
      const entrypoint = `alert/c${expressions.indexOf(expression)}`
      const more = { entrypoint, wantsForms: false, firstRounds: null, isLeft: false }
      const { result, error } = evaluator.evaluate({ ...item, ...more }, bytes)
      return { text: JSON.stringify(result), error: error?.code }
    }
    return { compiled: by('compiled'), full: by('full') }
  })
}

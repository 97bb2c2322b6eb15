import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { HOSTED_BUILTINS } from '../../electron/engine/policy/builtins/hosted.ts'
import { NEEDS_FULL } from '../../electron/engine/policy/evaluation.ts'
import { FullEvaluator, loadToolchainModule, Toolchain } from '../../electron/engine/policy/toolchain/toolchain.ts'
import { WasmEvaluator } from '../../electron/engine/policy/wasm-evaluator.ts'
import { COMPILED, DATA, FULL, GUARDED, INPUT, LIBRARIES, RULES } from './exactness-cases.ts'

const toolchain = new Toolchain()
let full: FullEvaluator
beforeAll(async () => {
  full = new FullEvaluator(await loadToolchainModule())
})
afterAll(() => toolchain.close())

const bytes = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))

async function compile(expressions: readonly string[]) {
  const files = expressions.map((expression, i) => ({
    path: `case${i}.rego`,
    source: `${RULES.replace('CASE', `c${i}`)}\nr := ${expression}\n`,
  }))
  const sources = { files: [...files, ...LIBRARIES], data: DATA }
  full.prepare(sources)
  const compiled = await toolchain.compile({ ...sources, hosted: [...HOSTED_BUILTINS], print: true })
  const byPath = new Map(compiled.entrypoints.map((one) => [one.path, one]))
  return {
    entrypoints: expressions.map((_, i) => byPath.get(`alert/c${i}`)!),
    wasm: compiled.wasm && new WasmEvaluator(await WebAssembly.compile(compiled.wasm), JSON.stringify(DATA)),
  }
}

const reference = (entrypoint: string, input: unknown) =>
  full.eval(entrypoint, bytes(input), { nowNs: 1n, seed: 'exact', timeoutMs: 5000, print: true })

/** `r` of a package. */
const answer = (document: unknown): unknown => (document as { r?: unknown } | undefined)?.r

describe('a compiled policy answers like the evaluator', () => {
  it('where the order of an iteration shows, or it carries the built-in', async () => {
    const { entrypoints, wasm } = await compile(COMPILED)
    for (const [i, expression] of COMPILED.entries()) {
      const { path, reasons } = entrypoints[i]!
      expect({ expression, reasons }).toEqual({ expression, reasons: [] })
      const here = wasm!.evaluate(path, bytes(INPUT), { nowNs: '1', seed: 'exact' })
      const there = JSON.parse(reference(path, INPUT).result!) as unknown
      expect({ expression, r: answer(here.result), error: here.error }).toEqual({
        expression,
        r: answer(there),
        error: null,
      })
    }
  })

  it('or leaves it to the evaluator, because of the values', async () => {
    const { entrypoints, wasm } = await compile(GUARDED)
    for (const [i, expression] of GUARDED.entries()) {
      const { path, reasons } = entrypoints[i]!
      const { error } = wasm!.evaluate(path, bytes(INPUT), { nowNs: '1', seed: 'exact' })
      expect({ expression, reasons, code: error?.code }).toEqual({ expression, reasons: [], code: NEEDS_FULL })
    }
  })

  it('or is not made, and compile says why', async () => {
    const { entrypoints } = await compile(FULL.map(([expression]) => expression))
    const said = entrypoints.map(({ evaluator, reasons }, i) => [FULL[i]![0], evaluator, reasons])
    expect(said).toEqual(FULL.map(([expression, reason]) => [expression, 'full', [reason]]))
  })

  it('for `with` on an input that is no object', async () => {
    const expression = 'x if x := [k | some k, _ in input] with input.b as 1 with input.a as 2'
    const { entrypoints, wasm } = await compile([expression])
    const evaluate = (input: unknown) => wasm!.evaluate(entrypoints[0]!.path, bytes(input), { nowNs: '1', seed: '' })
    expect(answer(evaluate({ c: 1 }).result)).toEqual(['a', 'b', 'c'])
    for (const input of [null, 5, 'text', [1]]) expect(evaluate(input).error?.code).toBe(NEEDS_FULL)
  })

  it('and prints in its order', async () => {
    const { entrypoints, wasm } = await compile(['true if {\n\tevery k, v in input.o { print(k, v) }\n\tprint(s)\n}'])
    const { path } = entrypoints[0]!
    const { prints } = wasm!.evaluate(path, bytes(INPUT), { nowNs: '1', seed: '' })
    expect(prints.length).toBe(Object.keys(INPUT.o).length + 1)
    expect(prints).toEqual(reference(path, INPUT).prints.map(({ message }) => message))
  })

  it('for any document', { timeout: 120_000 }, async () => {
    const { entrypoints, wasm } = await compile([
      '[v | walk(input, v)]',
      '[x | some x in {y | walk(input, [_, y])}]',
      // Abandoned iterations, more than are remembered, amid one that goes on.
      '[[i, j, n] | some i, _ in input; some j, _ in input; n := count([1 | some p; walk(input, [p, v]); has(v)])]\n\nhas(v) if some _ in v',
    ])
    const document = fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 12 })
    const isExact = (input: unknown) => !/[.eE]|\d{16}/.test(JSON.stringify(input).replaceAll(/"(?:[^"\\]|\\.)*"/g, ''))
    await fc.assert(
      fc.asyncProperty(document.filter(isExact), (input) => {
        for (const { path } of entrypoints) {
          const { result, error } = wasm!.evaluate(path, bytes(input), { nowNs: '1', seed: '' })
          expect({ error, r: answer(result) }).toEqual({
            error: null,
            r: answer(JSON.parse(reference(path, input).result!)),
          })
        }
        return Promise.resolve()
      }),
      { numRuns: 100 },
    )
  })
})

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { HOSTED_BUILTINS } from '../../electron/engine/policy/builtins/hosted.ts'
import { NEEDS_FULL } from '../../electron/engine/policy/evaluation.ts'
import { FullEvaluator, loadToolchainModule, Toolchain } from '../../electron/engine/policy/toolchain/toolchain.ts'
import type { SourceFile } from '../../electron/engine/policy/toolchain/types.ts'
import { WasmEvaluator } from '../../electron/engine/policy/wasm-evaluator.ts'
import { CONFLICTS, FAMILIES } from './differential-cases.ts'
import { loadOpaCases, runOpaCases } from './opa-cases.ts'

const NOW_NS = '1700000000123456789'
const SEED = 'differential'
const toolchain = new Toolchain()
let full: FullEvaluator
beforeAll(async () => {
  full = new FullEvaluator(await loadToolchainModule())
})
afterAll(() => toolchain.close())

async function compiled(files: SourceFile[]): Promise<WasmEvaluator> {
  const { wasm, entrypoints } = await toolchain.compile({ files, data: {}, hosted: [...HOSTED_BUILTINS], print: true })
  expect(entrypoints.filter(({ evaluator }) => evaluator === 'full')).toEqual([])
  full.prepare({ files })
  return new WasmEvaluator(await WebAssembly.compile(wasm!), '{}')
}

function both(wasm: WasmEvaluator, entrypoint: string, value: unknown) {
  const input = new TextEncoder().encode(JSON.stringify(value))
  const here = wasm.evaluate(entrypoint, input, { nowNs: NOW_NS, seed: SEED })
  const there = full.eval(entrypoint, input, { nowNs: BigInt(NOW_NS), seed: SEED, timeoutMs: 5000, print: true })
  return { here, there }
}

let pairs = 0
let left = 0

describe('both evaluators give the same answer', () => {
  it.each(Object.entries(FAMILIES))('%s', { timeout: 60_000 }, async (name, { expressions, inputs }) => {
    const files = expressions.map((expression, i) => ({
      path: `${name}${i}.rego`,
      source: `package alert.${name}${i}\n\nr := ${expression}\n`,
    }))
    const wasm = await compiled(files)
    for (const [i, expression] of expressions.entries()) {
      for (const value of inputs) {
        const { here, there } = both(wasm, `alert/${name}${i}`, value)
        pairs++
        if (here.error?.code === NEEDS_FULL) left++
        else {
          const text = here.result === undefined ? undefined : JSON.stringify(here.result)
          const wanted = there.result === undefined ? undefined : JSON.stringify(JSON.parse(there.result))
          expect({ expression, value, text, error: here.error }).toEqual({
            expression,
            value,
            text: wanted,
            error: null,
          })
          expect(there.error).toBeUndefined()
        }
      }
    }
  })

  it('and the same error in the same place', async () => {
    const files = CONFLICTS.map((source, i) => ({ path: `c${i}.rego`, source: `package alert.c${i}\n\n${source}\n` }))
    const wasm = await compiled(files)
    for (const [i] of CONFLICTS.entries()) {
      for (const value of [{ a: true }, { b: 1 }]) {
        const { here, there } = both(wasm, `alert/c${i}`, value)
        pairs++
        expect(here.error?.code).toBe(there.error?.code)
        expect(here.error?.file).toBe(there.error?.file)
        if (there.error) expect(here.error?.row).toBeGreaterThan(0)
        else expect(here.result).toEqual(JSON.parse(there.result!))
      }
    }
  })

  it('and print the same lines', async () => {
    const source =
      'package action\n\nrun contains x if {\n\tsome x in input\n\tprint("x is", x, input.missing, {2, 1})\n}\n'
    const wasm = await compiled([{ path: 'print.rego', source }])
    const { here, there } = both(wasm, 'action', [{ a: ['b', 1.5] }, 'text'])
    expect(here.prints).toEqual(there.prints.map(({ message }) => message))
    expect(here.prints).toHaveLength(2)
  })

  it('for more than 300 pairs, every hosted built-in among them, few of them left to the full evaluator', () => {
    const text = JSON.stringify(FAMILIES)
    expect(HOSTED_BUILTINS.filter((name) => !text.includes(`${name}(`))).toEqual([])
    expect(pairs).toBeGreaterThan(300)
    expect(left / pairs).toBeLessThan(0.05)
  })
})

it("the compiled evaluator answers OPA's own cases as OPA does", { timeout: 180_000 }, async () => {
  const evaluators = new Map<string, WasmEvaluator>()
  // Cases without input test the undefined input, which no event has.
  const cases = loadOpaCases().filter((one, i) => i % EVERY === 0 && one.input !== undefined)
  for (const { note, modules, data = {}, path } of cases) {
    const files = modules.map((source, i) => ({ path: `module-${i}.rego`, source }))
    const request = { files, data, hosted: [...HOSTED_BUILTINS], print: true, entrypoints: [path] }
    const { wasm } = await toolchain.compile(request)
    if (wasm) evaluators.set(note, new WasmEvaluator(await WebAssembly.compile(wasm), JSON.stringify(data)))
  }
  const hosted = cases.filter(({ note }) => evaluators.has(note))
  const report = await runOpaCases(hosted, ({ note, path, input }) => {
    const bytes = new TextEncoder().encode(input)
    const { result, error } = evaluators.get(note)!.evaluate(path, bytes, { nowNs: NOW_NS, seed: SEED })
    return { result: result === undefined ? undefined : JSON.stringify(result), error: error ?? undefined, prints: [] }
  })
  expect(report.failed).toEqual([])
  expect(report.passed).toBeGreaterThan(20)
})

/** A sample of the families: each case is compiled by itself. */
const EVERY = 4

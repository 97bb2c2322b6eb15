import { afterAll, expect, it } from 'vitest'
import { Toolchain } from '../../electron/engine/policy/toolchain/toolchain.ts'
import { loadOpaCases } from './opa-cases.ts'

/** A sample of the families; all cases would take half a minute. */
const EVERY = 5

const toolchain = new Toolchain()
afterAll(() => toolchain.close())

/** The names that a compiled policy itself says it needs from its host. */
async function builtinsOf(wasm: Uint8Array<ArrayBuffer>): Promise<string[]> {
  const memory = new WebAssembly.Memory({ initial: 5 })
  const module = await WebAssembly.compile(wasm)
  const env = Object.fromEntries(
    WebAssembly.Module.imports(module).map(({ name }) => [name, name === 'memory' ? memory : () => 0]),
  )
  const { exports } = await WebAssembly.instantiate(module, { env })
  // The exports of every policy that OPA compiles.
  const { builtins, opa_json_dump } = exports as { builtins: () => number; opa_json_dump: (at: number) => number }
  const text = new Uint8Array(memory.buffer, opa_json_dump(builtins()))
  return Object.keys(JSON.parse(new TextDecoder().decode(text.subarray(0, text.indexOf(0)))) as object).sort()
}

it('compile says which built-ins a policy needs, as the policy itself does', { timeout: 120_000 }, async () => {
  const differences: object[] = []
  let hosted = 0
  for (const { note, modules, data = {}, path } of loadOpaCases().filter((_, i) => i % EVERY === 0)) {
    const files = modules.map((source, i) => ({ path: `module-${i}.rego`, source }))
    const request = { files, data, print: true, entrypoints: [path] }
    const [asked] = (await toolchain.compile({ ...request, hosted: [] })).entrypoints
    const compiled = await toolchain.compile({ ...request, hosted: asked!.reasons })
    if (!compiled.wasm) continue // a set reaches what would be hosted
    hosted++
    const says = await builtinsOf(compiled.wasm)
    if (says.join() !== compiled.requiredBuiltins.join())
      differences.push({ note, says, required: compiled.requiredBuiltins })
  }
  expect(differences).toEqual([])
  expect(hosted).toBeGreaterThan(150)
})

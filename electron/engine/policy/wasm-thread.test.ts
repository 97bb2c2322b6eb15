import { execFileSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { THREAD_FLAGS } from './wasm-thread.ts'

/** Runs a module in a Node that was given these flags. @returns what it wrote */
function runWith(flags: readonly string[], code: string): string {
  return execFileSync(process.execPath, [...flags, '--input-type=module', '-e', code], { encoding: 'utf8' })
}

it('gives V8 the flags that keep the code of WebAssembly and heaps small, and not before a thread starts', () => {
  // V8's tag of cached code covers its flags.
  const told = runWith(
    [],
    `import { cachedDataVersionTag } from 'node:v8'
    import { startWasmThread } from '${new URL('wasm-thread.ts', import.meta.url).href}'
    const before = cachedDataVersionTag()
    const workerData = { progress: new SharedArrayBuffer(8), http: null }
    await startWasmThread('policy-thread', { workerData }).terminate()
    console.log(JSON.stringify([before, cachedDataVersionTag()]))`,
  )
  const tag = `import { cachedDataVersionTag } from 'node:v8'; console.log(cachedDataVersionTag())`
  expect(JSON.parse(told)).toEqual([runWith([], tag), runWith(THREAD_FLAGS, tag)].map(Number))
})

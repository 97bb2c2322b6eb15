import { expect, it } from 'vitest'
import { app, done, resetElectron } from '../../tests/fakes/electron.ts'
import { JS_FLAGS, keepWasmCode, WASM_FLAGS } from './wasm-flags.ts'

// The scripts have no types.
const { WASM_FLAGS: FLAGS_OF_NODE } = (await import(
  new URL('../../scripts/lib/project.mjs', import.meta.url).href
)) as { WASM_FLAGS: string[] }

it('gives Electron the V8 flags that the project’s Node runs with', () => {
  resetElectron()
  expect(WASM_FLAGS).toEqual(FLAGS_OF_NODE)
  keepWasmCode(app)
  expect(done).toEqual([['appendSwitch', 'js-flags', FLAGS_OF_NODE.join(' ')]])
  expect(JS_FLAGS).toBe(`--js-flags=${FLAGS_OF_NODE.join(' ')}`)
})

import { expect, it } from 'vitest'
import { WASM_FLAGS } from '../../shared/wasm-flags.ts'
import { app, done, resetElectron } from '../../tests/fakes/electron.ts'
import { JS_FLAGS, keepWasmCode } from './wasm-flags.ts'

it('gives Electron the V8 flags that threads with WebAssembly run with', () => {
  resetElectron()
  keepWasmCode(app)
  expect(done).toEqual([['appendSwitch', 'js-flags', WASM_FLAGS.join(' ')]])
  expect(JS_FLAGS).toBe(`--js-flags=${WASM_FLAGS.join(' ')}`)
})

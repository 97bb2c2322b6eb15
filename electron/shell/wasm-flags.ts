import { setFlagsFromString } from 'node:v8'
import { WASM_FLAGS } from '../../shared/wasm-flags.ts'

/** As an argument of Electron's executable: the only way that reaches the main process before V8 starts. */
export const JS_FLAGS = `--js-flags=${WASM_FLAGS.join(' ')}`

/**
 * The same for an app that was started without that argument, from its icon; before the first policy is compiled.
 * @param app Electron's, for the processes that it starts
 */
export function keepWasmCode(app: { commandLine: { appendSwitch(name: string, value: string): void } }): void {
  for (const flag of WASM_FLAGS) setFlagsFromString(flag)
  app.commandLine.appendSwitch('js-flags', WASM_FLAGS.join(' '))
}

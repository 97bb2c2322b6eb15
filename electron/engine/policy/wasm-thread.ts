import { setFlagsFromString } from 'node:v8'
import { Worker, type WorkerOptions } from 'node:worker_threads'
import { WASM_FLAGS } from '../../../shared/wasm-flags.ts'
import { threadUrl, type ThreadName } from '../threads/thread-url.ts'

/**
 * Starts a thread that runs WebAssembly, and has V8 keep its code from there on. Not from the process's start: with any flag of
 * V8 that is not the usual one Node compiles its own modules anew, 50 ms of a command that needs no thread.
 */
export function startWasmThread(name: ThreadName, options: WorkerOptions): Worker {
  for (const flag of WASM_FLAGS) setFlagsFromString(flag)
  return new Worker(threadUrl(name), options)
}

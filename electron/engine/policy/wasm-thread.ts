import { setFlagsFromString } from 'node:v8'
import { Worker, type WorkerOptions } from 'node:worker_threads'
import { WASM_FLAGS } from '../../../shared/wasm-flags.ts'
import { threadUrl, type ThreadName } from '../threads/thread-url.ts'

/**
 * In all threads V8 collects what is old once a heap has grown by this part since it last did. Of its own accord it lets a small
 * heap grow to four times: 25 to 40 MB more of the process under load, for the same CPU. With 20 % collecting costs a twentieth
 * of an event and saves nothing more.
 */
const HEAP_GROWTH = '--heap-growing-percent=50'

export const THREAD_FLAGS = [...WASM_FLAGS, HEAP_GROWTH] as const

/**
 * Starts a thread that runs WebAssembly, and has V8 keep its code and collect sooner from there on. Not from the process's
 * start: with any flag of V8 that is not the usual one Node compiles its own modules anew, 50 ms of a command that needs no
 * thread.
 */
export function startWasmThread(name: ThreadName, options: WorkerOptions): Worker {
  for (const flag of THREAD_FLAGS) setFlagsFromString(flag)
  return new Worker(threadUrl(name), options)
}

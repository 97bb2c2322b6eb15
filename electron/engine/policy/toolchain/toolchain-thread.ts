import { parentPort, workerData } from 'node:worker_threads'
import { TocsinError, errorCode, errorMessage } from '../../../../shared/errors.ts'
import { type Answer, type Call, ToolchainInstance } from './instance.ts'

/** Calls made one after the other in one instance; the answer is the last one's. */
export interface ThreadJob {
  calls: Call[]
}

export type ThreadReply =
  | { ok: true; answer: Answer; memoryBytes: number }
  | { ok: false; error: { code: string; message: string; details: unknown }; isDead: boolean }

if (!parentPort) throw new Error('toolchain-thread is a worker thread')
const port = parentPort
const instance = new ToolchainInstance((workerData as { module: WebAssembly.Module }).module) // as toolchain.ts posts it

port.on('message', (job: ThreadJob) => port.postMessage(run(job)))

function run({ calls }: ThreadJob): ThreadReply {
  try {
    let answer: Answer = { header: null, body: new Uint8Array() }
    for (const call of calls) answer = instance.call(call)
    return { ok: true, answer, memoryBytes: instance.memoryBytes }
  } catch (error) {
    const details = error instanceof TocsinError ? error.details : undefined
    return {
      ok: false,
      error: { code: errorCode(error), message: errorMessage(error), details },
      isDead: instance.isDead,
    }
  }
}

import { parentPort, workerData } from 'node:worker_threads'
import { errorMessage } from '../../../shared/errors.ts'
import type { ProveReport } from '../../../shared/model/prove.ts'
import type { Log } from '../ports/ports.ts'
import { prove, type ProveOptions } from './prove.ts'

/** What of a run can be said from another thread. */
export type ProveThreadOptions = Omit<ProveOptions, 'log' | 'signal' | 'onProgress' | 'cache'>

export type ProveThreadMessage =
  | { kind: 'progress'; done: number; of: number; uses: string }
  | { kind: 'done'; report: ProveReport }
  | { kind: 'failed'; message: string }

/** What goes wrong in a scratch desk is in the report: it is no news of this desk. */
const QUIET: Log = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} }

const port = parentPort
if (port !== null) {
  const tell = (message: ProveThreadMessage): void => port.postMessage(message)
  prove({
    ...(workerData as ProveThreadOptions),
    log: QUIET,
    cache: null,
    // The thread is ended with the run.
    signal: new AbortController().signal,
    onProgress: (done, of, uses) => tell({ kind: 'progress', done, of, uses }),
  }).then(
    (report) => tell({ kind: 'done', report }),
    (error: unknown) => tell({ kind: 'failed', message: errorMessage(error) }),
  )
}

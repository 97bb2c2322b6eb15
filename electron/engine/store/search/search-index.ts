import { Worker } from 'node:worker_threads'
import { assertNever } from '../../../../shared/assert-never.ts'
import { errorMessage, TocsinError } from '../../../../shared/errors.ts'
import type { Clock, Log } from '../../ports/ports.ts'
import { threadUrl } from '../../threads/thread-url.ts'
import type { DataPaths } from '../data-folder.ts'
import type { FromSearchThread, SearchRequest } from './search-thread.ts'

/** What an earlier run left undone waits until the app has started. */
const FIRST_AFTER_MS = 1000
/** New alerts collect this long; with the slices that follow, the index is at most a second behind. */
const COLLECT_MS = 200
/** After a failure (full disk) or the thread's end. */
const RETRY_MS = 5000
/** A slice takes less; quitting does not wait longer for the thread to let go. */
const CLOSE_WAIT_MS = 500
/** What a slice holds is a few megabytes; with V8's own limits the thread takes 100 MB more, and is a tenth faster. */
const HEAP_MB = 64
const YOUNG_MB = 4

interface Pending {
  resolve(): void
  reject(error: TocsinError): void
}

export interface SearchIndexParts {
  /** Told the code of every failure. */
  onFailure: (code: string) => void
  clock: Clock
  log: Log
}

/**
 * Full text of alerts: facts, attributes, and the words of the event. It follows the database in a thread of its own, into a
 * file of its own, and has no part in any transaction that an answer waits for.
 */
export class SearchIndex {
  readonly #paths: DataPaths | null
  readonly #parts: SearchIndexParts
  readonly #pending = new Map<number, Pending>()
  #worker: Worker | null = null
  #rebuilding: Promise<void> | null = null
  #lastId = 0
  #cancel: () => void = () => {}
  #isArmed = false
  #isStopped = false

  /** @param paths null for a database in memory, which nobody searches */
  constructor(paths: DataPaths | null, parts: SearchIndexParts) {
    this.#paths = paths
    this.#parts = parts
    if (paths !== null) this.#cancel = parts.clock.after(FIRST_AFTER_MS, () => this.#follow())
  }

  /** There are new alerts, or bodies were deleted: follow soon. */
  wake(): void {
    if (!this.#isArmed && !this.#isStopped) this.#arm(COLLECT_MS)
  }

  /** Takes in everything that is stored now. @throws TocsinError why that did not happen; it is tried again */
  catchUp(): Promise<void> {
    return this.#ask('follow')
  }

  /** Makes the index from nothing: searches find what is in it already. @throws as `catchUp` */
  rebuild(): Promise<void> {
    this.#rebuilding ??= this.#ask('rebuild').finally(() => {
      this.#rebuilding = null
    })
    return this.#rebuilding
  }

  /** Ends the thread; what is not in the index is taken in after the next start. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#cancel()
    const worker = this.#worker
    if (worker === null) return
    const { promise: gone, resolve } = Promise.withResolvers<void>()
    worker.once('exit', () => resolve())
    const patience = setTimeout(() => void worker.terminate(), CLOSE_WAIT_MS)
    worker.ref()
    worker.postMessage('close')
    await gone
    clearTimeout(patience)
  }

  #arm(delayMs: number): void {
    if (this.#paths === null) return
    this.#isArmed = true
    this.#cancel()
    this.#cancel = this.#parts.clock.after(delayMs, () => this.#follow())
  }

  #follow(): void {
    this.#isArmed = false
    this.#ask('follow').catch(() => {}) // logged, and tried again
  }

  async #ask(work: SearchRequest['work']): Promise<void> {
    if (this.#paths === null) return
    if (this.#isStopped) throw endedError()
    this.#worker ??= this.#start(this.#paths)
    const id = (this.#lastId += 1)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#pending.set(id, { resolve, reject })
    // A process that waits for nothing but this must not end before it.
    this.#worker.ref()
    this.#worker.postMessage({ id, work } satisfies SearchRequest)
    await promise
  }

  #start({ database, search }: DataPaths): Worker {
    const worker = new Worker(threadUrl('search-thread'), {
      workerData: { database, search },
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB, maxYoungGenerationSizeMb: YOUNG_MB },
    })
    let cause: unknown
    worker.on('message', (message: FromSearchThread) => this.#take(message))
    worker.on('error', (error) => {
      cause = error
    })
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = null
      this.#fail([...this.#pending.keys()], endedError(cause))
    })
    return worker
  }

  #take(message: FromSearchThread): void {
    switch (message.kind) {
      case 'made':
        this.#parts.log.info('The search index is made from the alerts', { why: message.why })
        return
      case 'failed':
        this.#fail([message.id], new TocsinError(message.code, message.message))
        return
      case 'done':
        this.#settle(message.id)?.resolve()
        return
      default:
        assertNever(message, 'message of the search thread')
    }
  }

  #fail(ids: number[], error: TocsinError): void {
    if (ids.length > 0 && !this.#isStopped) {
      this.#parts.log.warn('The search index could not be brought up to date', { reason: error.message })
      this.#parts.onFailure(error.code)
      this.#arm(RETRY_MS)
    }
    for (const id of ids) this.#settle(id)?.reject(error)
  }

  #settle(id: number): Pending | undefined {
    const pending = this.#pending.get(id)
    this.#pending.delete(id)
    if (this.#pending.size === 0) this.#worker?.unref()
    return pending
  }
}

function endedError(cause?: unknown): TocsinError {
  const why = cause === undefined ? '' : `: ${errorMessage(cause)}`
  return new TocsinError('search_ended', `The thread of the search index ended${why}`, { cause })
}

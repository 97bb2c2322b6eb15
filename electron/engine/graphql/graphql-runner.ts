import { Worker } from 'node:worker_threads'
import { TocsinError } from '../../../shared/errors.ts'
import type { Clock } from '../ports/ports.ts'
import { threadUrl } from '../threads/thread-url.ts'
import type { GraphqlQuery, GraphqlResult } from './execute.ts'
import type { GraphqlThreadAnswer } from './graphql-thread.ts'
import { LIMITS } from './limits.ts'

/** graphql-js and a connection of its own take 30 MB or more; the next query starts them again in a fifth of a second. */
const IDLE_MS = 60_000
/** An answer has at most 8 million characters of text; a thread that needs more than this is at something else. */
const HEAP_MB = 256

/**
 * Runs GraphQL in a thread of its own, with a connection that cannot write: neither the intake nor the screen's reader
 * waits for what a client asks. Queries run one after the other; one that takes too long is ended with its thread.
 */
export class GraphqlRunner {
  readonly #path: string
  readonly #clock: Clock
  #worker: Worker | null = null
  #last: Promise<unknown> = Promise.resolve()
  #waiting = 0
  #isClosed = false
  #cancelRest = (): void => {}

  /** @param path of the database */
  constructor(path: string, clock: Clock) {
    this.#path = path
    this.#clock = clock
  }

  /**
   * @throws TocsinError `busy` (too many wait), `graphql_timeout`, `graphql_crashed`, or the store's code
   */
  async run(query: GraphqlQuery): Promise<GraphqlResult> {
    if (this.#waiting > LIMITS.waiting) throw new TocsinError('busy', 'too many queries wait, ask again')
    this.#waiting += 1
    const result = this.#last.then(() => this.#run(query))
    // The caller sees the error; the next query is not concerned.
    this.#last = result.catch(() => {})
    try {
      return await result
    } finally {
      this.#waiting -= 1
    }
  }

  /** Ends the thread for good; queries that run or wait are rejected. */
  close(): Promise<void> {
    this.#isClosed = true
    return this.#end()
  }

  async #end(): Promise<void> {
    this.#cancelRest()
    const worker = this.#worker
    this.#worker = null
    await worker?.terminate()
  }

  async #run(query: GraphqlQuery): Promise<GraphqlResult> {
    if (this.#isClosed) throw new TocsinError('graphql_closed', 'Tocsin is shutting down')
    this.#cancelRest()
    const worker = (this.#worker ??= this.#start())
    try {
      const answer = await this.#ask(worker, query)
      if (answer.ok) return answer.result
      throw new TocsinError(answer.code, answer.message)
    } finally {
      this.#cancelRest = this.#clock.after(IDLE_MS, () => void this.#end())
    }
  }

  #start(): Worker {
    const worker = new Worker(threadUrl('graphql-thread'), {
      workerData: { path: this.#path },
      resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
      env: {},
    })
    // One that dies while nothing is asked of it is replaced by the next query; without a listener it would be thrown.
    worker.on('error', () => {})
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = null
    })
    worker.unref()
    return worker
  }

  /** Posts one query and waits for its answer, the thread's end, or the deadline, at which the thread is ended. */
  #ask(worker: Worker, query: GraphqlQuery): Promise<GraphqlThreadAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<GraphqlThreadAnswer>()
    const onEnd = (): void => reject(new TocsinError('graphql_crashed', 'the query ended its thread: ask for less'))
    const cancelDeadline = this.#clock.after(LIMITS.deadlineMs, () => {
      reject(
        new TocsinError('graphql_timeout', `the query took longer than ${LIMITS.deadlineMs} ms: ask for less at once`),
      )
      void this.#end()
    })
    // A process that waits for nothing but the answer must not end before it.
    worker.ref()
    worker.once('message', resolve).once('error', onEnd).once('exit', onEnd)
    worker.postMessage(query)
    return promise.finally(() => {
      cancelDeadline()
      worker.unref()
      worker.off('message', resolve).off('error', onEnd).off('exit', onEnd)
    })
  }
}

import { Worker } from 'node:worker_threads'
import { errorMessage, TocsinError } from '../../../shared/errors.ts'
import { threadUrl } from '../threads/thread-url.ts'
import type { Database } from './database.ts'
import { readFailure } from './read-failure.ts'
import { runQuery, type QueryArg, type QueryName, type QueryResult } from './queries/index.ts'
import type { ReaderAnswer, ReaderRequest } from './reader-thread.ts'

/** A query cannot be interrupted; quitting does not wait longer than this for the thread to let go. */
const CLOSE_WAIT_MS = 500
/** New objects: rows on their way to a screen or a check are gone at once, and V8's own 48 MB would all be used. */
const YOUNG_MB = 4

/** Reads of the screen. */
export interface Reader {
  /** @throws TocsinError what the query throws (`alert_missing`), `reader_closed`, or SQLite's code */
  query<Name extends QueryName>(name: Name, arg: QueryArg<Name>): Promise<QueryResult<Name>>
  /** Ends the thread; queries that still run are rejected. */
  close(): Promise<void>
}

/** Answers on the given connection: for a database in memory. */
export function inlineReader(db: Database): Reader {
  return {
    async query(name, arg) {
      try {
        return runQuery(db, name, arg)
      } catch (error) {
        throw readFailure(error)
      }
    },
    close: async () => undefined,
  }
}

interface Pending {
  resolve(value: unknown): void
  reject(error: TocsinError): void
}

/** Answers in a worker thread with a connection that cannot write. It is started by the first query. */
export class ThreadReader implements Reader {
  readonly #path: string
  readonly #onFailure: (code: string) => void
  readonly #pending = new Map<number, Pending>()
  #worker: Worker | null = null
  #lastId = 0
  #isClosed = false

  /** @param onFailure told the code of every query that failed */
  constructor(path: string, onFailure: (code: string) => void) {
    this.#path = path
    this.#onFailure = onFailure
  }

  async query<Name extends QueryName>(name: Name, arg: QueryArg<Name>): Promise<QueryResult<Name>> {
    if (this.#isClosed) throw closedError()
    this.#worker ??= this.#start()
    const id = (this.#lastId += 1)
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    this.#pending.set(id, { resolve, reject })
    // A process that waits for nothing but the answer must not end before it.
    this.#worker.ref()
    this.#worker.postMessage({ id, name, arg } satisfies ReaderRequest)
    // The thread runs the query of this name: its result has this name's type.
    return (await promise) as QueryResult<Name>
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const worker = this.#worker
    if (worker === null) return
    const { promise, resolve } = Promise.withResolvers<void>()
    worker.once('exit', () => resolve())
    const patience = setTimeout(resolve, CLOSE_WAIT_MS)
    worker.postMessage('close')
    await promise
    clearTimeout(patience)
    this.#rejectAll(closedError())
  }

  #start(): Worker {
    const worker = new Worker(threadUrl('reader-thread'), {
      workerData: { path: this.#path },
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    })
    worker.on('message', (answer: ReaderAnswer) => this.#settle(answer))
    worker.on('error', (error) =>
      this.#rejectAll(new TocsinError('reader_failed', errorMessage(error), { cause: error })),
    )
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = null
      this.#rejectAll(closedError())
    })
    return worker
  }

  #settle(answer: ReaderAnswer): void {
    const pending = this.#pending.get(answer.id)
    this.#pending.delete(answer.id)
    if (this.#pending.size === 0) this.#worker?.unref()
    if (answer.ok) {
      pending?.resolve(answer.value)
      return
    }
    this.#onFailure(answer.code)
    pending?.reject(new TocsinError(answer.code, answer.message))
  }

  #rejectAll(error: TocsinError): void {
    const waiting = [...this.#pending.values()]
    this.#pending.clear()
    for (const query of waiting) query.reject(error)
    this.#worker?.unref()
  }
}

function closedError(): TocsinError {
  return new TocsinError('reader_closed', 'Tocsin is shutting down.')
}

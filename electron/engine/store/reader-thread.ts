import { parentPort, workerData } from 'node:worker_threads'
import { openReader } from './database.ts'
import { readFailure } from './read-failure.ts'
import { runQuery, type QueryArg, type QueryName } from './queries/index.ts'

/** What the reader asks of its thread. */
export interface ReaderRequest {
  id: number
  name: QueryName
  arg: QueryArg<QueryName>
}

/** What the thread answers; errors travel as code and message. */
export type ReaderAnswer =
  | { id: number; ok: true; value: unknown }
  | { id: number; ok: false; code: string; message: string }

const port = parentPort
if (port !== null) {
  const { path } = workerData as { path: string }
  const db = openReader(path)
  port.on('message', (request: ReaderRequest | 'close') => {
    if (request === 'close') {
      db.close()
      port.close()
      return
    }
    port.postMessage(answer(request))
  })

  function answer({ id, name, arg }: ReaderRequest): ReaderAnswer {
    try {
      return { id, ok: true, value: runQuery(db, name, arg) }
    } catch (error) {
      const { code, message } = readFailure(error)
      return { id, ok: false, code, message }
    }
  }
}

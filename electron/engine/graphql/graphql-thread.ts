import { parentPort, workerData } from 'node:worker_threads'
import { openReader } from '../store/database.ts'
import { readFailure } from '../store/read-failure.ts'
import { executeGraphql, type GraphqlQuery, type GraphqlResult } from './execute.ts'

/** What the thread answers; failures of the store travel as code and message. */
export type GraphqlThreadAnswer = { ok: true; result: GraphqlResult } | { ok: false; code: string; message: string }

const port = parentPort
if (port !== null) {
  const { path } = workerData as { path: string }
  const db = openReader(path)
  port.on('message', (query: GraphqlQuery) => port.postMessage(answer(query)))

  function answer(query: GraphqlQuery): GraphqlThreadAnswer {
    try {
      return { ok: true, result: executeGraphql(db, query) }
    } catch (error) {
      const { code, message } = readFailure(error)
      return { ok: false, code, message }
    }
  }
}

import { setImmediate as nextTurn } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { readFailure } from '../read-failure.ts'
import { Follower, type FollowerPaths } from './follower.ts'

/** What the engine asks for: to take in what is new, or everything again. */
export interface SearchRequest {
  id: number
  work: 'follow' | 'rebuild'
}

/** What the thread says; errors travel as code and message. */
export type FromSearchThread =
  | { kind: 'done'; id: number }
  | { kind: 'failed'; id: number; code: string; message: string }
  | { kind: 'made'; why: string }

const port = parentPort
if (port !== null) {
  let follower: Follower | null = null
  let last = Promise.resolve()
  const closing = new AbortController()

  port.on('message', (request: SearchRequest | 'close') => {
    if (request === 'close') closing.abort()
    last = last.then(() => (request === 'close' ? close() : answer(request)))
  })

  async function answer({ id, work }: SearchRequest): Promise<void> {
    try {
      follower ??= new Follower(workerData as FollowerPaths, (why) => tell({ kind: 'made', why }))
      if (work === 'rebuild') follower.rebuild('a search could not read it')
      while (!closing.signal.aborted && follower.step()) await nextTurn()
      tell({ kind: 'done', id })
    } catch (error) {
      // What was wrong may be gone when it is opened again.
      follower?.close()
      follower = null
      const { code, message } = readFailure(error)
      tell({ kind: 'failed', id, code, message })
    }
  }

  function close(): void {
    follower?.close()
    port?.close()
  }

  function tell(message: FromSearchThread): void {
    port?.postMessage(message)
  }
}

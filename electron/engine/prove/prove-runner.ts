import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { errorMessage, TocsinError } from '../../../shared/errors.ts'
import type { ProveRun } from '../../../shared/model/prove.ts'
import { makePrivateFolder, writePrivateFile } from '../files/private-file.ts'
import type { Log } from '../ports/ports.ts'
import { threadUrl } from '../threads/thread-url.ts'
import { proveMarkdown } from './markdown.ts'
import type { ProveThreadMessage, ProveThreadOptions } from './prove-thread.ts'
import { makeScratchFolder, removeScratchFolder } from './scratch-folder.ts'

/** A run ends by itself within a minute or two; one that does not hangs. */
const DEADLINE_MS = 600_000
const HEAP_MB = 512

export interface ProveRunnerParts {
  /** Read when a run begins. */
  options: () => Omit<ProveThreadOptions, 'folder'>
  onChange: () => void
  log: Log
}

/** Runs proofs in a thread of their own, one at a time: the engine waits for nothing of it, and ends it when it is told to. */
export class ProveRunner {
  readonly #parts: ProveRunnerParts
  #run: ProveRun = { state: 'idle' }
  #worker: Worker | null = null
  #ended: Promise<void> = Promise.resolve()

  constructor(parts: ProveRunnerParts) {
    this.#parts = parts
  }

  /** How far it is, or what came of it. */
  run(): ProveRun {
    return this.#run
  }

  /** Begins a run, unless one is under way. */
  start(): ProveRun {
    if (this.#worker !== null) return this.#run
    this.#tell({ state: 'running', done: 0, of: 0, uses: '' })
    this.#ended = this.#work()
    return this.#run
  }

  /** Ends the run that is under way. */
  async cancel(): Promise<ProveRun> {
    if (this.#worker !== null) {
      this.#tell({ state: 'cancelled' })
      await this.#end()
    }
    return this.#run
  }

  /** Ends the run with the engine. */
  async stop(): Promise<void> {
    await this.#end()
  }

  /**
   * Writes the last report.
   * @returns the path of the Markdown; the JSON lies beside it
   * @throws TocsinError `no_report`
   */
  save(folder: string): string {
    if (this.#run.state !== 'done') throw new TocsinError('no_report', 'There is no report yet: prove first.')
    const { report } = this.#run
    const at = new Date(report.startedAt).toISOString().replaceAll(/[:.]/g, '-')
    const path = join(folder, `proof-${at}`)
    makePrivateFolder(folder)
    writePrivateFile(`${path}.json`, `${JSON.stringify(report, null, 2)}\n`)
    writePrivateFile(`${path}.md`, proveMarkdown(report))
    return `${path}.md`
  }

  async #work(): Promise<void> {
    const folder = makeScratchFolder()
    const timer = setTimeout(() => {
      this.#tell({ state: 'failed', message: `It did not come to an end within ${DEADLINE_MS / 60_000} minutes.` })
      void this.#end()
    }, DEADLINE_MS).unref()
    try {
      const workerData: ProveThreadOptions = { ...this.#parts.options(), folder }
      await this.#listen(
        new Worker(threadUrl('prove-thread'), {
          workerData,
          env: {},
          resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
        }),
      )
    } catch (error) {
      this.#tell({ state: 'failed', message: errorMessage(error) })
    } finally {
      clearTimeout(timer)
      removeScratchFolder(folder)
    }
  }

  /** @returns resolves when the thread has ended */
  async #listen(worker: Worker): Promise<void> {
    this.#worker = worker
    const { promise, resolve } = Promise.withResolvers<void>()
    worker.unref()
    worker.on('message', (message: ProveThreadMessage) => {
      if (this.#worker === worker) this.#take(message)
      if (message.kind !== 'progress') void worker.terminate()
    })
    worker.on('error', (error) => {
      this.#parts.log.error('A proof failed', { reason: errorMessage(error) })
      if (this.#run.state === 'running') this.#tell({ state: 'failed', message: errorMessage(error) })
    })
    worker.on('exit', () => resolve())
    await promise
    this.#worker = null
    if (this.#run.state === 'running') this.#tell({ state: 'failed', message: 'Its thread ended.' })
  }

  #take(message: ProveThreadMessage): void {
    if (this.#run.state !== 'running') return
    switch (message.kind) {
      case 'progress': {
        const { done, of, uses } = message
        return this.#tell({ state: 'running', done, of, uses })
      }
      case 'done':
        return this.#tell({ state: 'done', report: message.report })
      case 'failed':
        return this.#tell({ state: 'failed', message: message.message })
    }
  }

  async #end(): Promise<void> {
    await this.#worker?.terminate()
    await this.#ended
  }

  #tell(run: ProveRun): void {
    this.#run = run
    this.#parts.onChange()
  }
}

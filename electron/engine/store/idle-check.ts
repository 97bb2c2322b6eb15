import { errorCode, errorMessage } from '../../../shared/errors.ts'
import type { Clock, Log } from '../ports/ports.ts'
import { ThreadReader, type Reader } from './reader.ts'

/** Not while the app is starting. */
const FIRST_AFTER_MS = 10_000
/** Between two steps: whoever works comes first. */
const PAUSE_MS = 100

export interface IdleCheckParts {
  clock: Clock
  log: Log
  /** Told what is wrong with a table or an index; the check ends there. */
  onDamage: (finding: string) => void
  /** Told the numbers of events whose bodies are not what came in. */
  onDamagedBodies: (seqs: number[]) => void
}

/** Reads the whole database once after each start, in a thread of its own, step by step: what a start had no time for. */
export class IdleCheck {
  readonly #path: string
  readonly #parts: IdleCheckParts
  readonly #cancel: () => void
  #reader: Reader | null = null
  #isStopped = false

  constructor(path: string, parts: IdleCheckParts) {
    this.#path = path
    this.#parts = parts
    this.#cancel = parts.clock.after(FIRST_AFTER_MS, () => void this.run())
  }

  /** Checks everything now. Never rejects. */
  async run(): Promise<void> {
    const reader = new ThreadReader(this.#path, () => undefined)
    this.#reader = reader
    try {
      await this.#checkTables(reader)
      await this.#checkBodies(reader)
    } catch (error) {
      if (this.#isStopped) return
      if (errorCode(error) === 'store_corrupt') this.#parts.onDamage(errorMessage(error))
      else this.#parts.log.warn('The database could not be checked', { reason: errorMessage(error) })
    } finally {
      await reader.close()
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#cancel()
    await this.#reader?.close()
  }

  async #checkTables(reader: Reader): Promise<void> {
    for (const table of await reader.query('store.tables', {})) {
      await this.#pause()
      const finding = await reader.query('store.table', { table })
      if (finding !== null) return this.#parts.onDamage(`${table}: ${finding}`)
    }
  }

  async #checkBodies(reader: Reader): Promise<void> {
    const all: number[] = []
    for (let after: number | null = 0; after !== null;) {
      await this.#pause()
      const step: { next: number | null; damaged: number[] } = await reader.query('store.bodies', { after })
      all.push(...step.damaged)
      after = step.next
    }
    if (all.length > 0) this.#parts.onDamagedBodies(all)
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => this.#parts.clock.after(PAUSE_MS, resolve))
  }
}

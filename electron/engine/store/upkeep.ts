import { statSync } from 'node:fs'
import { errorMessage } from '../../../shared/errors.ts'
import type { Clock, Log } from '../ports/ports.ts'
import { listBackups, makeBackup } from './backup.ts'
import type { Database } from './database.ts'
import type { DataPaths } from './data-folder.ts'
import type { Retention } from './retention.ts'

const HOUR_MS = 3_600_000
/** Not while the app is starting. */
const FIRST_AFTER_MS = 60_000
const BACKUP_EVERY_MS = 24 * HOUR_MS
/** Twice what a checkpoint is made at: something keeps the log from being folded into the file. */
const LARGE_LOG_BYTES = 64 * 1024 * 1024

/** What the store does by itself once an hour: retention, and a backup a day. */
export class Upkeep {
  readonly #db: Database
  readonly #paths: DataPaths | null
  readonly #retention: Retention
  readonly #clock: Clock
  readonly #log: Log
  #cancel: () => void
  #running: Promise<void> = Promise.resolve()
  #isStopped = false

  constructor(db: Database, paths: DataPaths | null, retention: Retention, ports: { clock: Clock; log: Log }) {
    this.#db = db
    this.#paths = paths
    this.#retention = retention
    this.#clock = ports.clock
    this.#log = ports.log
    this.#cancel = ports.clock.after(FIRST_AFTER_MS, () => this.#tick())
  }

  /** Does what is due now, after a run that is under way. */
  run(): Promise<void> {
    this.#running = this.#running.then(() => this.#runOnce())
    return this.#running
  }

  async #runOnce(): Promise<void> {
    await this.#attempt('Old events could not be deleted', async () => {
      await this.#retention.run(this.#clock.now())
    })
    await this.#attempt('The daily backup failed', () => this.#backup())
    this.#watchLog()
  }

  /** No further run starts; resolves when the present one has ended. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#cancel()
    await this.#running
  }

  #tick(): void {
    void this.run().finally(() => {
      if (!this.#isStopped) this.#cancel = this.#clock.after(HOUR_MS, () => this.#tick())
    })
  }

  async #backup(): Promise<void> {
    if (this.#paths === null) return
    const now = this.#clock.now()
    const [newest] = listBackups(this.#paths.backups)
    if (newest !== undefined && now - newest.at < BACKUP_EVERY_MS) return
    const backup = await makeBackup(this.#db, this.#paths.backups, 'daily', now)
    this.#log.info('A backup was made and verified', { name: backup.name, bytes: backup.bytes })
  }

  #watchLog(): void {
    if (this.#paths === null || this.#isStopped) return
    const bytes = statSync(`${this.#paths.database}-wal`, { throwIfNoEntry: false })?.size ?? 0
    if (bytes > LARGE_LOG_BYTES) this.#log.warn("The database's log is large", { bytes })
  }

  async #attempt(failure: string, work: () => Promise<void>): Promise<void> {
    if (this.#isStopped) return
    try {
      await work()
    } catch (error) {
      this.#log.error(failure, { reason: errorMessage(error) })
    }
  }
}

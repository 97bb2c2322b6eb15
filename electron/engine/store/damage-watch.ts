import { errorMessage } from '../../../shared/errors.ts'
import type { Clock, Log } from '../ports/ports.ts'
import type { DataPaths } from './data-folder.ts'
import { IdleCheck } from './idle-check.ts'
import type { NewProblem, ProblemStore } from './problem-store.ts'
import type { Writer } from './writer.ts'

/** More numbers than this nobody reads. */
const MAX_NAMED = 20

export interface DamageWatchParts {
  writer: Writer
  problems: ProblemStore
  /** Told when the screen should look again. */
  onDamage: (() => void) | undefined
  clock: Clock
  log: Log
}

/** What is found wrong with the file while it is open: in the idle time, or by a query. */
export class DamageWatch {
  readonly #parts: DamageWatchParts
  readonly #check: IdleCheck | null
  #isSeen = false

  /** @param paths null for a database in memory */
  constructor(paths: DataPaths | null, parts: DamageWatchParts) {
    this.#parts = parts
    const told = {
      onDamage: (finding: string) => this.#stopWriting(finding),
      onDamagedBodies: (seqs: number[]) => this.#noteBodies(seqs),
    }
    this.#check = paths === null ? null : new IdleCheck(paths.database, { ...parts, ...told })
  }

  isSeen(): boolean {
    return this.#isSeen
  }

  /** A query met a page that is none. */
  note(): void {
    this.#isSeen = true
  }

  async stop(): Promise<void> {
    await this.#check?.stop()
  }

  #stopWriting(finding: string): void {
    this.#parts.log.error('The database is damaged', { finding })
    this.#isSeen = true
    this.#parts.writer.refuse()
    this.#parts.onDamage?.()
  }

  /** Evidence is lost, the database is not. */
  #noteBodies(seqs: readonly number[]): void {
    const { writer, problems, onDamage, log } = this.#parts
    const problem = damagedBodies(seqs)
    log.error('Bodies of events are damaged', { events: seqs.slice(0, MAX_NAMED), count: seqs.length })
    if (problems.openAlike(problem.code, problem.message) !== null) return
    writer
      .commit('problem', (tx) => problems.add(tx, problem))
      .then(() => onDamage?.())
      .catch((error: unknown) => log.error('It could not be noted', { reason: errorMessage(error) }))
  }
}

function damagedBodies(seqs: readonly number[]): NewProblem {
  const some = seqs.slice(0, MAX_NAMED).join(', ')
  const more = seqs.length > MAX_NAMED ? ` and ${seqs.length - MAX_NAMED} more` : ''
  return {
    code: 'event_damaged',
    schema: '',
    eventId: null,
    chainId: null,
    message: `The bodies of events number ${some}${more} are not what came in: they were damaged on the disk. A backup may still have them.`,
    details: null,
  }
}

import { errorCode, errorMessage, TocsinError } from '../../../shared/errors.ts'
import type { JsonValue } from '../../../shared/model/json.ts'
import type { AuditLog } from '../audit/audit-log.ts'
import { faultPoint } from '../ports/fault-point.ts'
import type { Clock, Ids, Log } from '../ports/ports.ts'
import { isCorruption, sqliteCode, type Database, type Statement } from './database.ts'

/** Caps a transaction: with more units the p99 of the answers grows, with fewer the disk's syncs dominate. */
const MAX_UNITS_PER_COMMIT = 64
/** What nobody's answer waits for comes along with the next commit, and makes one of its own after this time. */
const PATIENCE_MS = 1

/** Where in a chain something happened. */
export interface ActPlace {
  chainId: string
  roundNo?: number
  actionId?: string
  attemptNo?: number
}

/** Something that a person or the system did; kept for ever. */
export interface NewAct extends Partial<ActPlace> {
  by: string
  kind: string
  subjectKind: string
  subjectId: string
  before?: JsonValue
  after?: JsonValue
  reason?: string
}

/** One unit of work inside the group's transaction. */
export interface Tx {
  readonly db: Database
  /** Epoch ms of this unit. */
  readonly at: number
  /** @returns the act's id */
  act(act: NewAct): string
}

export type WriterState = 'ok' | 'full' | 'corrupt'

interface Unit {
  label: string
  isRepeatable: boolean
  run(tx: Tx): void
  succeed(): void
  fail(error: unknown): void
}

/**
 * The single writer. Units that arrive in one turn of the event loop share a transaction; a unit that throws takes nothing
 * of the others with it. Each has a savepoint for that, but for groups of units that can be run again.
 */
export class Writer {
  readonly #db: Database
  readonly #clock: Clock
  readonly #ids: Ids
  readonly #log: Log
  readonly #audit: AuditLog
  readonly #begin: Statement
  readonly #commit: Statement
  readonly #rollback: Statement
  readonly #savepoint: Statement
  readonly #release: Statement
  readonly #rollbackTo: Statement
  readonly #insertAct: Statement
  #units: Unit[] = []
  #upkeep: Unit[] = []
  #isUpkeepNext = false
  #isArmed = false
  #patience: NodeJS.Timeout | null = null
  #isClosed = false
  #state: WriterState = 'ok'
  #isRefusing = false

  constructor(db: Database, audit: AuditLog, ports: { clock: Clock; ids: Ids; log: Log }) {
    this.#db = db
    this.#audit = audit
    this.#clock = ports.clock
    this.#ids = ports.ids
    this.#log = ports.log
    this.#begin = db.prepare('BEGIN IMMEDIATE')
    this.#commit = db.prepare('COMMIT')
    this.#rollback = db.prepare('ROLLBACK')
    this.#savepoint = db.prepare('SAVEPOINT unit')
    this.#release = db.prepare('RELEASE unit')
    this.#rollbackTo = db.prepare('ROLLBACK TO unit')
    this.#insertAct = db.prepare(
      `INSERT INTO act (id, at, by, kind, subject_kind, subject_id, chain_id, round_no, action_id, attempt_no, before, after,
         reason)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
  }

  /**
   * Joins the next group commit.
   * @param label what is committed; its fault points are `<label>:before` and `<label>:after`
   * @param work synchronous; its statements run between SAVEPOINT and RELEASE
   * @param options.isPatient no answer waits for it: it may wait a moment for others to share a commit with
   * @param options.isRepeatable all that `work` does is undone by a rollback: it may be run again
   * @returns what `work` returned, once COMMIT is durable
   * @throws what `work` threw (only its own unit is rolled back); TocsinError `store_full`, `store_failed`,
   *   `store_corrupt`, `store_closed`
   */
  commit<T>(label: string, work: (tx: Tx) => T, { isPatient = false, isRepeatable = false } = {}): Promise<T> {
    const committed = this.#enqueue(this.#units, { label, isRepeatable }, work)
    if (isPatient) this.#armSoon()
    else this.#arm()
    return committed
  }

  /**
   * Commits in a transaction of its own that no answer waits in: for retention. It gives way to
   * waiting units, but never to more than one group of them, so that it goes on under load.
   */
  commitAlone<T>(label: string, work: (tx: Tx) => T): Promise<T> {
    const committed = this.#enqueue(this.#upkeep, { label, isRepeatable: false }, work)
    this.#arm()
    return committed
  }

  #enqueue<T>(queue: Unit[], about: Pick<Unit, 'label' | 'isRepeatable'>, work: (tx: Tx) => T): Promise<T> {
    if (this.#isClosed) return Promise.reject(closedError())
    if (this.#isRefusing) return Promise.reject(damagedError())
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    let result: { value: T } | null = null
    queue.push({
      ...about,
      run: (tx) => {
        const value = work(tx)
        if (value instanceof Promise)
          throw new TypeError(`The work of commit "${about.label}" must not be asynchronous`)
        result = { value }
      },
      succeed: () => result && resolve(result.value),
      fail: reject,
    })
    return promise
  }

  /** The file was found damaged while nobody wrote: nothing more is written to it. What waits is committed. */
  refuse(): void {
    this.#isRefusing = true
    this.#state = 'corrupt'
  }

  /** `full` and `corrupt` stand until a commit succeeds again. */
  state(): WriterState {
    return this.#state
  }

  /** Commits what waits and takes nothing more; upkeep is done at the next start. */
  close(): void {
    this.#isClosed = true
    if (this.#patience) clearTimeout(this.#patience)
    for (const unit of this.#upkeep.splice(0)) unit.fail(closedError())
    while (this.#units.length > 0) this.#flush()
  }

  #arm(): void {
    if (this.#isArmed || this.#units.length + this.#upkeep.length === 0) return
    this.#isArmed = true
    setImmediate(() => this.#flush())
  }

  #armSoon(): void {
    this.#patience ??= setTimeout(() => {
      this.#patience = null
      this.#arm()
    }, PATIENCE_MS)
  }

  #flush(): void {
    this.#isArmed = false
    const group = this.#nextGroup()
    if (group.length === 0) return
    try {
      const answers = this.#transact(group)
      for (const answer of answers) answer()
    } catch (error) {
      this.#giveUp(group, error)
    }
    this.#arm()
  }

  #nextGroup(): Unit[] {
    const isUpkeep = this.#upkeep.length > 0 && (this.#isUpkeepNext || this.#units.length === 0)
    this.#isUpkeepNext = !isUpkeep
    return isUpkeep ? this.#upkeep.splice(0, 1) : this.#units.splice(0, MAX_UNITS_PER_COMMIT)
  }

  /** @returns what each unit is told, in order */
  #transact(group: Unit[]): (() => void)[] {
    this.#begin.run()
    const answers = this.#runPlainly(group) ?? group.map((unit) => this.#runUnit(unit))
    this.#audit.write(this.#clock.now())
    for (const unit of group) faultPoint(`${unit.label}:before`)
    this.#commit.run()
    this.#audit.committed()
    if (!this.#isRefusing) this.#state = 'ok'
    for (const unit of group) faultPoint(`${unit.label}:after`)
    return answers
  }

  /**
   * Runs units without savepoints, each of which keeps a copy of the pages that its unit writes.
   * @returns null where each has to have its own: one cannot be repeated, or has thrown, and then nothing is left of any
   */
  #runPlainly(group: Unit[]): (() => void)[] | null {
    if (!group.every(({ isRepeatable }) => isRepeatable)) return null
    try {
      for (const unit of group) unit.run(this.#tx())
    } catch (error) {
      if (isGroupFailure(error) || !this.#db.inTransaction) throw error
      this.#rollback.run()
      this.#audit.rollbackTo(0)
      this.#begin.run()
      return null
    }
    return group.map((unit) => () => unit.succeed())
  }

  #runUnit(unit: Unit): () => void {
    const mark = this.#audit.mark()
    this.#savepoint.run()
    try {
      unit.run(this.#tx())
    } catch (error) {
      if (isGroupFailure(error) || !this.#db.inTransaction) throw error
      this.#rollbackTo.run()
      this.#release.run()
      this.#audit.rollbackTo(mark)
      return () => unit.fail(error)
    }
    this.#release.run()
    return () => unit.succeed()
  }

  #giveUp(group: Unit[], error: unknown): void {
    if (this.#db.inTransaction) this.#rollback.run()
    this.#audit.discard()
    const failure = this.#failure(error)
    this.#log.error('A commit failed', { code: failure.code, sqlite: sqliteCode(error), reason: errorMessage(error) })
    for (const unit of group) unit.fail(failure)
  }

  #failure(error: unknown): TocsinError {
    if (sqliteCode(error).startsWith('SQLITE_FULL')) {
      this.#state = 'full'
      return new TocsinError('store_full', 'The disk is full: nothing can be stored. Free some space.', {
        cause: error,
      })
    }
    if (isCorruption(error)) {
      this.#state = 'corrupt'
      return damagedError(error)
    }
    return new TocsinError('store_failed', `The database could not be written: ${errorMessage(error)}`, {
      cause: error,
    })
  }

  #tx(): Tx {
    const at = this.#clock.now()
    return {
      db: this.#db,
      at,
      act: (act) => this.#act(at, act),
    }
  }

  #act(at: number, act: NewAct): string {
    const id = this.#ids.uuid()
    const { by, kind, subjectKind, subjectId, before = null, after = null, reason = '' } = act
    const { chainId = null, roundNo = null, actionId = null, attemptNo = null } = act
    const place = [chainId, roundNo, actionId, attemptNo]
    const change = [JSON.stringify(before), JSON.stringify(after), reason]
    this.#insertAct.run(id, at, by, kind, subjectKind, subjectId, ...place, ...change)
    return id
  }
}

/** Whether the store took nothing: failures of the disk or the database, which pass or need a person; not of one event's rows. */
export function isStoreFailure(error: unknown): boolean {
  return errorCode(error).startsWith('store_')
}

/** Failures of the disk or the file, not of one unit's data. */
function isGroupFailure(error: unknown): boolean {
  return isCorruption(error) || /^SQLITE_(FULL|IOERR|READONLY|BUSY|CANTOPEN|NOMEM)/.test(sqliteCode(error))
}

function damagedError(cause?: unknown): TocsinError {
  return new TocsinError('store_corrupt', 'The database is damaged: nothing more is stored. Restore a backup.', {
    cause,
  })
}

function closedError(): TocsinError {
  return new TocsinError('store_closed', 'Tocsin is shutting down: nothing more is stored.')
}

import { existsSync } from 'node:fs'
import type { ResponseMode } from '../../../../shared/model/states.ts'
import type { Failure } from '../../../../shared/model/views.ts'
import type { Settings } from '../../../../shared/model/settings.ts'
import { openReader, type Database } from '../../store/database.ts'
import { LATEST_VERSION, schemaVersion } from '../../store/migrate.ts'
import { SettingStore } from '../../store/setting-store.ts'
import { readSources, type StoredSource } from '../../store/source-store.ts'
import { ApprovalStore } from '../records/approval-store.ts'
import { ChainReads } from '../records/chain-reads.ts'
import type { ActionRecord, ApprovalRecord, AttemptRecord, ChainRecord } from '../records/records.ts'

/** An attempt as the replaced database has it. */
export interface AttemptFate extends AttemptRecord {
  policyVersionId: string
  mode: ResponseMode
  error: Failure | null
}

export interface ActionFate {
  action: ActionRecord
  approval: ApprovalRecord | null
  attempts: AttemptFate[]
}

/** What became of a chain in the database that a backup replaced. */
export interface ChainFate {
  chain: ChainRecord
  actions: ActionFate[]
}

/**
 * The database that a backup replaced, as far as it can still be read: it knows what happened after the backup was made. It
 * may be damaged; what cannot be read of it is null.
 */
export class ReplacedStore {
  readonly #db: Database
  readonly #chains: ChainReads
  readonly #approvals: ApprovalStore

  private constructor(db: Database) {
    this.#db = db
    this.#chains = new ChainReads(db)
    this.#approvals = new ApprovalStore(db)
  }

  /** @returns null when it is not there, cannot be opened, or is of another schema */
  static open(path: string | null): ReplacedStore | null {
    if (path === null || !existsSync(path)) return null
    return (
      attempt(() => {
        const db = openReader(path)
        if (schemaVersion(db) === LATEST_VERSION) return new ReplacedStore(db)
        db.close()
        return null
      }) ?? null
    )
  }

  /** @returns null when it cannot be read */
  fateOf(chainId: string): ChainFate | null {
    return attempt(() => {
      const actions = this.#chains.actionsBefore(chainId, Number.MAX_SAFE_INTEGER)
      return { chain: this.#chains.chain(chainId), actions: actions.map((action) => this.#actionFate(action)) }
    })
  }

  /** What it contained after that time, as titles. @returns null when it cannot be read */
  containedSince(at: number): { attemptId: string; title: string }[] | null {
    return attempt(() =>
      this.#db
        .prepare<[number], { attemptId: string; title: string }>(
          `SELECT t.id AS attemptId, a.title FROM active_containment AS t JOIN action AS a ON a.id = t.action_id
           WHERE t.outcome_at >= ? ORDER BY t.seq`,
        )
        .all(at),
    )
  }

  sources(): StoredSource[] | null {
    return attempt(() => readSources(this.#db))
  }

  settings(): Settings | null {
    return attempt(() => new SettingStore(this.#db).all())
  }

  close(): void {
    this.#db.close()
  }

  #actionFate(action: ActionRecord): ActionFate {
    const more = this.#db.prepare<[string], { policyVersionId: string; mode: ResponseMode; error: string | null }>(
      'SELECT policy_version_id AS policyVersionId, mode, error FROM attempt WHERE id = ?',
    )
    const attempts = this.#approvals.attempts(action.id).flatMap((record) => {
      const row = more.get(record.id)
      return row === undefined ? [] : [{ ...record, ...row, error: JSON.parse(row.error ?? 'null') as Failure | null }]
    })
    return { action, approval: this.#approvals.ofAction(action.id), attempts }
  }
}

/** A damaged page is an answer like any other here: nobody knows. */
function attempt<Value>(read: () => Value): Value | null {
  try {
    return read()
  } catch {
    return null
  }
}

import type { Triage } from '../../../shared/model/alert.ts'
import type { TriageState, Verdict } from '../../../shared/model/states.ts'
import { TocsinError } from '../../../shared/errors.ts'
import type { Database, Statement } from './database.ts'
import type { Tx } from './writer.ts'

export interface TriageChange {
  ids: readonly string[]
  state: TriageState
  verdict: Verdict | null
  note: string
}

/** What an alert without an act is. */
const UNTOUCHED: Triage = { state: 'new', verdict: null, note: '', at: null }

/** What the analyst made of alerts: the last act on each, the alert itself never changes. */
export class TriageStore {
  readonly #last: Statement<[string], { after: string; at: number }>
  readonly #exists: Statement<[string], { seq: number }>

  constructor(db: Database) {
    this.#last = db.prepare(
      `SELECT after, at FROM act WHERE subject_id = ? AND kind = 'alert.triage' ORDER BY seq DESC LIMIT 1`,
    )
    this.#exists = db.prepare('SELECT seq FROM alert WHERE id = ?')
  }

  get(alertId: string): Triage {
    return triageOf(this.#last.get(alertId))
  }

  /**
   * Sets the state of alerts, one act each; what stays the same leaves none.
   * @returns how many changed
   * @throws TocsinError `verdict_required` when closing without one, `alert_missing`
   */
  set(tx: Tx, change: TriageChange, by: string): number {
    const { ids, state, verdict, note } = change
    if (state === 'closed' && verdict === null) {
      throw new TocsinError('verdict_required', 'Choose a verdict to close an alert.')
    }
    let changed = 0
    for (const id of ids) {
      if (this.#exists.get(id) === undefined) throw new TocsinError('alert_missing', `There is no alert ${id}.`)
      const before = this.get(id)
      if (before.state === state && before.verdict === verdict && before.note === note) continue
      const { at: _at, ...was } = before
      tx.act({
        by,
        kind: 'alert.triage',
        subjectKind: 'alert',
        subjectId: id,
        before: was,
        after: { state, verdict, note },
        reason: note,
      })
      changed += 1
    }
    return changed
  }
}

/** The triage that an act `alert.triage` left; without one the alert is new. */
export function triageOf(act: { after: string; at: number } | undefined): Triage {
  if (act === undefined) return UNTOUCHED
  return { ...(JSON.parse(act.after) as Omit<Triage, 'at'>), at: act.at }
}

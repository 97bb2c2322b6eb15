import type { Triage } from '../../../shared/model/alert.ts'
import type { TriageState, Verdict } from '../../../shared/model/states.ts'
import { TocsinError } from '../../../shared/errors.ts'
import type { Database, Statement } from './database.ts'
import type { Tx } from './writer.ts'

export interface TriageChange {
  ids: readonly string[]
  /** `row`: what is open of the alerts of each one's key, up to that one; where all are closed, all of these. */
  scope: 'row' | 'alert'
  state: TriageState
  verdict: Verdict | null
  /** Null: each keeps its own. */
  note: string | null
}

/** Acts that were written one after the other. */
export interface ActRange {
  first: number
  last: number
}

export interface TriageDone {
  changed: number
  waiting: number
  acts: ActRange | null
}

interface Member {
  id: string
  triage: TriageState
}

interface TriageChanged {
  by: string
  before: Omit<Triage, 'at'>
  after: Omit<Triage, 'at'>
}

interface TriageAct {
  seq: number
  id: string
  before: string
}

/** What an alert without an act is. */
const UNTOUCHED: Triage = { state: 'new', verdict: null, note: '', at: null }

/** What the analyst made of alerts: the last act on each, the alert itself never changes. */
export class TriageStore {
  readonly #last: Statement<[string], { seq: number; after: string; at: number }>
  readonly #alert: Statement<[string], { seq: number; dedupKey: string }>
  readonly #members: Statement<[string, number], Member>
  readonly #waiting: Statement<[string], { waiting: number }>
  readonly #lastAct: Statement<[], { seq: number }>
  readonly #acts: Statement<[number, number], TriageAct>

  constructor(db: Database) {
    this.#last = db.prepare(
      `SELECT seq, after, at FROM act WHERE subject_id = +? AND kind = 'alert.triage' ORDER BY seq DESC LIMIT 1`,
    )
    this.#alert = db.prepare('SELECT seq, dedup_key AS dedupKey FROM alert WHERE id = ?')
    this.#members = db.prepare(
      `SELECT a.id, l.triage FROM alert AS a CROSS JOIN alert_list AS l ON l.seq = a.seq
       WHERE a.dedup_key = +? AND a.seq <= +? ORDER BY a.seq`,
    )
    this.#waiting = db.prepare(
      'SELECT l.waiting FROM alert AS a CROSS JOIN alert_list AS l ON l.seq = a.seq WHERE a.id = ?',
    )
    this.#lastAct = db.prepare('SELECT coalesce(max(seq), 0) AS seq FROM act')
    this.#acts = db.prepare(
      `SELECT seq, subject_id AS id, before FROM act WHERE seq BETWEEN ? AND ? AND kind = 'alert.triage' ORDER BY seq`,
    )
  }

  get(alertId: string): Triage {
    return triageOf(this.#last.get(alertId))
  }

  /**
   * Sets the state of alerts, one act each; what stays the same leaves none.
   * @returns how many changed, the acts that say so, and how many actions of these alerts wait for the analyst
   * @throws TocsinError `verdict_required` when closing without one, `alert_missing`
   */
  set(tx: Tx, change: TriageChange, by: string): TriageDone {
    const { ids, scope, state, verdict, note } = change
    if (state === 'closed' && verdict === null) {
      throw new TocsinError('verdict_required', 'Choose a verdict to close an alert.')
    }
    const first = this.#newestAct() + 1
    let [changed, waiting] = [0, 0]
    for (const id of ids) {
      for (const member of this.#chosen(id, scope)) {
        const { at: _at, ...before } = this.get(member)
        const after = { state, verdict, note: note ?? before.note }
        if (before.state === state && before.verdict === verdict && before.note === after.note) continue
        this.#act(tx, member, { by, before, after })
        changed += 1
        waiting += this.#waiting.get(member)?.waiting ?? 0
      }
    }
    return { changed, waiting, acts: changed === 0 ? null : { first, last: this.#newestAct() } }
  }

  /**
   * Whoever decides about an alert works on it: one that is new is in progress from then on, others stay as they are.
   * @param reason stands in the act
   */
  takeUp(tx: Tx, alertId: string, by: string, reason: string): void {
    if (this.#alert.get(alertId) === undefined) return
    const { at: _at, ...before } = this.get(alertId)
    if (before.state !== 'new') return
    this.#act(tx, alertId, { by, before, after: { ...before, state: 'in_progress' } }, reason)
  }

  /**
   * Puts back what acts of triage changed, as further acts. What was changed again since is left as it is.
   * @returns how many were put back, and how many were left
   */
  undo(tx: Tx, { first, last }: ActRange, by: string): { changed: number; kept: number } {
    const acts = this.#acts.all(first, last)
    const undone = acts.filter(({ seq, id }) => this.#last.get(id)?.seq === seq)
    for (const { id, before } of undone) {
      const { at: _at, ...was } = this.get(id)
      this.#act(tx, id, { by, before: was, after: JSON.parse(before) as Omit<Triage, 'at'> })
    }
    return { changed: undone.length, kept: acts.length - undone.length }
  }

  #chosen(id: string, scope: TriageChange['scope']): string[] {
    const alert = this.#alert.get(id)
    if (alert === undefined) throw new TocsinError('alert_missing', `There is no alert ${id}.`)
    if (scope === 'alert') return [id]
    const members = this.#members.all(alert.dedupKey, alert.seq)
    const open = members.filter(({ triage }) => triage !== 'closed')
    return (open.length > 0 ? open : members).map((member) => member.id)
  }

  #act(tx: Tx, id: string, act: TriageChanged, reason = act.after.note): void {
    tx.act({ ...act, kind: 'alert.triage', subjectKind: 'alert', subjectId: id, reason })
  }

  #newestAct(): number {
    return this.#lastAct.get()?.seq ?? 0
  }
}

/** The triage that an act `alert.triage` left; without one the alert is new. */
export function triageOf(act: { after: string; at: number } | undefined): Triage {
  if (act === undefined) return UNTOUCHED
  return { ...(JSON.parse(act.after) as Omit<Triage, 'at'>), at: act.at }
}

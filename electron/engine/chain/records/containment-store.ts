import type { JsonValue } from '../../../../shared/model/json.ts'
import type { ActionState } from '../../../../shared/model/states.ts'
import type { Acceptance, Verification } from '../../actions/action-port.ts'
import { Statements } from '../../store/statements.ts'
import type { Tx } from '../../store/writer.ts'

/** An attempt whose target does not read yet as it was requested. */
export interface Confirming {
  attemptId: string
  actionId: string
  acceptedAt: number
  accepted: JsonValue
  /** Whether the service said that it took the request, or its target has shown it since. */
  isTaken: boolean
  /** What the last look found. */
  pending: string
}

/** How a containment will be looked at after its success, and when it ends. */
export interface Lasting {
  /** null: its target cannot be read again. */
  nextCheckAt: number | null
  /** null: until it is undone. */
  endsAt: number | null
  isEndedByTarget: boolean
}

/** What the last look at a containment in force found. */
export interface ContainmentCheck {
  standing: Verification['state']
  /** It is in force no more; else it is only changed, or nobody knows. */
  isReleased: boolean
  /** What differs, or why it could not be read. */
  found: string[]
}

/** How many one turn takes at most. */
const MAX_DUE = 32

/** SQL of what becomes of a containment after its request: its confirmation, later looks, its end. */
export class ContainmentStore extends Statements {
  /** The attempt waits for its target to read as requested. */
  accept(tx: Tx, attemptId: string, { accepted, isTaken, error }: Acceptance): void {
    this.sql('UPDATE attempt SET accepted_at = ?, accepted = ?, taken = ?, pending = ? WHERE id = ?').run(
      tx.at,
      JSON.stringify(accepted),
      isTaken ? 1 : 0,
      error.message,
      attemptId,
    )
  }

  /** Attempts that wait for their confirmation, oldest first. */
  confirming(): string[] {
    const sql = 'SELECT id FROM attempt WHERE accepted_at IS NOT NULL AND outcome IS NULL ORDER BY seq'
    return (this.sql(sql).all() as { id: string }[]).map(({ id }) => id)
  }

  /** Those of one chain. */
  confirmingOf(chainId: string): string[] {
    const sql = `SELECT t.id FROM action AS a CROSS JOIN attempt AS t ON t.action_id = a.id
      WHERE a.chain_id = +? AND a.state = 'confirming' AND t.accepted_at IS NOT NULL AND t.outcome IS NULL`
    return (this.sql(sql).all(chainId) as { id: string }[]).map(({ id }) => id)
  }

  /** @returns null where it waits for no confirmation */
  confirmation(attemptId: string): Confirming | null {
    const row = this.sql(
      `SELECT id, action_id, accepted_at, accepted, taken, pending FROM attempt
       WHERE id = ? AND accepted_at IS NOT NULL AND outcome IS NULL`,
    ).get(attemptId) as
      | { id: string; action_id: string; accepted_at: number; accepted: string; taken: number; pending: string | null }
      | undefined
    if (row === undefined) return null
    return {
      attemptId: row.id,
      actionId: row.action_id,
      acceptedAt: row.accepted_at,
      accepted: JSON.parse(row.accepted) as JsonValue, // a CHECK of the table
      isTaken: row.taken === 1,
      pending: row.pending ?? '',
    }
  }

  /** @param isComing the target shows that the request was taken: that stays known */
  notePending(_tx: Tx, attemptId: string, found: string, isComing: boolean): void {
    const sql = 'UPDATE attempt SET pending = ?, taken = max(taken, ?) WHERE id = ?'
    this.sql(sql).run(found, isComing ? 1 : 0, attemptId)
  }

  /** Of an attempt that succeeded: when it is looked at, and when it ends. */
  last(_tx: Tx, attemptId: string, { nextCheckAt, endsAt, isEndedByTarget }: Lasting): void {
    this.sql('UPDATE attempt SET next_check_at = ?, ends_at = ?, ends_by_target = ?, end_due_at = ? WHERE id = ?').run(
      nextCheckAt,
      endsAt,
      isEndedByTarget ? 1 : 0,
      endsAt,
      attemptId,
    )
  }

  /** When something is to be done about a containment by itself; null when nothing is. */
  nextDue(): number | null {
    const sql = `SELECT min(at) AS at FROM (
      SELECT min(next_check_at) AS at FROM attempt WHERE next_check_at IS NOT NULL
      UNION ALL SELECT min(end_due_at) FROM attempt WHERE end_due_at IS NOT NULL)`
    return (this.sql(sql).get() as { at: number | null }).at // an aggregate always has a row
  }

  /** Containments that are to be looked at, those that have waited longest first. */
  dueChecks(at: number): string[] {
    const sql = `SELECT id FROM attempt WHERE next_check_at <= +? ORDER BY next_check_at LIMIT ${MAX_DUE}`
    return (this.sql(sql).all(at) as { id: string }[]).map(({ id }) => id)
  }

  /** Containments whose time is up. */
  dueEnds(at: number): { attemptId: string; isByTarget: boolean }[] {
    const sql = `SELECT id, ends_by_target FROM attempt WHERE end_due_at <= +? ORDER BY end_due_at LIMIT ${MAX_DUE}`
    const rows = this.sql(sql).all(at) as { id: string; ends_by_target: number }[]
    return rows.map((row) => ({ attemptId: row.id, isByTarget: row.ends_by_target === 1 }))
  }

  /** What the last look found; null before there was one. */
  standing(attemptId: string): ContainmentCheck['standing'] | null {
    const row = this.sql('SELECT standing FROM containment_check WHERE attempt_id = ?').get(attemptId)
    return (row as Pick<ContainmentCheck, 'standing'> | undefined)?.standing ?? null
  }

  /** What became of the last undo that was proposed; null before there was one. */
  lastUndo(attemptId: string): ActionState | null {
    const row = this.sql(
      `SELECT a.state FROM chain AS c CROSS JOIN action AS a ON a.chain_id = c.id
       WHERE c.undo_of = +? ORDER BY a.seq DESC LIMIT 1`,
    ).get(attemptId)
    return (row as { state: ActionState } | undefined)?.state ?? null
  }

  /** @param nextAt when it is looked at again; null: no more */
  noteCheck(
    tx: Tx,
    attemptId: string,
    { standing, found }: Omit<ContainmentCheck, 'isReleased'>,
    nextAt: number | null,
  ): void {
    this.sql(
      `INSERT INTO containment_check (attempt_id, checked_at, standing, found, since) VALUES (@id, @at, @standing, @found, @at)
       ON CONFLICT (attempt_id) DO UPDATE SET checked_at = @at, found = @found,
         since = iif(standing = @standing, since, @at), standing = @standing`,
    ).run({ id: attemptId, at: tx.at, standing, found: JSON.stringify(found) })
    this.checkAgain(tx, attemptId, nextAt)
  }

  checkAgain(_tx: Tx, attemptId: string, nextAt: number | null): void {
    this.sql('UPDATE attempt SET next_check_at = ? WHERE id = ?').run(nextAt, attemptId)
  }

  /** @param nextAt when its end is tried again; null: no more @param failure why it could not be ended */
  noteEnd(_tx: Tx, attemptId: string, nextAt: number | null, failure: string | null): void {
    this.sql('UPDATE attempt SET end_due_at = ?, end_failure = ? WHERE id = ?').run(nextAt, failure, attemptId)
  }
}

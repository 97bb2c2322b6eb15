import { Statements } from '../../store/statements.ts'
import type { JsonObject, JsonValue } from '../../../../shared/model/json.ts'
import type { Failure } from '../../../../shared/model/views.ts'
import type { Tx } from '../../store/writer.ts'
import type { LookupRecord } from './report-records.ts'

const LOOKUP = `SELECT seq, id, uses, args, args_hash AS argsHash, rate_key AS rateKey, state, tries, next_at AS nextAt,
  answered_at AS answeredAt, result, error FROM lookup`

/** SQL of `lookup`: questions to the world, each asked once for all reports that want to know. */
export class LookupStore extends Statements {
  get(id: string): LookupRecord | null {
    return lookupOf(this.sql(`${LOOKUP} WHERE id = ?`).get(id))
  }

  /** The last one that asks the same. */
  last(uses: string, argsHash: string): LookupRecord | null {
    return lookupOf(
      this.sql(`${LOOKUP} WHERE uses = +? AND args_hash = +? ORDER BY seq DESC LIMIT 1`).get(uses, argsHash),
    )
  }

  insert(tx: Tx, lookup: Pick<LookupRecord, 'id' | 'uses' | 'args' | 'argsHash' | 'rateKey'>): void {
    this.sql(
      `INSERT INTO lookup (id, uses, args, args_hash, rate_key, state, asked_at, next_at)
       VALUES (@id, @uses, @args, @argsHash, @rateKey, 'waiting', @at, @at)`,
    ).run({ ...lookup, args: JSON.stringify(lookup.args), at: tx.at })
  }

  nextAt(): number | null {
    const row = this.sql('SELECT next_at AS at FROM lookup WHERE next_at IS NOT NULL ORDER BY next_at LIMIT 1').get()
    return (row as { at: number } | undefined)?.at ?? null
  }

  /** Whether one was last touched at a time that has not come: its wait is of another clock. */
  hasFuture(now: number): boolean {
    const sql = `SELECT EXISTS (SELECT 1 FROM lookup WHERE next_at > +@now AND coalesce(tried_at, asked_at) > +@now)
      OR EXISTS (SELECT 1 FROM lookup WHERE tried_at > +@now AND tried_at IS NOT NULL) AS has`
    return (this.sql(sql).get({ now }) as { has: number }).has === 1 // one row, always
  }

  /** What was last touched at a time that has not come was touched now, and is asked now. */
  bringBack(tx: Tx): void {
    this.sql('UPDATE lookup SET next_at = @at WHERE next_at > @at AND coalesce(tried_at, asked_at) > @at').run({
      at: tx.at,
    })
    this.sql('UPDATE lookup SET tried_at = @at WHERE tried_at > @at').run({ at: tx.at })
  }

  due(now: number, limit: number): LookupRecord[] {
    const sql = `${LOOKUP} WHERE next_at IS NOT NULL AND next_at <= +? ORDER BY next_at LIMIT +?`
    return this.sql(sql)
      .all(now, limit)
      .flatMap((row) => lookupOf(row) ?? [])
  }

  /** When one more call of this key is within so many in so many milliseconds; now or earlier: at once. */
  freeAt(rateKey: string, { calls, perMs }: { calls: number; perMs: number }): number {
    const sql = `SELECT tried_at AS at FROM lookup WHERE rate_key = +? AND tried_at IS NOT NULL
      ORDER BY tried_at DESC LIMIT 1 OFFSET +?`
    const row = this.sql(sql).get(rateKey, calls - 1) as { at: number } | undefined
    return row === undefined ? 0 : row.at + perMs
  }

  postpone(_tx: Tx, id: string, nextAt: number): void {
    this.sql('UPDATE lookup SET next_at = ? WHERE id = ?').run(nextAt, id)
  }

  /** It is being asked: what a crash leaves so is asked again. */
  start(tx: Tx, id: string): void {
    this.sql(`UPDATE lookup SET state = 'running', tries = tries + 1, tried_at = ?, next_at = NULL WHERE id = ?`).run(
      tx.at,
      id,
    )
  }

  answered(tx: Tx, id: string, result: JsonValue): void {
    this.sql(`UPDATE lookup SET state = 'succeeded', result = ?, answered_at = ?, error = NULL WHERE id = ?`).run(
      JSON.stringify(result),
      tx.at,
      id,
    )
  }

  /** @param nextAt when it is tried again; null: never by itself */
  failed(_tx: Tx, id: string, error: Failure, nextAt: number | null): void {
    this.sql('UPDATE lookup SET state = ?, error = ?, next_at = ? WHERE id = ?').run(
      nextAt === null ? 'failed' : 'waiting',
      JSON.stringify(error),
      nextAt,
      id,
    )
  }

  /** What a crash left under way is waiting again. @returns how many */
  recover(tx: Tx): number {
    return this.sql(`UPDATE lookup SET state = 'waiting', next_at = ? WHERE state = 'running'`).run(tx.at).changes
  }
}

/** The statement names the columns as the record has them. */
function lookupOf(row: unknown): LookupRecord | null {
  if (row === undefined) return null
  const found = row as Omit<LookupRecord, 'args' | 'result' | 'error'> & {
    args: string
    result: string | null
    error: string | null
  }
  return {
    ...found,
    args: JSON.parse(found.args) as JsonObject,
    result: found.result === null ? null : (JSON.parse(found.result) as JsonValue),
    error: found.error === null ? null : (JSON.parse(found.error) as Failure),
  }
}

import type { JsonValue } from '../../../shared/model/json.ts'
import type { Ids } from '../ports/ports.ts'
import type { Database, Statement } from './database.ts'
import type { Tx } from './writer.ts'

/** The problem of a schema without a package: one per schema, counted. */
export const NO_POLICY = 'no_policy'
/** An Amazon SNS topic that is not in the settings wants to deliver; a listed one does not any more. One per message, counted. */
export const SNS_TOPIC = 'sns_topic'
export const SNS_UNSUBSCRIBED = 'sns_unsubscribed'
/** A service's message id came again with another event, which was stored as well. One per schema, counted. */
export const IDEMPOTENCY_MISMATCH = 'idempotency_mismatch'

/** Something that could not be processed and that a person should see. */
export interface NewProblem {
  code: string
  schema: string
  eventId: string | null
  chainId: string | null
  message: string
  /** For the screen: `{ diagnostics: [...] }` where a policy's place is to blame. */
  details: JsonValue
}

export interface ProblemRecord extends NewProblem {
  seq: number
  id: string
  count: number
  firstAt: number
  lastAt: number
  resolvedAt: number | null
}

interface ProblemRow extends Omit<ProblemRecord, 'details'> {
  details: string
}

const COLUMNS = `seq, id, code, schema, event_id AS eventId, chain_id AS chainId, message, details, count,
  first_at AS firstAt, last_at AS lastAt, resolved_at AS resolvedAt`

/** What could not be processed. */
export class ProblemStore {
  readonly #ids: Ids
  readonly #insert: Statement
  readonly #repeat: Statement
  readonly #resolve: Statement
  readonly #byId: Statement<[string], ProblemRow>
  readonly #openNoPolicy: Statement<[string], ProblemRow>
  readonly #openMismatch: Statement<[string], ProblemRow>
  readonly #openPolicy: Statement<[string], ProblemRow>
  readonly #openOfEvent: Statement<[string], ProblemRow>
  readonly #openAlike: Statement<[string, string], ProblemRow>
  readonly #resolveOfChain: Statement
  readonly #countOpen: Statement<[string], { count: number }>

  constructor(db: Database, ids: Ids) {
    this.#ids = ids
    this.#insert = db.prepare(
      `INSERT INTO problem (id, code, schema, event_id, chain_id, message, details, first_at, last_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    this.#repeat = db.prepare('UPDATE problem SET count = count + 1, last_at = ?, event_id = ? WHERE id = ?')
    this.#resolve = db.prepare(
      'UPDATE problem SET resolved_at = ?, resolution = ? WHERE id = ? AND resolved_at IS NULL',
    )
    this.#byId = db.prepare(`SELECT ${COLUMNS} FROM problem WHERE id = ?`)
    this.#openNoPolicy = db.prepare(
      `SELECT ${COLUMNS} FROM problem WHERE code = 'no_policy' AND schema = +? AND resolved_at IS NULL`,
    )
    this.#openMismatch = db.prepare(
      `SELECT ${COLUMNS} FROM problem WHERE code = 'idempotency_mismatch' AND schema = +? AND resolved_at IS NULL LIMIT 1`,
    )
    this.#openPolicy = db.prepare(
      `SELECT ${COLUMNS} FROM problem WHERE code = +? AND resolved_at IS NULL ORDER BY seq DESC LIMIT 1`,
    )
    this.#openOfEvent = db.prepare(
      `SELECT ${COLUMNS} FROM problem WHERE event_id = +? AND resolved_at IS NULL ORDER BY seq DESC LIMIT 1`,
    )
    this.#openAlike = db.prepare(
      `SELECT ${COLUMNS} FROM problem WHERE code = +? AND message = +? AND resolved_at IS NULL LIMIT 1`,
    )
    this.#resolveOfChain = db.prepare(
      `UPDATE problem SET resolved_at = @at, resolution = @how WHERE chain_id = @chainId AND resolved_at IS NULL
         AND (@actionId IS NULL OR details ->> '$.action' = @actionId)`,
    )
    this.#countOpen = db.prepare('SELECT count(*) AS count FROM problem WHERE code = +? AND resolved_at IS NULL')
  }

  /**
   * Notes a problem; a further event of a schema without a package, a further id that came twice, or the same word of SNS
   * again, only raises its count.
   * @returns the problem that stands for it
   */
  add(tx: Tx, problem: NewProblem): ProblemRecord {
    const folded = this.#folded(problem)
    if (folded !== null) {
      this.#repeat.run(tx.at, problem.eventId, folded.id)
      return { ...folded, count: folded.count + 1, lastAt: tx.at, eventId: problem.eventId }
    }
    const id = this.#ids.uuid()
    const { code, schema, eventId, chainId, message, details } = problem
    const { lastInsertRowid } = this.#insert.run(
      id,
      code,
      schema,
      eventId,
      chainId,
      message,
      JSON.stringify(details),
      tx.at,
      tx.at,
    )
    return { ...problem, seq: Number(lastInsertRowid), id, count: 1, firstAt: tx.at, lastAt: tx.at, resolvedAt: null }
  }

  /**
   * Takes a problem off the list, as an act.
   * @param how `processed`, `dismissed`
   * @returns false when it was resolved already
   */
  resolve(tx: Tx, id: string, how: string, by: string, reason = ''): boolean {
    if (this.#resolve.run(tx.at, how, id).changes === 0) return false
    tx.act({ by, kind: `problem.${how}`, subjectKind: 'problem', subjectId: id, reason })
    return true
  }

  get(id: string): ProblemRecord | null {
    return asRecord(this.#byId.get(id))
  }

  /** The open problem that says the same. */
  openAlike(code: string, message: string): ProblemRecord | null {
    return asRecord(this.#openAlike.get(code, message))
  }

  /** Takes the open problems of a chain off the list, or those of one of its actions; no act, since one made them none. */
  resolveOfChain(tx: Tx, chainId: string, actionId: string | null, how: string): void {
    this.#resolveOfChain.run({ chainId, actionId, how, at: tx.at })
  }

  /** How many open problems there are of one kind. */
  countOpen(code: string): number {
    return this.#countOpen.get(code)?.count ?? 0
  }

  /** The open problem of a schema without a package. */
  openNoPolicy(schema: string): ProblemRecord | null {
    return asRecord(this.#openNoPolicy.get(schema))
  }

  /** The open problem of the policies as a whole: `policy_compile`, `policy_references`. */
  openPolicy(code: string): ProblemRecord | null {
    return asRecord(this.#openPolicy.get(code))
  }

  /** The open problem of one event. */
  openOfEvent(eventId: string): ProblemRecord | null {
    return asRecord(this.#openOfEvent.get(eventId))
  }

  #folded({ code, schema, message }: NewProblem): ProblemRecord | null {
    if (code === NO_POLICY) return this.openNoPolicy(schema)
    if (code === IDEMPOTENCY_MISMATCH) return asRecord(this.#openMismatch.get(schema))
    return code === SNS_TOPIC || code === SNS_UNSUBSCRIBED ? this.openAlike(code, message) : null
  }
}

function asRecord(row: ProblemRow | undefined): ProblemRecord | null {
  return row === undefined ? null : { ...row, details: JSON.parse(row.details) as JsonValue }
}

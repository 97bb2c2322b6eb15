import type { Database, Statement } from './database.ts'

/** What the first answer to a delivery held. */
export interface FirstAnswer {
  /** The problem that was answered (202), resolved since or not. */
  problemId: string | null
  /** The decision whose alerts were answered; null where none was made then. */
  decisionId: string | null
}

/** Finds what an event's first answer was made of: what re-processing added later is not part of it. */
export class FirstAnswerQuery {
  readonly #problem: Statement<[string], { id: string }>
  readonly #decision: Statement<[string], { id: string; isFirst: number }>

  constructor(db: Database) {
    // A schema without a package is answered 200 [], not as a problem; an interrupted evaluation that was made up for
    // was never answered.
    this.#problem = db.prepare(
      `SELECT id FROM problem WHERE event_id = +? AND chain_id IS NULL AND code <> 'no_policy'
         AND NOT (code = 'evaluation_interrupted' AND resolved_at IS NOT NULL) ORDER BY seq LIMIT 1`,
    )
    this.#decision = db.prepare(
      `SELECT id, input_parts = 'null' AS isFirst FROM decision WHERE event_id = +? AND kind = 'alert'
         ORDER BY place, seq LIMIT 1`,
    )
  }

  of(eventId: string): FirstAnswer {
    const decision = this.#decision.get(eventId)
    if (decision?.isFirst === 0) return { problemId: null, decisionId: null }
    return { problemId: this.#problem.get(eventId)?.id ?? null, decisionId: decision?.id ?? null }
  }
}

import type { Database, Statement } from './database.ts'

/** Prepares each statement of a store once. */
export class Statements {
  readonly #db: Database
  readonly #statements = new Map<string, Statement>()

  constructor(db: Database) {
    this.#db = db
  }

  /** A statement, prepared once. */
  protected sql(text: string): Statement {
    let statement = this.#statements.get(text)
    if (!statement) this.#statements.set(text, (statement = this.#db.prepare(text)))
    return statement
  }
}

import type { Database, Statement } from '../database.ts'

const statements = new WeakMap<Database, Map<string, Statement>>()

/**
 * A statement, prepared once per connection. `Arg` are the named parameters, `Row` is what the text selects: both are
 * promises of the caller, checked by the tests that read through the view's schema.
 */
export function prepared<Arg extends object, Row>(db: Database, sql: string): Statement<[Arg], Row> {
  const known = statements.get(db) ?? new Map<string, Statement>()
  statements.set(db, known)
  const statement = known.get(sql) ?? db.prepare(sql)
  known.set(sql, statement)
  return statement as Statement<[Arg], Row>
}

/** Every text that was prepared for this connection: what the query-plan test goes through. */
export function preparedTexts(db: Database): string[] {
  return [...(statements.get(db)?.keys() ?? [])]
}

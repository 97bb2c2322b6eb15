import type { JsonValue } from '../../../shared/model/json.ts'
import type { Database } from '../store/database.ts'

/** @returns the rows of every table, to look for what must stand in none */
export function everyRow(db: Database): JsonValue[] {
  const tables = db.prepare(`SELECT name FROM sqlite_master WHERE type = 'table'`).all() as { name: string }[] // as it says
  return tables.map(({ name }) => db.prepare(`SELECT * FROM "${name}"`).all() as JsonValue)
}

import type { Database } from './database.ts'

/** What the store keeps for itself, not for the analyst: one JSON value by key. @returns null when there is none */
export function readState(db: Database, key: string): unknown {
  const row = db.prepare<[string], { value: string }>('SELECT value FROM store_state WHERE key = ?').get(key)
  return row === undefined ? null : JSON.parse(row.value)
}

export function putState(db: Database, key: string, value: unknown): void {
  db.prepare('INSERT INTO store_state VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value').run(
    key,
    JSON.stringify(value),
  )
}

export function dropState(db: Database, key: string): void {
  db.prepare('DELETE FROM store_state WHERE key = ?').run(key)
}

import type { Database } from '../database.ts'

/** When a chain was held back: it starts nothing by itself until the analyst says *run* or *close*. */
export function up(db: Database): void {
  db.exec(`
ALTER TABLE chain ADD COLUMN held_at INTEGER;
CREATE INDEX chain_held ON chain (seq) WHERE held_at IS NOT NULL AND finished_at IS NULL;
`)
}

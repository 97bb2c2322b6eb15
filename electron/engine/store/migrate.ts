import { TocsinError } from '../../../shared/errors.ts'
import { faultPoint } from '../ports/fault-point.ts'
import type { Database } from './database.ts'
import { migrations, type Migration } from './migrations/index.ts'

/** The schema version that this program writes. */
export const LATEST_VERSION = latest(migrations)

/** The schema version of an open database; 0 for an empty one. */
export function schemaVersion(db: Database): number {
  return Number(db.pragma('user_version', { simple: true }))
}

/**
 * Brings the schema up to date: every missing migration and `user_version` in one transaction, so that a crash leaves
 * the old schema or the new one.
 * @returns the version it found
 * @throws TocsinError `store_future` when a newer program wrote the file
 */
export function migrate(db: Database, list: readonly Migration[] = migrations): number {
  const found = schemaVersion(db)
  refuseFuture(found, list)
  const missing = list.filter((migration) => migration.number > found)
  if (missing.length === 0) return found
  const apply = db.transaction(() => {
    for (const migration of missing) {
      migration.up(db)
      db.pragma(`user_version = ${migration.number}`)
    }
    requireIntactReferences(db)
    faultPoint('migrate:before')
  })
  // Tables are rebuilt without their references being followed; the pragma does nothing inside a transaction.
  db.pragma('foreign_keys = OFF')
  try {
    apply.immediate()
    faultPoint('migrate:after')
  } finally {
    db.pragma('foreign_keys = ON')
  }
  return found
}

/** @throws TocsinError `store_future` when a newer program wrote the file */
export function refuseFuture(version: number, list: readonly Migration[] = migrations): void {
  if (version <= latest(list)) return
  throw new TocsinError(
    'store_future',
    `This data folder was written by a newer Tocsin (schema ${version}, this one knows ${latest(list)}). Nothing was changed: install the newer version again.`,
  )
}

function latest(list: readonly Migration[]): number {
  const numbers = list.map((migration) => migration.number)
  if (numbers.some((number, index) => number <= (numbers[index - 1] ?? 0))) {
    throw new Error('Migrations must be listed with strictly increasing numbers')
  }
  return numbers.at(-1) ?? 0
}

function requireIntactReferences(db: Database): void {
  const broken = db.pragma('foreign_key_check') as unknown[]
  if (broken.length > 0) throw new Error(`A migration left ${broken.length} rows that refer to nothing`)
}

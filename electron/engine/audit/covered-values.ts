import { sha256 } from '../forms/canonical.ts'
import type { Database, Statement } from '../store/database.ts'
import { decodeBody } from '../store/stored-body.ts'
import type { RowKey } from './recorded-rows.ts'

interface Covered {
  value: Buffer | string | null
  encoding: string | null
  hash: string | null
  deletedAt: number | null
  isExpected: number
}

/** The values that a recorded hash covers, by table: what is there must have the hash, what is gone must say since when. */
export class CoveredValues {
  readonly #statements: Readonly<Record<string, Statement<[RowKey], Covered>>>

  constructor(db: Database) {
    this.#statements = {
      event: db.prepare(
        `SELECT b.body AS value, b.encoding, e.body_sha256 AS hash, e.body_deleted_at AS deletedAt, 1 AS isExpected
         FROM event AS e LEFT JOIN event_body AS b ON b.event_seq = e.seq WHERE e.seq = +?`,
      ),
      attempt: db.prepare(
        `SELECT result AS value, 'identity' AS encoding, result_sha256 AS hash, result_deleted_at AS deletedAt,
           result_sha256 IS NOT NULL AS isExpected FROM attempt WHERE seq = +?`,
      ),
      policy_form: db.prepare(
        `SELECT compiled AS value, 'identity' AS encoding, compiled_sha256 AS hash, NULL AS deletedAt,
           compiled_sha256 IS NOT NULL AS isExpected FROM policy_form WHERE seq = +?`,
      ),
    }
  }

  /** @returns what is wrong with the value beside a hash, or null */
  flawOf(table: string, key: RowKey): string | null {
    const covered = this.#statements[table]?.get(key)
    if (covered === undefined) return null
    const { value, hash, deletedAt, isExpected } = covered
    if (value === null) return isExpected === 1 && deletedAt === null ? 'what its hash covers is missing' : null
    if (deletedAt !== null) return 'what is said to be deleted is there'
    return hashOf(value, covered.encoding) === hash ? null : 'what its hash covers was changed'
  }
}

/** @returns null where the value cannot be read as it is said to be written */
function hashOf(value: Buffer | string, encoding: Covered['encoding']): string | null {
  if (encoding !== 'identity' && encoding !== 'deflate') return null
  try {
    return sha256(typeof value === 'string' ? value : decodeBody(value, encoding))
  } catch {
    return null
  }
}

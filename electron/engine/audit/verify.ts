import type { Database } from '../store/database.ts'
import { isSignedBy } from './audit-key.ts'
import { GENESIS_HASH, linkHash, type AuditLink } from './audit-log.ts'
import { canonicalHash } from '../canonical.ts'

/** Rows per slice: about 50 ms of checking, so that other readers get their turn. */
const ROWS_PER_SLICE = 2000

/** How far a verification has come; plain data, so that it can travel between slices. */
export interface AuditCheck {
  /** The last row that was checked, and its hash. */
  seq: number
  hash: string
  /** The last row under a good signature. */
  signedSeq: number
  /** The key in force; null before the first `audit.key` row. */
  publicKey: string | null
  keys: number
  isDone: boolean
  /** The first row that is not as it was written, or null. */
  firstBadSeq: number | null
  finding: string
}

interface AuditRow extends AuditLink {
  hash: string
  signature: string | null
}

export const CHECK_START: AuditCheck = {
  seq: 0,
  hash: GENESIS_HASH,
  signedSeq: 0,
  publicKey: null,
  keys: 0,
  isDone: false,
  firstBadSeq: null,
  finding: '',
}

/**
 * Checks the next rows of the chain: numbers without gaps, each hash over its row and the hash before it, signatures by
 * the key that the chain names, and that the acts are still what was hashed.
 * @param expectedKey the data folder's public key: the chain must end under it
 */
export function verifySlice(db: Database, check: AuditCheck, expectedKey: string): AuditCheck {
  const rows = db
    .prepare<[number, number], AuditRow>(
      `SELECT seq, at, kind, subject, record_sha256 AS recordSha256, prev_hash AS prevHash, hash, signature
       FROM audit WHERE seq > ? ORDER BY seq LIMIT ?`,
    )
    .all(check.seq, ROWS_PER_SLICE)
  let next = check
  for (const row of rows) {
    next = verifyRow(db, next, row)
    if (next.firstBadSeq !== null) return next
  }
  return rows.length === ROWS_PER_SLICE ? next : verifyEnd(db, next, expectedKey)
}

function verifyRow(db: Database, check: AuditCheck, row: AuditRow): AuditCheck {
  if (row.seq !== check.seq + 1) return bad(check, check.seq + 1, `row ${check.seq + 1} is missing`)
  if (row.prevHash !== check.hash) return bad(check, row.seq, `row ${row.seq} does not follow the row before it`)
  if (row.hash !== linkHash(row)) return bad(check, row.seq, `row ${row.seq} was changed`)
  if (row.kind === 'act' && actHash(db, row.subject) !== row.recordSha256) {
    return bad(check, row.seq, `the act that row ${row.seq} stands for was changed or is missing`)
  }
  const isKey = row.kind === 'audit.key'
  const publicKey = isKey ? row.subject : check.publicKey
  const next = { ...check, seq: row.seq, hash: row.hash, publicKey, keys: check.keys + Number(isKey) }
  if (row.signature === null) return next
  if (publicKey !== null && isSignedBy(publicKey, row.hash, row.signature)) return { ...next, signedSeq: row.seq }
  return bad(
    check,
    check.signedSeq + 1,
    `the signature of row ${row.seq} does not fit rows ${check.signedSeq + 1} to ${row.seq}`,
  )
}

function verifyEnd(db: Database, check: AuditCheck, expectedKey: string): AuditCheck {
  const written =
    db.prepare<[], { seq: number }>(`SELECT seq FROM sqlite_sequence WHERE name = 'audit'`).get()?.seq ?? 0
  if (written > check.seq) return bad(check, check.seq + 1, `rows ${check.seq + 1} to ${written} are missing`)
  if (check.signedSeq !== check.seq) return bad(check, check.signedSeq + 1, 'the last rows carry no signature')
  if (check.publicKey !== expectedKey)
    return bad(check, Math.max(1, check.seq), "the chain ends under another key than this data folder's")
  return { ...check, isDone: true }
}

function bad(check: AuditCheck, seq: number, finding: string): AuditCheck {
  return { ...check, isDone: true, firstBadSeq: seq, finding }
}

interface ActRow {
  id: string
  at: number
  by: string
  kind: string
  subjectKind: string
  subjectId: string
  chainId: string | null
  roundNo: number | null
  actionId: string | null
  attemptNo: number | null
  before: string
  after: string
  reason: string
}

/** The hash that `Writer` chained for this act; null when the row is gone or no longer JSON. */
function actHash(db: Database, id: string): string | null {
  const row = db
    .prepare<[string], ActRow>(
      `SELECT id, at, by, kind, subject_kind AS subjectKind, subject_id AS subjectId, chain_id AS chainId,
         round_no AS roundNo, action_id AS actionId, attempt_no AS attemptNo, before, after, reason
       FROM act WHERE id = ?`,
    )
    .get(id)
  if (row === undefined) return null
  const before: unknown = JSON.parse(row.before)
  const after: unknown = JSON.parse(row.after)
  return canonicalHash({ ...row, before, after })
}

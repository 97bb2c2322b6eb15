import type { AuditKey } from './audit-key.ts'
import type { RowKey } from './recorded-rows.ts'
import { TouchedRows } from './touched-rows.ts'
import { sha256 } from '../forms/canonical.ts'
import type { Database, Statement } from '../store/database.ts'

/** `prev_hash` of the first row. */
export const GENESIS_HASH = '0'.repeat(64)

export interface AuditHead {
  /** 0 when the chain is empty. */
  seq: number
  hash: string
}

export interface SignedHead extends AuditHead {
  /** Ed25519 over the hash, base64; '' when the chain is empty. */
  signature: string
}

/** What one commit wrote: the hash of each row as the commit left it, null for one that it deleted. */
export type AuditRecord = [table: string, key: RowKey, sha256: string | null]

/** What one row's hash covers: everything but the signature, which covers the hash. */
export interface AuditLink {
  seq: number
  at: number
  /** JSON list of `AuditRecord`. */
  records: string
  prevHash: string
}

/** The chain's writing end: one row per commit, written just before COMMIT. */
export class AuditLog {
  readonly #key: AuditKey
  readonly #keep: (head: AuditHead) => void
  readonly #touched: Pick<TouchedRows, 'mark' | 'rollbackTo' | 'take'>
  readonly #insert: Statement
  #head: AuditHead
  #nextHead: AuditHead

  /** @param keep told each head that is committed, before anybody is answered */
  constructor(db: Database, key: AuditKey, keep: (head: AuditHead) => void = () => undefined) {
    this.#key = key
    this.#keep = keep
    this.#touched = this.watch(db)
    this.#insert = db.prepare(
      'INSERT INTO audit (seq, at, records, prev_hash, hash, signature) VALUES (?, ?, ?, ?, ?, ?)',
    )
    this.#head = readAuditHead(db)
    this.#nextHead = this.#head
  }

  protected watch(db: Database): Pick<TouchedRows, 'mark' | 'rollbackTo' | 'take'> {
    return new TouchedRows(db)
  }

  /** How many written rows are noted; what `rollbackTo` takes. */
  mark(): number {
    return this.#touched.mark()
  }

  /** Forgets the rows that were written after the mark. */
  rollbackTo(mark: number): void {
    this.#touched.rollbackTo(mark)
  }

  /** Chains what this transaction wrote; inside it, before COMMIT. @param at epoch ms */
  write(at: number): void {
    const records: AuditRecord[] = this.#touched.take()
    if (records.length === 0) return
    const link = { seq: this.#head.seq + 1, at, records: JSON.stringify(records), prevHash: this.#head.hash }
    const hash = linkHash(link)
    this.#insert.run(link.seq, at, link.records, link.prevHash, hash, this.#key.sign(hash))
    this.#nextHead = { seq: link.seq, hash }
  }

  /** After COMMIT. */
  committed(): void {
    const isNew = this.#head !== this.#nextHead
    this.#head = this.#nextHead
    if (isNew) this.#keep(this.#head)
  }

  /** After ROLLBACK. */
  discard(): void {
    this.#nextHead = this.#head
    this.#touched.rollbackTo(0)
  }

  head(): AuditHead {
    return this.#head
  }
}

/** Writes nothing: of a store that ends with its process and is shown to nobody. */
export class NoAuditLog extends AuditLog {
  protected override watch(): Pick<TouchedRows, 'mark' | 'rollbackTo' | 'take'> {
    return { mark: () => 0, rollbackTo: () => undefined, take: () => [] }
  }
}

/** The last row of the chain as it is stored. */
export function readAuditHead(db: Database): AuditHead {
  const row = db.prepare<[], AuditHead>('SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1').get()
  return row ?? { seq: 0, hash: GENESIS_HASH }
}

/** The same with its signature. */
export function readSignedHead(db: Database): SignedHead {
  const row = db.prepare<[], SignedHead>('SELECT seq, hash, signature FROM audit ORDER BY seq DESC LIMIT 1').get()
  return row ?? { seq: 0, hash: GENESIS_HASH, signature: '' }
}

/** The hash of one row; null when there is no such row. */
export function hashAt(db: Database, seq: number): string | null {
  return db.prepare<[number], { hash: string }>('SELECT hash FROM audit WHERE seq = ?').get(seq)?.hash ?? null
}

/**
 * SHA-256 of the RFC 8785 form of the link. The members are written in RFC 8785's order (by code unit) by hand, which
 * is the same text three times faster.
 */
export function linkHash({ at, prevHash, records, seq }: AuditLink): string {
  return sha256(JSON.stringify({ at, prev_hash: prevHash, records, seq }))
}

import type { Database, Statement } from '../store/database.ts'
import type { AuditKey } from './audit-key.ts'
import { canonicalHash, sha256 } from '../canonical.ts'

/** `prev_hash` of the first row. */
export const GENESIS_HASH = '0'.repeat(64)

export interface AuditHead {
  /** 0 when the chain is empty. */
  seq: number
  hash: string
}

/** What one row's hash covers: everything but the signature, which covers the hash. */
export interface AuditLink {
  seq: number
  at: number
  kind: string
  subject: string
  recordSha256: string
  prevHash: string
}

interface Entry {
  at: number
  kind: string
  subject: string
  recordSha256: string
}

/**
 * The chain's writing end. Entries collect while a transaction's units run and are chained just before COMMIT, so that
 * only the last one of a commit carries a signature and a unit that is rolled back leaves none.
 */
export class AuditLog {
  readonly #key: AuditKey
  readonly #insert: Statement
  #head: AuditHead
  #nextHead: AuditHead
  #entries: Entry[] = []
  readonly #keep: (head: AuditHead) => void

  /** @param keep told each head that is committed, before anybody is answered */
  constructor(db: Database, key: AuditKey, keep: (head: AuditHead) => void = () => undefined) {
    this.#key = key
    this.#keep = keep
    this.#insert = db.prepare(
      `INSERT INTO audit (seq, at, kind, subject, record_sha256, prev_hash, hash, signature)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    this.#head = readAuditHead(db)
    this.#nextHead = this.#head
  }

  /** Remembers that this record was written, by its hash. */
  add(at: number, kind: string, subject: string, record: object): void {
    this.#entries.push({ at, kind, subject, recordSha256: canonicalHash(record) })
  }

  /** How many entries wait; what `rollbackTo` takes. */
  mark(): number {
    return this.#entries.length
  }

  /** Forgets the entries after the mark. */
  rollbackTo(mark: number): void {
    this.#entries.length = mark
  }

  /** Writes the waiting entries; inside the transaction, before COMMIT. */
  write(): void {
    let head = this.#head
    for (const [index, entry] of this.#entries.entries()) {
      const link = { ...entry, seq: head.seq + 1, prevHash: head.hash }
      const hash = linkHash(link)
      const signature = index === this.#entries.length - 1 ? this.#key.sign(hash) : null
      this.#insert.run(link.seq, link.at, link.kind, link.subject, link.recordSha256, link.prevHash, hash, signature)
      head = { seq: link.seq, hash }
    }
    this.#nextHead = head
  }

  /** After COMMIT. */
  committed(): void {
    const isNew = this.#head !== this.#nextHead
    this.#head = this.#nextHead
    this.#entries = []
    if (isNew) this.#keep(this.#head)
  }

  /** After ROLLBACK. */
  discard(): void {
    this.#nextHead = this.#head
    this.#entries = []
  }

  head(): AuditHead {
    return this.#head
  }
}

/** Writes nothing: of a store that ends with its process and is shown to nobody. */
export class NoAuditLog extends AuditLog {
  override add(): void {}
}

/** The last row of the chain as it is stored. */
export function readAuditHead(db: Database): AuditHead {
  const row = db.prepare<[], AuditHead>('SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1').get()
  return row ?? { seq: 0, hash: GENESIS_HASH }
}

/** The hash of one row; null when there is no such row. */
export function hashAt(db: Database, seq: number): string | null {
  return db.prepare<[number], { hash: string }>('SELECT hash FROM audit WHERE seq = ?').get(seq)?.hash ?? null
}

/**
 * SHA-256 of the RFC 8785 form of the link. The members are written in RFC 8785's order (by code unit) by hand, which
 * is the same text three times faster.
 */
export function linkHash(link: AuditLink): string {
  const { at, kind, prevHash, recordSha256, seq, subject } = link
  return sha256(JSON.stringify({ at, kind, prev_hash: prevHash, record_sha256: recordSha256, seq, subject }))
}

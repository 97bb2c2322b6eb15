import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { TocsinError } from '../../../shared/errors.ts'
import type { HandshakeKind } from '../../../shared/model/source-views.ts'
import type { Ids } from '../ports/ports.ts'
import type { Database, Statement } from './database.ts'
import type { Tx } from './writer.ts'

const TOKEN_BYTES = 32
const DAY_MS = 86_400_000
/** The list shows minutes; a write per request would cost more than it tells. */
const LAST_USED_STEP_MS = 60_000

/** Refused requests are kept for so long, by the day, in so many rows; what is beyond them is counted as from others. */
const REFUSAL_DAYS = 90
const MAX_REFUSALS_PER_DAY = 200
const OTHERS = 'others'

/** Refused requests that are alike. Of what they held, nothing is kept. */
export interface RefusalCount {
  /** '' without a known token. */
  sourceId: string
  code: string
  /** The address that they came from, or `proxy`. */
  remote: string
  count: number
}

export interface SourceRecord {
  id: string
  name: string
  createdAt: number
  lastUsedAt: number | null
  revokedAt: number | null
  handshake: HandshakeKind | null
}

/** A row of `source` as a copy of the database is compared by. */
export interface StoredSource extends Omit<SourceRecord, 'lastUsedAt'> {
  tokenHash: string | null
}

/** Every source of a database, this one's or another's. */
export function readSources(db: Database): StoredSource[] {
  return db
    .prepare<[], StoredSource>(
      `SELECT id, name, token_hash AS tokenHash, created_at AS createdAt, revoked_at AS revokedAt FROM source`,
    )
    .all()
}

interface ActiveSource {
  id: string
  name: string
  handshake: HandshakeKind | null
  hash: Buffer
}

/** Who may send events under a token of its own. Only the token's SHA-256 is stored. */
export class SourceStore {
  readonly #db: Database
  readonly #ids: Ids
  readonly #insert: Statement
  readonly #revoke: Statement
  readonly #handshake: Statement
  readonly #use: Statement
  readonly #refuse: Statement
  readonly #hasRefusal: Statement
  readonly #refusalsOfDay: Statement<[number], { count: number }>
  readonly #forgetRefusals: Statement
  readonly #byId: Statement<[string], SourceRecord>
  readonly #byName: Statement<[string], { id: string }>
  readonly #active: Statement<[], { id: string; name: string; tokenHash: string; handshake: HandshakeKind | null }>
  #cache: ActiveSource[] | null = null

  constructor(db: Database, ids: Ids) {
    this.#db = db
    this.#ids = ids
    this.#insert = db.prepare('INSERT INTO source (id, name, token_hash, created_at) VALUES (?, ?, ?, ?)')
    this.#revoke = db.prepare('UPDATE source SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL')
    this.#handshake = db.prepare('UPDATE source SET handshake = ? WHERE id = ? AND revoked_at IS NULL')
    this.#use = db.prepare('UPDATE source SET last_used_at = ? WHERE id = ? AND coalesce(last_used_at, 0) <= ?')
    this.#refuse = db.prepare(
      `INSERT INTO refusal VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET count = count + excluded.count, last_at = excluded.last_at`,
    )
    this.#hasRefusal = db.prepare('SELECT 1 FROM refusal WHERE day = ? AND source_id = ? AND code = ? AND remote = ?')
    this.#refusalsOfDay = db.prepare('SELECT count(*) AS count FROM refusal WHERE day = +?')
    this.#forgetRefusals = db.prepare('DELETE FROM refusal WHERE day < ?')
    this.#byId = db.prepare(
      `SELECT id, name, created_at AS createdAt, last_used_at AS lastUsedAt, revoked_at AS revokedAt,
         handshake FROM source WHERE id = ?`,
    )
    this.#byName = db.prepare('SELECT id FROM source WHERE name = ?')
    this.#active = db.prepare(
      `SELECT id, name, token_hash AS tokenHash, handshake FROM source
       WHERE token_hash IS NOT NULL AND revoked_at IS NULL`,
    )
  }

  /**
   * Makes a source.
   * @returns its token (256 random bits, base64url); it cannot be read again
   * @throws TocsinError `source_exists`
   */
  create(tx: Tx, name: string, by: string): { id: string; token: string } {
    if (this.#byName.get(name) !== undefined) {
      throw new TocsinError('source_exists', `There is a source named "${name}" already. Choose another name.`)
    }
    const id = this.#ids.uuid()
    const token = randomBytes(TOKEN_BYTES).toString('base64url')
    this.#cache = null
    this.#insert.run(id, name, hashToken(token).toString('hex'), tx.at)
    tx.act({ by, kind: 'source.create', subjectKind: 'source', subjectId: id, after: { name } })
    return { id, token }
  }

  /** Ends a source's token. @returns false when it was revoked already or is unknown */
  revoke(tx: Tx, id: string, by: string): boolean {
    this.#cache = null
    if (this.#revoke.run(tx.at, id).changes === 0) return false
    tx.act({ by, kind: 'source.revoke', subjectKind: 'source', subjectId: id })
    return true
  }

  /**
   * Where this database may be older than what has happened, the stricter of two words holds: a source that another copy has
   * is one here as well, so that a token is asked for as before, and what was revoked anywhere is revoked.
   * @param others of the other copy
   * @param revoked hashes of tokens that were ever revoked
   * @returns the names of the sources that were revoked now
   */
  takeStricter(tx: Tx, others: readonly StoredSource[], revoked: ReadonlySet<string>, by: string): string[] {
    const names = new Set(readSources(this.#db).map(({ name }) => name))
    const ended = new Set(others.filter(({ revokedAt }) => revokedAt !== null).map(({ id }) => id))
    for (const { id, name, tokenHash, createdAt } of others) {
      if (this.get(id) !== null) continue
      this.#insert.run(id, names.has(name) ? `${name} (${id})` : name, tokenHash, createdAt)
    }
    this.#cache = null
    const isOver = ({ id, tokenHash }: StoredSource): boolean => ended.has(id) || revoked.has(tokenHash ?? '')
    const over = readSources(this.#db).filter((source) => isOver(source) && this.revoke(tx, source.id, by))
    return over.map(({ name }) => name)
  }

  /** The SHA-256 of a source's token, in hexadecimal; '' when there is none. */
  tokenHash(id: string): string {
    return readSources(this.#db).find((source) => source.id === id)?.tokenHash ?? ''
  }

  /** The source whose token this is. Every active source is compared, in constant time each. */
  verify(token: string): { id: string; name: string } | null {
    const hash = hashToken(token)
    let found: { id: string; name: string } | null = null
    for (const source of this.#activeSources()) {
      if (timingSafeEqual(source.hash, hash)) found = { id: source.id, name: source.name }
    }
    return found
  }

  /** Whether any source has a token: then the receiver can ask for one. */
  hasTokens(): boolean {
    return this.#activeSources().length > 0
  }

  /**
   * Says in whose form a source is answered that asks whether its events are wanted; null: not at all.
   * @returns false when it was revoked or is unknown
   */
  setHandshake(tx: Tx, id: string, handshake: HandshakeKind | null, by: string): boolean {
    this.#cache = null
    const before = this.#byId.get(id)?.handshake ?? null
    if (this.#handshake.run(handshake, id).changes === 0) return false
    const acted = { kind: 'source.handshake', subjectKind: 'source', subjectId: id }
    tx.act({ by, ...acted, before: { handshake: before }, after: { handshake } })
    return true
  }

  /** The forms in which any source is answered so. */
  handshakes(): ReadonlySet<HandshakeKind> {
    return new Set(this.#activeSources().flatMap(({ handshake }) => handshake ?? []))
  }

  /** Notes that a source's token was used, to the minute. */
  noteUse(tx: Tx, id: string): void {
    this.#use.run(tx.at, id, tx.at - LAST_USED_STEP_MS)
  }

  /** Counts refused requests by the day, and forgets those of long ago. */
  noteRefusals(tx: Tx, counts: readonly RefusalCount[]): void {
    const day = Math.floor(tx.at / DAY_MS)
    this.#forgetRefusals.run(day - REFUSAL_DAYS)
    for (const { sourceId, code, remote, count } of counts) {
      const isKnown = this.#hasRefusal.get(day, sourceId, code, remote) !== undefined
      const isFull = !isKnown && (this.#refusalsOfDay.get(day)?.count ?? 0) >= MAX_REFUSALS_PER_DAY
      this.#refuse.run(day, sourceId, code, isFull ? OTHERS : remote, count, tx.at, tx.at)
    }
  }

  get(id: string): SourceRecord | null {
    return this.#byId.get(id) ?? null
  }

  #activeSources(): ActiveSource[] {
    // What a transaction sees may still be rolled back.
    if (this.#db.inTransaction) return this.#readActive()
    this.#cache ??= this.#readActive()
    return this.#cache
  }

  #readActive(): ActiveSource[] {
    return this.#active
      .all()
      .map(({ id, name, tokenHash, handshake }) => ({ id, name, handshake, hash: Buffer.from(tokenHash, 'hex') }))
  }
}

function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

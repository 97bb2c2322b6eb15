import type { Attribute } from '../../../shared/model/alert.ts'
import type { JsonValue } from '../../../shared/model/json.ts'
import type { Database, Statement } from './database.ts'
import type { Tx } from './writer.ts'

/** What a `ttl` of 0 means (`behaviour/alertchain.md` §3). */
const DEFAULT_TTL_SECONDS = 86_400

/** The present record of a namespace's attribute. */
export interface PersistentAttribute extends Attribute {
  namespace: string
  version: number
  validFrom: number
  expiresAt: number
  /** The chain that wrote it. */
  chainId: string
}

/** Who wrote a version. */
export interface AttributeOrigin {
  chainId: string
  attemptId: string | null
}

interface Row {
  namespace: string
  id: string
  version: number
  key: string
  value: string
  type: string
  ttl: number
  validFrom: number
  expiresAt: number
  chainId: string
}

interface Head {
  version: number
  ended: number
  expiresAt: number
  chainId: string
}

/** Attributes that outlive their alert: append-only versions, the whole record each time. */
export class PersistentAttributeStore {
  readonly #now: Statement<[string, number], Row>
  readonly #head: Statement<[string, string], Head>
  readonly #insert: Statement

  constructor(db: Database) {
    this.#now = db.prepare(
      `SELECT namespace, id, version, key, value, type, ttl, valid_from AS validFrom, expires_at AS expiresAt, chain_id AS chainId
       FROM persistent_attribute_now WHERE namespace = +? AND expires_at > +? ORDER BY seq`,
    )
    this.#head = db.prepare(
      `SELECT p.version, p.ended, p.expires_at AS expiresAt, chain_id AS chainId
       FROM persistent_attribute_head AS h JOIN persistent_attribute AS p ON p.seq = h.seq
       WHERE h.namespace = +? AND h.id = +?`,
    )
    this.#insert = db.prepare(
      `INSERT INTO persistent_attribute (namespace, id, version, key, value, type, ttl, valid_from, expires_at, ended,
         chain_id, attempt_id)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
  }

  /** What holds in a namespace at a time (epoch ms), in the order it was written; '' keeps nothing. */
  now(namespace: string, at: number): PersistentAttribute[] {
    if (namespace === '') return []
    return this.#now.all(namespace, at).map((row) => ({
      ...row,
      value: JSON.parse(row.value) as JsonValue,
      persist: true,
    }))
  }

  /** The number of a record's last version, ended and expired ones too; 0 when there never was one. */
  version(namespace: string, id: string): number {
    return this.#head.get(namespace, id)?.version ?? 0
  }

  /** The chain that wrote the last version of a record that no longer holds; null while it holds or when there is none. */
  lastWriterOfGone(namespace: string, id: string, at: number): string | null {
    const head = this.#head.get(namespace, id)
    return head !== undefined && (head.ended === 1 || head.expiresAt <= at) ? head.chainId : null
  }

  /**
   * Writes the record anew; its time to live starts again.
   * @returns the version written
   */
  write(tx: Tx, namespace: string, attribute: Attribute, origin: AttributeOrigin): number {
    return this.#append(tx, namespace, attribute, { isEnd: false, ...origin })
  }

  /**
   * Ends a record that holds now.
   * @returns whether there was one
   */
  end(tx: Tx, namespace: string, attribute: Attribute, origin: AttributeOrigin): boolean {
    const head = this.#head.get(namespace, attribute.id)
    if (head === undefined || head.ended === 1 || head.expiresAt <= tx.at) return false
    this.#append(tx, namespace, attribute, { isEnd: true, ...origin })
    return true
  }

  #append(tx: Tx, namespace: string, attribute: Attribute, how: AttributeOrigin & { isEnd: boolean }): number {
    const { id, key, value, type, ttl } = attribute
    const version = this.version(namespace, id) + 1
    // The record keeps the policy's own word: a `ttl` of 0 is seen as 0.
    const expiresAt = how.isEnd ? tx.at : tx.at + (ttl > 0 ? ttl : DEFAULT_TTL_SECONDS) * 1000
    const { isEnd, chainId, attemptId } = how
    this.#insert.run(
      namespace,
      id,
      version,
      key,
      JSON.stringify(value),
      type,
      ttl,
      tx.at,
      expiresAt,
      Number(isEnd),
      chainId,
      attemptId,
    )
    return version
  }
}

import type { EventOutcome } from '../../../shared/model/states.ts'
import { sha256 } from '../forms/canonical.ts'
import type { DeliveryId } from '../intake/delivery.ts'
import type { Ids } from '../ports/ports.ts'
import { hasReplacements } from '../forms/readable-text.ts'
import type { Database, Statement } from './database.ts'
import type { NewDecision } from './decision-store.ts'
import { EvaluatorStore, type Evaluator } from './evaluator-store.ts'
import { decodeBody, storedBody, type StoredBody } from './stored-body.ts'
import type { Tx } from './writer.ts'

/** What the receiver took in. `headers` and `query` come without credentials. */
export interface NewEvent {
  /** Made here unless given. */
  id?: string
  receivedAt: number
  schema: string
  route: string
  /** '' when no source's token was used. */
  sourceId: string
  /** Unique within its space and source. */
  deliveryId: Pick<DeliveryId, 'space' | 'id'> | null
  remote: string
  headers: Record<string, string>
  query: Record<string, string>
  /** SHA-256 of the credentials that came with it, or null. */
  credentialsHash: string | null
  body: Uint8Array
  /** The same as it is stored, where it is at hand. */
  stored?: StoredBody | undefined
  outcome: EventOutcome
  /** It holds what stands for a secret here, which policies see broken. */
  hasHandle?: boolean
  /** What the alert policy said before it was stored; null where it was not asked. */
  decision?: AlertDecision | null
}

/** The alert policy's decision about an event. */
export interface AlertDecision
  extends Evaluator, Pick<NewDecision, 'output' | 'nowNs' | 'seed' | 'durationUs' | 'prints' | 'error'> {
  /** SHA-256 of what the policy saw, where that is not the body as it came. */
  inputSha256: string | null
}

/** A stored event without its body. */
export interface EventRecord {
  seq: number
  id: string
  receivedAt: number
  schema: string
  route: string
  sourceId: string
  deliveryId: string | null
  remote: string
  outcome: EventOutcome
  bodySize: number
  bodySha256: string
  hasBody: boolean
  /** Its bytes hold something that is no character, or what stands for a secret here: policies see U+FFFD or ‹NAME› there. */
  isTextReplaced: boolean
}

/** SQLite has no booleans. */
interface EventRow extends Omit<EventRecord, 'hasBody' | 'isTextReplaced'> {
  hasBody: number
  isTextReplaced: number
}

interface BodyRow {
  body: Buffer
  encoding: 'identity' | 'deflate'
}

const COLUMNS = `seq, id, received_at AS receivedAt, schema, route, source_id AS sourceId, delivery_id AS deliveryId,
  remote, outcome, body_size AS bodySize, body_sha256 AS bodySha256,
  is_text_replaced AS isTextReplaced, EXISTS (SELECT 1 FROM event_body WHERE event_seq = seq) AS hasBody`

/** Events as they arrived. */
export class EventStore {
  readonly #ids: Ids
  readonly #evaluators: EvaluatorStore
  readonly #insert: Statement
  readonly #insertBody: Statement
  readonly #setOutcome: Statement
  readonly #byId: Statement<[string], EventRow>
  readonly #byDelivery: Statement<[string, string, string], EventRow>
  readonly #pending: Statement<[number, number], EventRow>
  readonly #withoutPolicy: Statement<[string, number, number], EventRow>
  readonly #body: Statement<[string], BodyRow>

  constructor(db: Database, ids: Ids) {
    this.#ids = ids
    this.#evaluators = new EvaluatorStore(db)
    this.#insert = db.prepare(
      `INSERT INTO event (id, received_at, schema, route, source_id, delivery_space, delivery_id, remote, headers,
         query, credentials_hash, body_size, body_sha256, is_text_replaced, outcome, evaluator, decided_at, input_sha256,
         output, now_ns, seed, duration_us, prints, error)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    this.#insertBody = db.prepare('INSERT INTO event_body VALUES (?, ?, ?)')
    this.#setOutcome = db.prepare('UPDATE event SET outcome = ? WHERE id = ?')
    this.#byId = db.prepare(`SELECT ${COLUMNS} FROM event WHERE id = ?`)
    this.#byDelivery = db.prepare(
      `SELECT ${COLUMNS} FROM event WHERE source_id = +? AND delivery_space = +? AND delivery_id = +?`,
    )
    this.#pending = db.prepare(
      `SELECT ${COLUMNS} FROM event WHERE outcome = 'pending' AND seq > +? ORDER BY seq LIMIT +?`,
    )
    this.#withoutPolicy = db.prepare(
      `SELECT ${COLUMNS} FROM event WHERE outcome = 'no_policy' AND schema = +? AND seq > +? ORDER BY seq LIMIT +?`,
    )
    this.#body = db.prepare(
      'SELECT b.body, b.encoding FROM event AS e JOIN event_body AS b ON b.event_seq = e.seq WHERE e.id = +?',
    )
  }

  /**
   * Stores the bytes as they came, zstd-compressed where that pays.
   * @throws SqliteError SQLITE_CONSTRAINT_UNIQUE on a repeat of a delivery id of the same source and space
   */
  insert(tx: Tx, event: NewEvent): { id: string; seq: number; sha256: string } {
    const id = event.id ?? this.#ids.uuid()
    const { receivedAt, schema, route, sourceId, remote, credentialsHash, outcome } = event
    const { space = null, id: deliveryId = null } = event.deliveryId ?? {}
    const bodySha256 = sha256(event.body)
    const size = event.body.byteLength
    const { decision = null } = event
    const { lastInsertRowid } = this.#insert.run(
      id,
      receivedAt,
      schema,
      route,
      sourceId,
      space,
      deliveryId,
      remote,
      JSON.stringify(event.headers),
      JSON.stringify(event.query),
      credentialsHash,
      size,
      bodySha256,
      Number(event.hasHandle === true || hasReplacements(event.body)),
      outcome,
      decision && this.#evaluators.seq(decision),
      decision && tx.at,
      decision && decision.inputSha256,
      decision && decision.output,
      decision && decision.nowNs,
      decision && decision.seed,
      decision && decision.durationUs,
      decision && decision.prints.length > 0 ? JSON.stringify(decision.prints) : null,
      decision?.error ? JSON.stringify(decision.error) : null,
    )
    const stored = event.stored ?? storedBody(event.body)
    this.#insertBody.run(lastInsertRowid, stored.encoding, stored.bytes)
    return { id, seq: Number(lastInsertRowid), sha256: bodySha256 }
  }

  /** What became of an event that was stored before (`pending`, or one that is processed again). */
  setOutcome(tx: Tx, id: string, outcome: EventOutcome, by = 'system'): void {
    const before = this.get(id)?.outcome ?? null
    this.#setOutcome.run(outcome, id)
    tx.act({ by, kind: 'event.outcome', subjectKind: 'event', subjectId: id, before, after: outcome })
  }

  get(id: string): EventRecord | null {
    return asRecord(this.#byId.get(id))
  }

  /** The event that came under this id before, per source ('' for none). */
  byDelivery(sourceId: string, { space, id }: Pick<DeliveryId, 'space' | 'id'>): EventRecord | null {
    return asRecord(this.#byDelivery.get(sourceId, space, id))
  }

  /** Events stored but not evaluated, oldest first: what a crash left behind. */
  pending(afterSeq = 0, limit = 100): EventRecord[] {
    return this.#pending.all(afterSeq, limit).map(toRecord)
  }

  /** Events of a schema that had no package, oldest first. */
  withoutPolicy(schema: string, afterSeq = 0, limit = 100): EventRecord[] {
    return this.#withoutPolicy.all(schema, afterSeq, limit).map(toRecord)
  }

  /** The bytes as they came; null when the event is unknown or its body was deleted by age. */
  body(id: string): Uint8Array | null {
    const row = this.#body.get(id)
    return row === undefined ? null : decodeBody(row.body, row.encoding)
  }
}

function asRecord(row: EventRow | undefined): EventRecord | null {
  return row === undefined ? null : toRecord(row)
}

function toRecord(row: EventRow): EventRecord {
  return { ...row, hasBody: row.hasBody === 1, isTextReplaced: row.isTextReplaced === 1 }
}

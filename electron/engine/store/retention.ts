import type { Database, Statement } from './database.ts'
import type { SearchIndex } from './search/search-index.ts'
import type { SettingStore } from './setting-store.ts'
import type { Tx, Writer } from './writer.ts'

/** Rows looked at per transaction, so that answers are not held up. */
const SLICE = 64
const DAY_MS = 86_400_000
/** The size cap never takes what came since yesterday: rows that it may not delete could alone be above the cap. */
const SAFE_MS = DAY_MS

interface Row {
  seq: number
  at: number
  isKept: number
}

interface Slice {
  deleted: number
  /** Where the next slice goes on; null when everything old was looked at. */
  next: number | null
}

/** Events that still matter: a chain about one of their alerts is open, or what it contained is still in force. */
const OPEN_CHAIN = `SELECT 1 FROM subject_alert AS s
  JOIN chain AS c ON c.subject_kind = s.subject_kind AND c.subject_id = s.subject_id
  WHERE s.event_id = e.id AND c.state IN ('queued', 'running', 'waiting')`
const IN_FORCE = `SELECT 1 FROM subject_alert AS s
  JOIN chain AS c ON c.subject_kind = s.subject_kind AND c.subject_id = s.subject_id
  JOIN action AS a ON a.chain_id = c.id
  JOIN active_containment AS t ON t.action_id = a.id
  WHERE s.event_id = e.id`

const BODIES = `SELECT b.event_seq AS seq, e.received_at AS at,
    e.outcome = 'pending' OR EXISTS (${OPEN_CHAIN}) OR EXISTS (${IN_FORCE}) AS isKept
  FROM event_body AS b JOIN event AS e ON e.seq = b.event_seq
  WHERE b.event_seq > ? ORDER BY b.event_seq LIMIT ${SLICE}`

/** An open chain of the same subject; as a re-run it may take over results of any earlier run. */
const OPEN_RUN = `SELECT 1 FROM chain AS o WHERE o.subject_kind = c.subject_kind AND o.subject_id = c.subject_id
  AND o.state IN ('queued', 'running', 'waiting')`

/** Rows are in the order of their intents; an outcome may have come much later, by the analyst. */
const RESULTS = `SELECT t.seq, t.intent_at AS at, t.outcome_at >= ? OR EXISTS (${OPEN_RUN})
    OR EXISTS (SELECT 1 FROM active_containment AS n WHERE n.id = t.id) AS isKept
  FROM attempt AS t JOIN action AS a ON a.id = t.action_id JOIN chain AS c ON c.id = a.chain_id
  WHERE t.result IS NOT NULL AND t.seq > ? ORDER BY t.seq LIMIT ${SLICE}`

/** How much one run deleted. */
export interface Deleted {
  bodies: number
  results: number
}

/**
 * *Keep events*: after so many days, or above so many bytes, the bodies of events and the results of attempts are
 * deleted, oldest first. Hashes, alerts, decisions, acts and the audit trail stay, and so does everything of an open
 * chain or an active containment.
 */
export class Retention {
  readonly #db: Database
  readonly #writer: Writer
  readonly #settings: SettingStore
  readonly #search: SearchIndex
  readonly #bodies: Statement<[number], Row>
  readonly #results: Statement<[number, number], Row>
  readonly #deleteBody: Statement
  readonly #noteBody: Statement
  readonly #deleteResult: Statement

  constructor(db: Database, parts: { writer: Writer; settings: SettingStore; search: SearchIndex }) {
    this.#db = db
    this.#writer = parts.writer
    this.#settings = parts.settings
    this.#search = parts.search
    this.#bodies = db.prepare(BODIES)
    this.#results = db.prepare(RESULTS)
    this.#deleteBody = db.prepare('DELETE FROM event_body WHERE event_seq = ?')
    this.#noteBody = db.prepare('UPDATE event SET body_deleted_at = ? WHERE seq = ?')
    this.#deleteResult = db.prepare('UPDATE attempt SET result = NULL, result_deleted_at = ? WHERE seq = ?')
  }

  /** @param now epoch ms */
  async run(now: number): Promise<Deleted> {
    const tooOld = now - this.#settings.get('retention.days') * DAY_MS
    const isAnyway = (): boolean => true
    const deleted = {
      bodies: await this.#inSlices(isAnyway, (tx, after) => this.#bodySlice(tx, after, tooOld)),
      results: await this.#inSlices(isAnyway, (tx, after) => this.#resultSlice(tx, after, tooOld)),
    }
    deleted.bodies += await this.#inSlices(
      () => this.#isOverCap(),
      (tx, after) => this.#bodySlice(tx, after, now - SAFE_MS),
    )
    if (deleted.bodies + deleted.results > 0) await this.#note(deleted)
    return deleted
  }

  async #inSlices(isNeeded: () => boolean, slice: (tx: Tx, after: number) => Slice): Promise<number> {
    let deleted = 0
    let next: number | null = 0
    while (next !== null && isNeeded()) {
      const after: number = next
      const done = await this.#writer.commitAlone('retention', (tx) => slice(tx, after))
      deleted += done.deleted
      next = done.next
    }
    return deleted
  }

  #bodySlice(tx: Tx, after: number, before: number): Slice {
    return takeOld(this.#bodies.all(after), before, (seq) => {
      this.#deleteBody.run(seq)
      this.#noteBody.run(tx.at, seq)
      this.#search.wake()
    })
  }

  #resultSlice(tx: Tx, after: number, before: number): Slice {
    return takeOld(this.#results.all(before, after), before, (seq) => this.#deleteResult.run(tx.at, seq))
  }

  /** Whether the pages in use (not the file, which never shrinks) are above the cap. */
  #isOverCap(): boolean {
    const cap = this.#settings.get('retention.maxBytes')
    if (cap === 0) return false
    const pragma = (name: 'page_count' | 'freelist_count' | 'page_size'): number =>
      Number(this.#db.pragma(name, { simple: true }))
    return (pragma('page_count') - pragma('freelist_count')) * pragma('page_size') > cap
  }

  async #note(deleted: Deleted): Promise<void> {
    await this.#writer.commitAlone('retention', (tx) =>
      tx.act({
        by: 'system',
        kind: 'retention',
        subjectKind: 'store',
        subjectId: 'events',
        after: { bodies: deleted.bodies, results: deleted.results },
      }),
    )
  }
}

/** Rows come in the order in which they were written, so the first one that is young enough ends the walk. */
function takeOld(rows: Row[], before: number, take: (seq: number) => void): Slice {
  const firstYoung = rows.findIndex((row) => row.at >= before)
  const old = firstYoung === -1 ? rows : rows.slice(0, firstYoung)
  const unneeded = old.filter((row) => row.isKept === 0)
  for (const row of unneeded) take(row.seq)
  return { deleted: unneeded.length, next: firstYoung === -1 ? (rows.at(-1)?.seq ?? null) : null }
}

import { readableText } from '../../forms/readable-text.ts'
import type { Database, Statement } from '../database.ts'
import { decodeBody } from '../stored-body.ts'
import { eventWords } from './event-words.ts'

/** Of one transaction: full text is merged at every commit, so fewer cost more. */
const SLICE_ALERTS = 512
/** What is read for one slice, bodies as they are stored; it ends with the alert that goes beyond. */
const SLICE_BYTES = 256 * 1024
const SLICE_DELETED = 64
/** Looked at of one event and of the facts of one alert: a thread that a single one could end would end at it each time. */
const READ_BYTES = 1024 * 1024
const FACTS_CHARACTERS = 256 * 1024

/**
 * How far an index has come, and in which database: the last row of the audit trail that was there then. A database that has
 * that row is the same one or what became of it; one that was put back from before it, or any other, has not.
 */
export interface Mark {
  alertSeq: number
  /** Of `deleted_body`. */
  deletedSeq: number
  /** 0 where there is no trail yet. */
  auditSeq: number
  auditHash: string
}

export interface AlertText {
  seq: number
  text: string
}

/** What an index that stands at one mark lacks; `mark` is where it stands then. Texts are made one at a time, as they are taken. */
export interface Slice {
  mark: Mark
  added: Iterable<AlertText>
  /** Alerts that are in the index and whose event has lost its body. */
  changed: Iterable<AlertText>
}

interface Row {
  seq: number
  facts: string
  body: Buffer | null
  encoding: 'identity' | 'deflate' | null
}

const ALERT = `SELECT a.seq, b.body, b.encoding,
    substr(a.title || char(10) || a.description || char(10) || a.source || char(10) || a.schema || char(10) || a.namespace
      || char(10) || a.tags || char(10) || coalesce((
        SELECT group_concat(t.key || ' ' || t.value, char(10)) FROM attribute AS t WHERE t.alert_seq = a.seq), ''), 1, ${FACTS_CHARACTERS}) AS facts
  FROM alert AS a JOIN event AS e ON e.id = a.event_id LEFT JOIN event_body AS b ON b.event_seq = e.seq`
const NEXT = `${ALERT} WHERE a.seq > +? ORDER BY a.seq LIMIT ${SLICE_ALERTS}`
const OF_EVENT = `${ALERT} WHERE a.event_id = (SELECT id FROM event WHERE seq = +?) AND a.seq <= +?`
const DELETED = `SELECT seq, event_seq AS eventSeq FROM deleted_body WHERE seq > +? ORDER BY seq LIMIT ${SLICE_DELETED}`
const NEWEST_DELETED = 'SELECT coalesce(max(seq), 0) AS seq FROM deleted_body'
const TRAIL = 'SELECT seq AS auditSeq, hash AS auditHash FROM audit ORDER BY seq DESC LIMIT 1'
const IN_TRAIL = 'SELECT 1 FROM audit WHERE seq = +? AND hash = +?'

/** What an index is made of: facts and attributes of alerts and the words of their events, read from the database. */
export class AlertTexts {
  readonly #db: Database
  readonly #next: Statement<[number], Row>
  readonly #ofEvent: Statement<[number, number], Row>
  readonly #deleted: Statement<[number], { seq: number; eventSeq: number }>
  readonly #newestDeleted: Statement<[], { seq: number }>
  readonly #trail: Statement<[], Pick<Mark, 'auditSeq' | 'auditHash'>>
  readonly #inTrail: Statement<[number, string]>

  /** @param db a connection that need not write */
  constructor(db: Database) {
    this.#db = db
    this.#next = db.prepare(NEXT)
    this.#ofEvent = db.prepare(OF_EVENT)
    this.#deleted = db.prepare(DELETED)
    this.#newestDeleted = db.prepare(NEWEST_DELETED)
    this.#trail = db.prepare(TRAIL)
    this.#inTrail = db.prepare(IN_TRAIL)
  }

  /** Where an empty index stands: what was deleted before was never in it. */
  start(): Mark {
    return { alertSeq: 0, deletedSeq: this.#newestDeleted.get()?.seq ?? 0, ...this.#end() }
  }

  /** Whether an index that stands there is one of this database. */
  knows({ auditSeq, auditHash }: Mark): boolean {
    return auditSeq === 0 || this.#inTrail.get(auditSeq, auditHash) !== undefined
  }

  /** @returns null when an index that stands there lacks nothing */
  after(mark: Mark): Slice | null {
    const read = this.#db.transaction(() => this.#read(mark))
    const { end, added, deleted, changed } = read()
    if (added.length + deleted.length === 0) return null
    return {
      mark: {
        alertSeq: added.at(-1)?.seq ?? mark.alertSeq,
        deletedSeq: deleted.at(-1)?.seq ?? mark.deletedSeq,
        ...end,
      },
      added: textsOf(added),
      changed: textsOf(changed),
    }
  }

  /** Reads one state of the database and no longer than that takes: what is read keeps its log from beginning anew. */
  #read(mark: Mark) {
    const deleted = this.#deleted.all(mark.deletedSeq)
    const changed = deleted.flatMap(({ eventSeq }) => this.#ofEvent.all(eventSeq, mark.alertSeq))
    const added: Row[] = []
    let bytes = 0
    for (const row of this.#next.iterate(mark.alertSeq)) {
      added.push(row)
      bytes += row.facts.length + (row.body?.length ?? 0)
      if (bytes > SLICE_BYTES) break
    }
    return { end: this.#end(), deleted, changed, added }
  }

  #end(): Pick<Mark, 'auditSeq' | 'auditHash'> {
    return this.#trail.get() ?? { auditSeq: 0, auditHash: '' }
  }
}

function* textsOf(rows: Row[]): Iterable<AlertText> {
  for (const { seq, facts, body, encoding } of rows) {
    const read = body === null || encoding === null ? null : decodeBody(body, encoding).subarray(0, READ_BYTES)
    const words = read === null ? '' : eventWords(readableText(read).text)
    yield { seq, text: `${facts}\n${words}` }
  }
}

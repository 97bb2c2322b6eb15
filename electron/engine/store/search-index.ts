import type { JsonValue } from '../../../shared/model/json.ts'
import type { Clock, Log } from '../ports.ts'
import { errorMessage } from '../../../shared/errors.ts'
import { readableText } from '../readable-text.ts'
import { isIndexDamage, type Database, type Statement } from './database.ts'
import { decodeBody } from './event-store.ts'
import type { Tx, Writer } from './writer.ts'

/** Alerts read at once. */
const PAGE = 64
/** Alerts per transaction, and characters of their text: about 15 ms. Full text is merged at every commit, so fewer cost less. */
const SLICE = 512
const SLICE_CHARACTERS = 512 * 1024
/** New alerts collect this long; with the slices that follow, the index is at most a second behind. */
const COLLECT_MS = 200
/** After a failed slice (full disk). */
const RETRY_MS = 5000
/** Text taken of one event; what matters of a larger one is in its alert. */
const MAX_BODY_CHARACTERS = 8192

interface Row {
  seq: number
  text: string
  body: Buffer | null
  encoding: 'identity' | 'zstd' | null
}

const TEXT = `SELECT a.seq, b.body, b.encoding,
    a.title || char(10) || a.description || char(10) || a.source || char(10) || a.schema || char(10) || a.namespace
      || char(10) || a.tags || char(10) || coalesce((
        SELECT group_concat(t.key || ' ' || t.value, char(10)) FROM attribute AS t WHERE t.alert_seq = a.seq), '') AS text
  FROM alert AS a JOIN event AS e ON e.id = a.event_id LEFT JOIN event_body AS b ON b.event_seq = e.seq`

/**
 * Full text of alerts: facts, attributes, and the words of the event. It follows the alerts by a watermark, in
 * transactions of its own, never in an answer's.
 */
export class SearchIndex {
  readonly #writer: Writer
  readonly #clock: Clock
  readonly #log: Log
  readonly #watermark: Statement<[], { watermark: number }>
  readonly #newest: Statement<[], { seq: number }>
  readonly #next: Statement<[number, number], Row>
  readonly #ofEvent: Statement<[number], Row>
  readonly #insert: Statement
  readonly #delete: Statement
  readonly #advance: Statement
  readonly #empty: Statement
  #cancel: (() => void) | null = null
  #running: Promise<void> | null = null
  #isStopped = false

  constructor(db: Database, writer: Writer, ports: { clock: Clock; log: Log }) {
    this.#writer = writer
    this.#clock = ports.clock
    this.#log = ports.log
    this.#watermark = db.prepare('SELECT watermark FROM search_state')
    this.#newest = db.prepare('SELECT coalesce(max(seq), 0) AS seq FROM alert')
    this.#next = db.prepare(`${TEXT} WHERE a.seq > +? ORDER BY a.seq LIMIT +?`)
    this.#ofEvent = db.prepare(
      `${TEXT} WHERE a.event_id = (SELECT id FROM event WHERE seq = +?) AND a.seq <= (SELECT watermark FROM search_state)`,
    )
    this.#insert = db.prepare('INSERT INTO alert_search (rowid, text) VALUES (?, ?)')
    this.#delete = db.prepare('DELETE FROM alert_search WHERE rowid = ?')
    this.#advance = db.prepare('UPDATE search_state SET watermark = ?')
    this.#empty = db.prepare(`INSERT INTO alert_search (alert_search) VALUES ('delete-all')`)
  }

  /** There are new alerts: index them soon. */
  wake(): void {
    if (this.#cancel !== null || this.#running !== null || this.#isStopped) return
    this.#schedule(COLLECT_MS)
  }

  /** How many alerts (at most) are not in the index yet. */
  lag(): number {
    return (this.#newest.get()?.seq ?? 0) - (this.#watermark.get()?.watermark ?? 0)
  }

  /** Indexes everything that is stored now. */
  catchUp(): Promise<void> {
    this.#running ??= this.#run().finally(() => {
      this.#running = null
    })
    return this.#running
  }

  /** Makes the index anew from the rows, slice by slice: searches find what is in it already. */
  async rebuild(): Promise<void> {
    await this.#writer.commitAlone('search', () => this.#reset())
    await this.catchUp()
  }

  /** No further slice starts. */
  stop(): void {
    this.#isStopped = true
    this.#cancel?.()
    this.#cancel = null
  }

  /** Takes the words of an event's body out of the index, after the body was deleted. */
  forgetBody(_tx: Tx, eventSeq: number): void {
    for (const row of this.#ofEvent.all(eventSeq)) {
      this.#delete.run(row.seq)
      this.#insert.run(row.seq, row.text)
    }
  }

  #schedule(delayMs: number): void {
    this.#cancel = this.#clock.after(delayMs, () => {
      this.#cancel = null
      this.catchUp().catch((error: unknown) => {
        this.#log.warn('The search index could not be brought up to date', { reason: errorMessage(error) })
        if (!this.#isStopped) this.#schedule(RETRY_MS)
      })
    })
  }

  async #run(): Promise<void> {
    while (!this.#isStopped && this.lag() > 0) {
      try {
        await this.#writer.commitAlone('search', () => this.#slice())
      } catch (error) {
        if (!isIndexDamage(error)) throw error
        this.#log.warn('The search index was damaged and is made anew')
        await this.#writer.commitAlone('search', () => this.#reset())
      }
    }
  }

  #reset(): void {
    this.#empty.run()
    this.#advance.run(0)
  }

  #slice(): void {
    let at = this.#watermark.get()?.watermark ?? 0
    let characters = 0
    for (let count = 0; count < SLICE && characters < SLICE_CHARACTERS; count += PAGE) {
      const rows = this.#next.all(at, PAGE)
      for (const row of rows) {
        const text = `${row.text}\n${bodyWords(row)}`
        this.#insert.run(row.seq, text)
        characters += text.length
      }
      at = rows.at(-1)?.seq ?? this.#newest.get()?.seq ?? at
      if (rows.length < PAGE) break
    }
    this.#advance.run(at)
  }
}

/** Strings and numbers of the event, each once, without its keys: those are the same in all events of a schema. */
function bodyWords(row: Row): string {
  if (row.body === null || row.encoding === null) return ''
  const words = new Set<string>()
  let room = MAX_BODY_CHARACTERS
  const collect = (value: JsonValue): void => {
    if (room <= 0 || value === null || typeof value === 'boolean') return
    if (typeof value === 'object') {
      for (const member of Object.values(value)) collect(member)
      return
    }
    const word = String(value).slice(0, room)
    if (words.has(word)) return
    words.add(word)
    room -= word.length + 1
  }
  try {
    collect(JSON.parse(readableText(decodeBody(row.body, row.encoding)).text) as JsonValue)
  } catch {
    // An event is stored whatever it holds; one that is not JSON has no words of its own.
    return ''
  }
  return [...words].join('\n')
}

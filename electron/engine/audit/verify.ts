import { openReader, type Database, type Statement } from '../store/database.ts'
import { isSignedBy } from './audit-key.ts'
import { GENESIS_HASH, hashAt, linkHash, type AuditHead, type AuditLink, type AuditRecord } from './audit-log.ts'
import { CoveredValues } from './covered-values.ts'
import { RECORDED_TABLES, RecordedRows, type RowKey } from './recorded-rows.ts'

/** Rows of the trail, and records, per slice: about 50 ms of checking. */
const LINKS_PER_SLICE = 500
const RECORDS_PER_SLICE = 2000

/** How far a verification has come. */
export interface AuditCheck {
  /** Rows of the trail that are sound. */
  rows: number
  /** Records that were compared with their rows. */
  records: number
  /** Keys that the trail was signed under. */
  keys: number
  isDone: boolean
  /** The row of the trail at which something is not as it was written, or null. */
  firstBadSeq: number | null
  finding: string
}

/** What is known of the trail's end from elsewhere. */
export interface ExpectedEnd {
  publicKey: string | null
  heads: readonly (AuditHead & { where: string })[]
}

interface StoredLink extends AuditLink {
  hash: string
  signature: string
}

/** The last record of every row that the trail names. */
export const LAST_RECORDS = `DROP TABLE IF EXISTS temp.last_record;
  CREATE TEMP TABLE last_record (name TEXT, key ANY, sha256 TEXT, seq INTEGER, PRIMARY KEY (name, key)) STRICT, WITHOUT ROWID`

/**
 * SQL for the key of a row that no record names. Without the plus SQLite would convert each key to the type of the column, and
 * look at all of them for every row. Names come from the schema, never from outside.
 */
export function unrecordedIn(table: string, key: string): string {
  const known = `SELECT 1 FROM temp.last_record WHERE name = +? AND key = +t.${key}`
  return ['SELECT', key, 'AS key FROM', table, 'AS t WHERE NOT EXISTS (', known, ') LIMIT 1'].join(' ')
}

/** What is executed for every row is prepared once: 600,000 statements are gigabytes before they are collected. */
interface Statements {
  links: Statement<[number, number], StoredLink>
  note: Statement
  records: Statement<[string, RowKey, number], LastRecord>
}

function prepareAll(db: Database): Statements {
  return {
    links: db.prepare(
      'SELECT seq, at, records, prev_hash AS prevHash, hash, signature FROM audit WHERE seq > +? ORDER BY seq LIMIT +?',
    ),
    note: db.prepare('INSERT OR REPLACE INTO temp.last_record VALUES (?, ?, ?, ?)'),
    records: db.prepare(
      'SELECT name, key, sha256, seq FROM temp.last_record WHERE (name, key) > (+?, +?) ORDER BY name, key LIMIT +?',
    ),
  }
}

interface LastRecord {
  name: string
  key: RowKey
  sha256: string | null
  seq: number
}

/**
 * Verifies a whole store as one reader sees it: every row of the trail follows the one before it and is signed by the key
 * that the trail names; the last record of every row is the row as it is; no row is without a record; and what a hash covers
 * is what was hashed, or was deleted by age and says so.
 */
export class AuditVerification {
  readonly #db: Database
  readonly #isOwn: boolean
  readonly #expected: ExpectedEnd
  readonly #rows: RecordedRows
  readonly #covered: CoveredValues
  readonly #statements: Statements
  #check: AuditCheck = { rows: 0, records: 0, keys: 0, isDone: false, firstBadSeq: null, finding: '' }
  #hash = GENESIS_HASH
  #publicKey: string | null = null
  #isChainDone = false
  #areRecordsDone = false
  /** How many tables were searched for rows without a record. */
  #tables = 0
  #after: { name: string; key: RowKey } = { name: '', key: '' }

  /**
   * @param db read from; of a file another connection is opened, so that one state of it is seen while others write
   * @param expected.publicKey of the data folder's key, under which the trail must end; null where it is not known
   * @param expected.heads remembered outside of the database, each with where it was
   */
  constructor(db: Database, expected: ExpectedEnd) {
    this.#isOwn = db.name !== ':memory:'
    this.#db = this.#isOwn ? openReader(db.name) : db
    this.#expected = expected
    if (this.#isOwn) this.#db.exec('BEGIN')
    this.#rows = new RecordedRows(this.#db)
    this.#covered = new CoveredValues(this.#db)
    this.#db.exec(LAST_RECORDS)
    this.#statements = prepareAll(this.#db)
  }

  /** Checks the next slice. */
  next(): AuditCheck {
    if (!this.#check.isDone) {
      if (this.#areRecordsDone) this.#checkUnrecorded()
      else if (this.#isChainDone) this.#checkRecords()
      else this.#checkLinks()
    }
    return this.#check
  }

  close(): void {
    if (this.#isOwn) this.#db.close()
    else this.#db.exec('DROP TABLE IF EXISTS temp.last_record')
  }

  #checkLinks(): void {
    const links = this.#statements.links.all(this.#check.rows, LINKS_PER_SLICE)
    for (const link of links) if (!this.#checkLink(link)) return
    if (links.length === LINKS_PER_SLICE) return
    this.#checkEnd()
    this.#isChainDone = true
  }

  #checkLink(link: StoredLink): boolean {
    const seq = this.#check.rows + 1
    if (link.seq !== seq) return this.#bad(seq, `row ${seq} of the trail is missing`)
    if (link.prevHash !== this.#hash) return this.#bad(seq, `row ${seq} of the trail does not follow the row before it`)
    if (link.hash !== linkHash(link)) return this.#bad(seq, `row ${seq} of the trail was changed`)
    for (const record of JSON.parse(link.records) as AuditRecord[]) if (!this.#note(record, seq)) return false
    if (this.#publicKey === null || !isSignedBy(this.#publicKey, link.hash, link.signature))
      return this.#bad(seq, `the signature of row ${seq} of the trail is not the key's`)
    this.#hash = link.hash
    this.#check.rows = seq
    return true
  }

  /** Remembers the last record of a row; a key counts from the row that names it. */
  #note([name, key, sha256]: AuditRecord, seq: number): boolean {
    this.#statements.note.run(name, key, sha256, seq)
    if (name !== 'audit_key') return true
    if (this.#rows.hash(name, key) !== sha256)
      return this.#bad(seq, `the key that row ${seq} of the trail names was changed`)
    const row = this.#db.prepare<[RowKey], { publicKey: string }>(
      'SELECT public_key AS publicKey FROM audit_key WHERE seq = ?',
    )
    this.#publicKey = row.get(key)?.publicKey ?? null
    this.#check.keys += 1
    return true
  }

  #checkEnd(): boolean {
    const { rows } = this.#check
    const { publicKey, heads } = this.#expected
    const sequence = this.#db.prepare<[], { seq: number }>(`SELECT seq FROM sqlite_sequence WHERE name = 'audit'`).get()
    const written = Math.max(sequence?.seq ?? 0, ...heads.map(({ seq }) => seq))
    if (written > rows) return this.#bad(rows + 1, `rows ${rows + 1} to ${written} of the trail are missing`)
    if (publicKey !== null && publicKey !== this.#publicKey)
      return this.#bad(Math.max(1, rows), "the trail ends under another key than this data folder's")
    const other = heads.find(({ seq, hash }) => seq > 0 && hashAt(this.#db, seq) !== hash)
    return (
      other === undefined ||
      this.#bad(other.seq, `row ${other.seq} of the trail is not the one that was remembered ${other.where}`)
    )
  }

  #checkRecords(): void {
    if (this.#check.isDone) return
    const { name, key } = this.#after
    const records = this.#statements.records.all(name, key, RECORDS_PER_SLICE)
    for (const record of records) if (!this.#checkRecord(record)) return
    this.#check.records += records.length
    const last = records.at(-1)
    if (last) this.#after = { name: last.name, key: last.key }
    this.#areRecordsDone = records.length < RECORDS_PER_SLICE
  }

  #checkRecord({ name, key, sha256, seq }: LastRecord): boolean {
    const now = this.#rows.hash(name, key)
    const row = `row ${key} of ${name}`
    if (now === null && sha256 !== null) return this.#bad(seq, `${row} is missing`)
    if (now !== sha256) return this.#bad(seq, `${row} is not what was recorded`)
    const flaw = now === null ? null : this.#covered.flawOf(name, key)
    return flaw === null || this.#bad(seq, `${row}: ${flaw}`)
  }

  /** A row that no record names was written behind the app's back. One table each time. */
  #checkUnrecorded(): void {
    const table = RECORDED_TABLES[this.#tables]
    this.#tables += 1
    this.#check.isDone = table === undefined
    if (table === undefined) return
    const { name, key } = table
    const found = this.#db.prepare<[string], { key: RowKey }>(unrecordedIn(name, key)).get(name)
    if (found) this.#bad(this.#check.rows, `row ${found.key} of ${name} was never recorded`)
  }

  #bad(seq: number, finding: string): false {
    this.#check = { ...this.#check, isDone: true, firstBadSeq: seq, finding }
    return false
  }
}

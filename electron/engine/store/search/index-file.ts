import { rmSync } from 'node:fs'
import { faultPoint } from '../../ports/fault-point.ts'
import { makePrivateFile } from '../../files/private-file.ts'
import { openWriter, type Database, type Statement } from '../database.ts'
import { findDamage } from '../soundness.ts'
import type { Mark, Slice } from './alert-texts.ts'

/** What the tables below hold and how; an index of another number is made anew. */
const FORMAT = 1
/** New rows are appended and merged; a larger cache is not used. */
const CACHE_KIB = 2048

/** Punctuation separates: a search for 10.0.0.1 is the phrase "10 0 0 1", one for a file name finds it in any path. */
const TABLES = `
CREATE VIRTUAL TABLE alert_text USING fts5(text, content='', contentless_delete=1, tokenize='unicode61');
CREATE TABLE mark (
  alert_seq INTEGER NOT NULL,
  deleted_seq INTEGER NOT NULL,
  audit_seq INTEGER NOT NULL,
  audit_hash TEXT NOT NULL
) STRICT;
`

const MARK =
  'SELECT alert_seq AS alertSeq, deleted_seq AS deletedSeq, audit_seq AS auditSeq, audit_hash AS auditHash FROM mark'

/** The file with the full text of alerts, which can be made again from the database at any time. One connection writes it. */
export class IndexFile {
  readonly #db: Database
  readonly #insert: Statement
  readonly #delete: Statement
  readonly #setMark: Statement<[Mark]>
  #mark: Mark

  private constructor(db: Database) {
    this.#db = db
    this.#insert = db.prepare('INSERT INTO alert_text (rowid, text) VALUES (?, ?)')
    this.#delete = db.prepare('DELETE FROM alert_text WHERE rowid = ?')
    this.#setMark = db.prepare(
      'UPDATE mark SET alert_seq = @alertSeq, deleted_seq = @deletedSeq, audit_seq = @auditSeq, audit_hash = @auditHash',
    )
    const mark = db.prepare<[], Mark>(MARK).get()
    if (mark === undefined) throw new Error('it has no mark')
    this.#mark = mark
  }

  /**
   * Opens an index that is there.
   * @throws Error why it cannot be used, SqliteError where it is no file of SQLite's
   */
  static open(path: string): IndexFile {
    return withConnection(path, (db) => {
      const format = Number(db.pragma('user_version', { simple: true }))
      if (format !== FORMAT) throw new Error(`its format is ${format}`)
      const damage = findDamage(db, path, false)
      if (damage !== null) throw new Error(`it is damaged: ${damage}`)
      return new IndexFile(db)
    })
  }

  /** Puts an empty index in the place of what is there. */
  static make(path: string, start: Mark): IndexFile {
    for (const suffix of ['', '-wal', '-shm']) rmSync(path + suffix, { force: true })
    makePrivateFile(path)
    return withConnection(path, (db) => {
      db.transaction(() => {
        db.exec(TABLES)
        db.prepare('INSERT INTO mark VALUES (@alertSeq, @deletedSeq, @auditSeq, @auditHash)').run(start)
        db.pragma(`user_version = ${FORMAT}`)
      })()
      return new IndexFile(db)
    })
  }

  mark(): Mark {
    return this.#mark
  }

  /** Takes a slice in and moves on to its mark, in one transaction. */
  add({ mark, added, changed }: Slice): void {
    this.#db.transaction(() => {
      for (const { seq, text } of changed) {
        this.#delete.run(seq)
        this.#insert.run(seq, text)
      }
      for (const { seq, text } of added) this.#insert.run(seq, text)
      this.#setMark.run(mark)
      faultPoint('search:before')
    })()
    faultPoint('search:after')
    this.#mark = mark
  }

  close(): void {
    this.#db.close()
  }
}

function withConnection(path: string, make: (db: Database) => IndexFile): IndexFile {
  const db = openWriter(path)
  try {
    // A power cut may cost the last transactions, with the marks that they set: they are made again.
    db.pragma('synchronous = NORMAL')
    db.pragma(`cache_size = -${CACHE_KIB}`)
    return make(db)
  } catch (error) {
    db.close()
    throw error
  }
}

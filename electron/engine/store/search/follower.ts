import { existsSync } from 'node:fs'
import { errorMessage, TocsinError } from '../../../../shared/errors.ts'
import { isCorruption, openReader, type Database } from '../database.ts'
import { AlertTexts } from './alert-texts.ts'
import { IndexFile } from './index-file.ts'

/** The database is read once and in its order. */
const CACHE_KIB = 1024

export interface FollowerPaths {
  database: string
  /** The index's file. */
  search: string
}

/** Keeps an index true to its database, slice by slice, and makes it anew where it cannot be. */
export class Follower {
  readonly #paths: FollowerPaths
  readonly #onMade: (why: string) => void
  readonly #db: Database
  readonly #texts: AlertTexts
  #file: IndexFile

  /**
   * @param onMade told why an index was made from nothing
   * @throws TocsinError `search_unwritable`, or what SQLite throws where the database cannot be read
   */
  constructor(paths: FollowerPaths, onMade: (why: string) => void) {
    this.#paths = paths
    this.#onMade = onMade
    this.#db = openReader(paths.database)
    try {
      this.#db.pragma(`cache_size = -${CACHE_KIB}`)
      this.#texts = new AlertTexts(this.#db)
      this.#file = this.#openOrMake()
    } catch (error) {
      this.#db.close()
      throw error
    }
  }

  /**
   * Takes in what one transaction holds.
   * @returns whether there may be more
   * @throws TocsinError `search_unwritable`, or what SQLite throws where the database cannot be read
   */
  step(): boolean {
    const slice = this.#texts.after(this.#file.mark())
    if (slice === null) return false
    try {
      this.#file.add(slice)
    } catch (error) {
      if (!isCorruption(error)) throw unwritable(error)
      this.rebuild(`it is damaged: ${errorMessage(error)}`)
    }
    return true
  }

  /** Begins with an empty index. @throws TocsinError `search_unwritable` */
  rebuild(why: string): void {
    this.#file.close()
    this.#file = this.#make(why)
  }

  close(): void {
    this.#file.close()
    this.#db.close()
  }

  #openOrMake(): IndexFile {
    if (!existsSync(this.#paths.search)) return this.#make('there was none')
    let file: IndexFile
    try {
      file = IndexFile.open(this.#paths.search)
    } catch (error) {
      return this.#make(errorMessage(error))
    }
    if (this.#texts.knows(file.mark())) return file
    file.close()
    return this.#make('it is of another database')
  }

  #make(why: string): IndexFile {
    const start = this.#texts.start()
    try {
      const file = IndexFile.make(this.#paths.search, start)
      this.#onMade(why)
      return file
    } catch (error) {
      throw unwritable(error)
    }
  }
}

function unwritable(error: unknown): TocsinError {
  return new TocsinError('search_unwritable', `The search index cannot be written: ${errorMessage(error)}`, {
    cause: error,
  })
}

import type { Database } from './database.ts'
import { isSamePlace, type Place } from './place.ts'
import { dropState, putState, readState } from './store-state.ts'

/**
 * One run of the engine on this database, begun before anything runs. Its id is kept here and in the vault: a database that
 * was put back from a copy has an id that the vault does not know.
 */
export interface Generation {
  id: string
  /** Counts, for people; never compared. */
  number: number
  /** What the vault held when it began: a crash before the vault took the new id leaves these. */
  follows: string[]
  place: Place
}

/** In every backup, and in a database that was restored from one until its first start has dealt with it. */
export interface CopyMark {
  backup: string
  /** Epoch ms. */
  madeAt: number
  /** The database that it replaced; null where nobody knows (the file was put there by hand). */
  replaced: string | null
}

/**
 * Why what this database says may be older than what has happened: a backup was restored, the folder is a copy, the file was
 * put back by hand, or its last records are missing.
 */
export type DoubtKind = 'restored' | 'copied' | 'replaced' | 'lost'

/** Stands until the analyst has looked and chosen a response mode other than *Off*. */
export interface Doubt {
  kind: DoubtKind
  /** Epoch ms. */
  at: number
  /** One paragraph for the screen. */
  message: string
}

const GENERATION = 'generation'
const COPY_MARK = 'copy_mark'
const DOUBT = 'doubt'

/** Writes down that this file is a copy; on a connection of its own, before the copy gets its name. */
export function markCopy(db: Database, mark: CopyMark): void {
  putState(db, COPY_MARK, mark)
}

/** @returns null when the database is no copy, or one that a start has dealt with */
export function copyMark(db: Database): CopyMark | null {
  return readState(db, COPY_MARK) as CopyMark | null // written above
}

/** Which run this is, and what is in doubt about the database. Writes happen inside a group commit's unit. */
export class Generations {
  readonly #db: Database

  constructor(db: Database) {
    this.#db = db
  }

  /** The last run that began; null before the first. */
  last(): Generation | null {
    return readState(this.#db, GENERATION) as Generation | null // by `begin`
  }

  copyMark(): CopyMark | null {
    return copyMark(this.#db)
  }

  doubt(): Doubt | null {
    return readState(this.#db, DOUBT) as Doubt | null // by `raise`
  }

  begin(generation: Generation): void {
    putState(this.#db, GENERATION, generation)
    dropState(this.#db, COPY_MARK)
  }

  raise(doubt: Doubt): void {
    putState(this.#db, DOUBT, doubt)
  }

  /** The analyst has looked. */
  settle(): void {
    dropState(this.#db, DOUBT)
  }
}

/**
 * What is in doubt about a database, if anything.
 * @param last of the database
 * @param mark of the database
 * @param kept what the vault holds
 * @param place of the folder now
 */
export function doubtOf(
  last: Generation | null,
  mark: CopyMark | null,
  kept: readonly string[],
  place: Place,
): DoubtKind | null {
  if (mark !== null) return 'restored'
  if (last === null) return null
  if (!isSamePlace(last.place, place)) return 'copied'
  const known = new Set([last.id, ...last.follows])
  // A folder that was copied over another leaves the vault's files of both.
  return kept.length > 0 && kept.every((id) => known.has(id)) ? null : 'replaced'
}

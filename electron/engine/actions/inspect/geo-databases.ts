import { constants } from 'node:fs'
import { open, readdir, realpath } from 'node:fs/promises'
import { basename, extname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import type { Reader, Response } from 'mmdb-lib'
import { errorCode, errorMessage, TocsinError } from '../../../../shared/errors.ts'
import type { Clock } from '../../ports/ports.ts'

/** The largest that are sold have a few hundred megabytes. */
const MAX_BYTES = 512 * 1024 * 1024

/** Country, city, owner and a few more; a folder of others is a mistake. */
const MAX_FILES = 8

/** A database fills its own size of memory: between alerts it is given back. */
const HELD_MS = 60_000

export interface GeoDatabase {
  file: string
  reader: Reader<Response>
}

export interface GeoParts {
  dataDir: string | null
  policyDir: string
  clock: Clock
}

interface Held {
  /** What the file was when it was read. */
  version: string
  reader: Reader<Response>
  release: () => void
}

/** The databases of addresses on this computer, read when they are asked for and kept for a minute. */
export class GeoDatabases {
  readonly #parts: GeoParts
  readonly #held = new Map<string, Held>()

  constructor(parts: GeoParts) {
    this.#parts = parts
  }

  /** Where databases lie unless a policy names one; null where there is no data folder. */
  get folder(): string | null {
    return this.#parts.dataDir === null ? null : join(this.#parts.dataDir, 'geoip')
  }

  /**
   * @param database a file below the data folder or the workspace; relative to `<data>/geoip`. Without it all `.mmdb` there
   * @throws TocsinError `no_database`, `database_refused`, `bad_database`
   */
  async open(database: string | undefined): Promise<GeoDatabase[]> {
    const paths = database === undefined ? await this.#ofFolder() : [await this.#allowed(database)]
    const opened: GeoDatabase[] = []
    for (const path of paths) opened.push({ file: basename(path), reader: await this.#read(path) })
    return opened
  }

  async #ofFolder(): Promise<string[]> {
    const names = this.folder === null ? [] : await readdir(this.folder).catch(() => [])
    const files = names.filter((name) => extname(name).toLowerCase() === '.mmdb').toSorted()
    if (files.length === 0) throw this.#missing('There is no database of addresses')
    if (files.length > MAX_FILES) {
      throw new TocsinError('bad_database', `${this.folder} holds more than ${MAX_FILES} databases: take some away.`)
    }
    return Promise.all(files.map((name) => this.#allowed(name)))
  }

  /** The real path, which is what is opened: a link out of the folders is refused. */
  async #allowed(database: string): Promise<string> {
    const path = resolve(this.folder ?? this.#parts.policyDir, database)
    const roots = [this.#parts.dataDir, this.#parts.policyDir].filter((root) => root !== null)
    const real = await realpath(path).catch(() => null)
    const realRoots = await Promise.all(roots.map((root) => realpath(root).catch(() => root)))
    if (real !== null && realRoots.some((root) => isBelow(real, root))) return real
    if (real === null && roots.some((root) => isBelow(path, root))) throw this.#missing(`There is no ${path}`)
    throw new TocsinError(
      'database_refused',
      `${database} lies outside the data folder and the workspace: put it into ${this.folder ?? this.#parts.policyDir}.`,
    )
  }

  #missing(what: string): TocsinError {
    const place =
      this.folder === null ? 'start with --data, and put one into its folder geoip' : `put one into ${this.folder}`
    return new TocsinError(
      'no_database',
      `${what}: ${place} (a .mmdb in MaxMind's format, like GeoLite2-Country, GeoLite2-City or GeoLite2-ASN).`,
    )
  }

  async #read(path: string): Promise<Reader<Response>> {
    // A pipe would wait for a writer.
    const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)
    const file = await open(path, flags).catch((error: unknown) => {
      if (errorCode(error) === 'ENOENT') throw this.#missing(`There is no ${path}`)
      throw new TocsinError('bad_database', `${path} cannot be opened: ${errorMessage(error)}.`, { cause: error })
    })
    try {
      const stat = await file.stat()
      if (!stat.isFile() || stat.size > MAX_BYTES) {
        throw new TocsinError('bad_database', `${path} is no file of at most ${MAX_BYTES / 1024 / 1024} MiB.`)
      }
      const version = [stat.dev, stat.ino, stat.size, stat.mtimeMs].join(' ')
      const held = this.#held.get(path)
      held?.release()
      const reader = held?.version === version ? held.reader : await readerOf(path, await file.readFile())
      this.#hold(path, { version, reader })
      return reader
    } finally {
      await file.close()
    }
  }

  #hold(path: string, held: Omit<Held, 'release'>): void {
    this.#held.get(path)?.release()
    const release = this.#parts.clock.after(HELD_MS, () => this.#held.delete(path))
    this.#held.set(path, { ...held, release })
  }
}

async function readerOf(path: string, bytes: Buffer): Promise<Reader<Response>> {
  const { Reader } = await import('mmdb-lib')
  return readable(path, () => new Reader<Response>(bytes))
}

/**
 * Runs a step of reading a database.
 * @throws TocsinError `bad_database` whatever the reader throws: a damaged file throws all kinds
 */
export function readable<T>(path: string, step: () => T): T {
  try {
    return step()
  } catch (error) {
    throw new TocsinError(
      'bad_database',
      `${path} is no database in MaxMind's format that can be read: get it anew (${errorMessage(error)}).`,
      { cause: error },
    )
  }
}

function isBelow(path: string, folder: string): boolean {
  const way = relative(folder, path)
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

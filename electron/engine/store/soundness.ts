import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs'
import type { Database } from './database.ts'

/** SQLite's file format: the header of the file, and of a page of a tree. */
const HEADER_BYTES = 100
const AT = { pageSize: 16, pageCount: 28, firstFree: 32, freeCount: 36 }
const INTERIOR = new Set([2, 5])
const LEAF = new Set([10, 13])
const MAX_DEPTH = 20

/** Sizes that are checked whole: at every start (0.1 s), and where there is a reason (2 s). */
const SIZES = { small: 16 * 1024 * 1024, checked: 256 * 1024 * 1024 }

/**
 * What a start can find wrong with a database in the time that it has: a small one is checked whole, a large one only where
 * something gave a reason (an unclean end, a week); of every one the pages that the next writes touch are looked at (the root
 * of each tree, the way to its end, the free pages). The rest is checked while the app runs.
 * @param db a connection that cannot write
 * @param hasReason to check more than the ends
 * @returns what is wrong, or null
 */
export function findDamage(db: Database, path: string, hasReason: boolean, sizes = SIZES): string | null {
  // A log that holds anything may hold the pages that the file lacks; its frames have checksums.
  const hasLog = (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0
  const ends = hasLog ? null : findDamagedEnds(db, path)
  const bytes = Number(db.pragma('page_count', { simple: true })) * Number(db.pragma('page_size', { simple: true }))
  if (ends !== null || bytes > (hasReason ? sizes.checked : sizes.small)) return ends
  return quickCheck(db)
}

function quickCheck(db: Database): string | null {
  const finding = String(db.pragma('quick_check(1)', { simple: true }))
  return finding === 'ok' ? null : finding
}

/** Looks at the file itself. */
function findDamagedEnds(db: Database, path: string): string | null {
  const roots = db
    .prepare<[], { name: string; rootpage: number }>('SELECT name, rootpage FROM sqlite_schema WHERE rootpage > 0')
    .all()
  const file = new PageFile(path)
  try {
    const free = file.findDamagedFreePage()
    if (free !== null) return free
    for (const { name, rootpage } of roots) {
      const page = file.findDamagedEnd(rootpage)
      if (page !== null) return `page ${page} of ${name} is not a page of a table or index`
    }
    return null
  } finally {
    file.close()
  }
}

class PageFile {
  readonly #file: number
  readonly #header: Buffer
  readonly #pageBytes: number
  readonly #pages: number

  constructor(path: string) {
    this.#file = openSync(path, 'r')
    this.#header = Buffer.alloc(HEADER_BYTES)
    readSync(this.#file, this.#header, 0, HEADER_BYTES, 0)
    const size = this.#header.readUInt16BE(AT.pageSize)
    this.#pageBytes = size === 1 ? 65_536 : size
    this.#pages = Math.floor(fstatSync(this.#file).size / this.#pageBytes)
  }

  /** @returns the number of the first page on the way from a root to the end of its tree that is none, or null */
  findDamagedEnd(root: number): number | null {
    let number = root
    for (let depth = 0; depth < MAX_DEPTH; depth += 1) {
      if (number < 1 || number > this.#pages) return number
      const page = this.#page(number)
      const at = number === 1 ? HEADER_BYTES : 0
      const type = page.readUInt8(at)
      const cells = page.readUInt16BE(at + 3)
      const content = page.readUInt16BE(at + 5) || 65_536
      const isTree = INTERIOR.has(type) || LEAF.has(type)
      const first = at + (INTERIOR.has(type) ? 12 : 8) + cells * 2
      if (!isTree || first > content || content > this.#pageBytes) return number
      if (LEAF.has(type)) return null
      number = page.readUInt32BE(at + 8)
    }
    return number
  }

  findDamagedFreePage(): string | null {
    const count = this.#header.readUInt32BE(AT.freeCount)
    let trunk = this.#header.readUInt32BE(AT.firstFree)
    const most = this.#pageBytes / 4 - 2
    for (let seen = 0; trunk !== 0 && seen < count;) {
      if (trunk > this.#pages) return `the free page ${trunk} is outside the file`
      const page = this.#page(trunk)
      const leaves = page.readUInt32BE(4)
      if (leaves > most) return `the free page ${trunk} is none`
      seen += leaves + 1
      trunk = page.readUInt32BE(0)
    }
    return this.#header.readUInt32BE(AT.pageCount) > this.#pages && this.#pages > 0
      ? `${this.#header.readUInt32BE(AT.pageCount) - this.#pages} pages at its end are missing`
      : null
  }

  close(): void {
    closeSync(this.#file)
  }

  #page(number: number): Buffer {
    const page = Buffer.alloc(this.#pageBytes)
    readSync(this.#file, page, 0, this.#pageBytes, (number - 1) * this.#pageBytes)
    return page
  }
}

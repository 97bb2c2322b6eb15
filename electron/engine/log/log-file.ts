import {
  closeSync,
  existsSync,
  fchmodSync,
  fstatSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { threadId } from 'node:worker_threads'

/** Files that are put aside and kept beside the one that is written. */
const KEPT = 4

/** A log file of mode 0600. Several threads append to the same one, whole lines by one write each. */
export class LogFile {
  readonly #path: string
  readonly #rotateBytes: number | null
  #descriptor: number

  /**
   * @param rotateBytes from this size on the file is put aside as `<path>.<epoch ms>-<thread>`; null lets it grow
   * @throws what the file system throws
   */
  constructor(path: string, rotateBytes: number | null) {
    this.#path = path
    this.#rotateBytes = rotateBytes
    this.#descriptor = open(path)
  }

  /** Never throws: a log that cannot be written stops nothing. */
  write(line: string): void {
    if (this.#rotateBytes !== null) this.#rotate(this.#rotateBytes)
    writeLine(this.#descriptor, line)
  }

  close(): void {
    closeSync(this.#descriptor)
  }

  /** Puts a full file aside, and goes on in the new one when another thread has done so. */
  #rotate(limit: number): void {
    try {
      const own = fstatSync(this.#descriptor)
      const isNamed = statSync(this.#path, { throwIfNoEntry: false })?.ino === own.ino
      if (isNamed && own.size < limit) return
      // A name of its own for each: two threads that see the same full file at once put nothing over anything.
      if (isNamed) renameSync(this.#path, freeName(this.#path))
      const next = open(this.#path)
      closeSync(this.#descriptor)
      this.#descriptor = next
      dropOld(this.#path)
    } catch {
      // The line goes into the file that is open.
    }
  }
}

/** Appends one line to an open descriptor; a closed pipe or a full disk leaves nowhere to say so. */
export function writeLine(descriptor: number, line: string): void {
  try {
    writeSync(descriptor, line)
  } catch {
    // Nothing else can be told.
  }
}

function open(path: string): number {
  const descriptor = openSync(path, 'a', 0o600)
  fchmodSync(descriptor, 0o600)
  return descriptor
}

function freeName(path: string): string {
  let at = Date.now()
  while (existsSync(`${path}.${at}-${threadId}`)) at += 1
  return `${path}.${at}-${threadId}`
}

function dropOld(path: string): void {
  const folder = dirname(path)
  const prefix = `${basename(path)}.`
  const old = readdirSync(folder).filter(
    (name) => name.startsWith(prefix) && /^\d+-\d+$/.test(name.slice(prefix.length)),
  )
  for (const name of old.sort().slice(0, -KEPT)) rmSync(join(folder, name), { force: true })
}

import { closeSync, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { errorCode } from '../../../shared/errors.ts'

/**
 * Hashes of the tokens that were ever revoked, beside the audit key: a database that is put back from a copy has forgotten
 * them. Read only where a start is in doubt.
 */
export class RevokedTokens {
  readonly #path: string | null

  /** @param path null keeps nothing (a database in memory cannot be put back) */
  constructor(path: string | null) {
    this.#path = path
  }

  /** @param sha256 of the token, in hexadecimal; on disk when it returns */
  add(sha256: string): void {
    if (this.#path === null || sha256 === '') return
    const file = openSync(this.#path, 'a', 0o600)
    try {
      writeSync(file, `${sha256}\n`)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
  }

  all(): ReadonlySet<string> {
    if (this.#path === null) return new Set()
    try {
      return new Set(readFileSync(this.#path, 'utf8').split('\n').filter(Boolean))
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return new Set()
      throw error
    }
  }
}

import { randomBytes } from 'node:crypto'
import { TocsinError } from '../../../shared/errors.ts'
import type { SecretInfo } from '../ports/ports.ts'
import { NoSecrets } from '../secrets/memory-secrets.ts'

/** The secret of proposals that nobody made. */
export const MADE_UP_SECRET = 'TOCSIN_STAND_IN'

/** Secrets of the analyst's names with values of this run: no value of the vault is read. */
export class ScratchSecrets extends NoSecrets {
  readonly #values: ReadonlyMap<string, string>

  /** @param names as they stand outside the vault's seal */
  constructor(names: readonly string[]) {
    super()
    const all = new Set([...names, MADE_UP_SECRET])
    this.#values = new Map([...all].map((name) => [name, `stand_in_${randomBytes(12).toString('hex')}`]))
  }

  override list(): Promise<SecretInfo[]> {
    return Promise.resolve(
      [...this.#values.keys()].map((name) => ({ name, hosts: [], updatedAt: 0, isReadable: true })),
    )
  }

  override reveal(name: string): Promise<string> {
    const value = this.#values.get(name)
    if (value === undefined) throw new TocsinError('secret_missing', `There is no secret named ${name}.`)
    return Promise.resolve(value)
  }

  /** Whether a text holds one of the values. */
  isIn(text: string): boolean {
    return [...this.#values.values()].some((value) => text.includes(value))
  }
}

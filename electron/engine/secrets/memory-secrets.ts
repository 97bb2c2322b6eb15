import { randomBytes } from 'node:crypto'
import { TocsinError } from '../../../shared/errors.ts'
import type { SecretInfo, SecretPort } from '../ports/ports.ts'

/** The vault of an engine without a data folder: it holds nothing, and its handles end with it. */
export class NoSecrets implements SecretPort {
  readonly #handleKey = new Uint8Array(randomBytes(32))

  list(): Promise<SecretInfo[]> {
    return Promise.resolve([])
  }

  reveal(name: string): Promise<string> {
    return Promise.reject(new TocsinError('secret_missing', `There is no secret named ${name} without a data folder.`))
  }

  set(): Promise<void> {
    return Promise.reject(noFolder())
  }

  remove(): Promise<void> {
    return Promise.reject(noFolder())
  }

  handleKey(): Promise<Uint8Array> {
    return Promise.resolve(this.#handleKey)
  }

  generations(): Promise<string[]> {
    return Promise.resolve([])
  }

  keepGeneration(): Promise<void> {
    return Promise.resolve()
  }

  backend(): Promise<{ backend: string; isWeak: boolean; message: string }> {
    return Promise.resolve({ backend: 'none', isWeak: true, message: 'Without a data folder no secret is kept.' })
  }
}

function noFolder(): TocsinError {
  return new TocsinError('secret_no_folder', 'Secrets are kept in a data folder; give one with --data.')
}

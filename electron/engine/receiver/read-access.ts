import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { EngineConfig } from '../ports/config.ts'
import type { Store } from '../store/store.ts'

const TOKEN_BYTES = 32

/**
 * Who may read what is stored over HTTP. A token of its own, apart from those of sources: a detector that may send an event
 * must not be able to read everything, and a reader's token must not make every sender need one.
 */
export class ReadAccess {
  readonly #settings: Store['settings']
  readonly #config: Pick<EngineConfig, 'graphql' | 'command'>

  constructor(settings: Store['settings'], config: Pick<EngineConfig, 'graphql' | 'command'>) {
    this.#settings = settings
    this.#config = config
  }

  /** Whether GraphQL answers: the command line's word, else the setting's, else on but in the desk. */
  isGraphqlOn(): boolean {
    if (this.#config.graphql !== null) return this.#config.graphql
    return this.#settings.isSet('read.graphql') ? this.#settings.get('read.graphql') : this.#config.command !== 'desk'
  }

  /** In the desk always; elsewhere as soon as there is a token: one that nobody must show protects nothing. */
  isTokenNeeded(): boolean {
    return this.#config.command === 'desk' || this.#hash() !== ''
  }

  /** Whether everyone on this machine may read: where GraphQL is switched off, nobody reads anything without the token. */
  isOpen(): boolean {
    return this.isGraphqlOn() && !this.isTokenNeeded()
  }

  /** Compares in constant time. */
  isToken(token: string): boolean {
    const hash = Buffer.from(this.#hash(), 'hex')
    const given = sha256(token)
    return hash.length === given.length && timingSafeEqual(hash, given)
  }

  #hash(): string {
    return this.#settings.get('read.tokenSha256')
  }
}

/** @returns a token (256 random bits, base64url), which cannot be read again, and what is stored of it */
export function newReadToken(): { token: string; sha256: string } {
  const token = randomBytes(TOKEN_BYTES).toString('base64url')
  return { token, sha256: sha256(token).toString('hex') }
}

function sha256(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

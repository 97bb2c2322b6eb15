import type { Database } from '../database.ts'
import { up as initial } from './0010-initial.ts'
import { up as heldChains } from './0020-held-chains.ts'

export interface Migration {
  /** In tens, strictly increasing; becomes the file's `user_version`. */
  number: number
  name: string
  up(db: Database): void
}

/** Forward only: a shipped one never changes. */
export const migrations: readonly Migration[] = [
  { number: 10, name: 'initial', up: initial },
  { number: 20, name: 'held-chains', up: heldChains },
]

import type { IncomingAnswer } from '../http/http-port.ts'
import type { Clock } from '../ports/ports.ts'
import { beforeEffect } from './repeat.ts'

const UNAUTHORIZED = 401

/** A token this close to its end is fetched anew, so that it does not end under way. */
const MARGIN_MS = 60_000

export interface AccessToken {
  token: string
  /** How long it is good for, counted from its answer. */
  seconds: number
}

/** The access tokens that a service gave, in memory only, until they end. */
export class AccessTokens {
  readonly #clock: Clock
  readonly #tokens = new Map<string, { token: string; endsAt: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * Calls with the account's token. One that is refused although it came from memory is fetched anew, once. A log-in that
   * fails has done nothing, whatever the call would have done.
   * @param account what tells one log-in from another, its secret included; a hash of it
   * @throws what `logIn` and `call` throw
   */
  async call(
    account: string,
    logIn: () => Promise<AccessToken>,
    call: (token: string) => Promise<IncomingAnswer>,
  ): Promise<IncomingAnswer> {
    const known = this.#known(account)
    if (known !== undefined) {
      const answer = await call(known)
      if (answer.status !== UNAUTHORIZED) return answer
    }
    const { token, seconds } = await beforeEffect(logIn())
    this.#tokens.set(account, { token, endsAt: this.#clock.now() + seconds * 1000 })
    return call(token)
  }

  #known(account: string): string | undefined {
    const now = this.#clock.now()
    for (const [old, { endsAt }] of this.#tokens) if (endsAt - MARGIN_MS <= now) this.#tokens.delete(old)
    return this.#tokens.get(account)?.token
  }
}

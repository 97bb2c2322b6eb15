import { createHash, randomBytes } from 'node:crypto'

/** 256 bits: not guessed, so no attempts need to be counted. */
const TOKEN_BYTES = 32

/** Time enough to click on a link that a terminal shows; a later one asks for a fresh link. */
const LINK_TTL_MS = 15 * 60_000

/** A tab that was left open over night and reconnects goes on; one that was closed for longer needs a fresh link. */
const SESSION_TTL_MS = 24 * 60 * 60_000

/** More open links or sessions than one person makes; the oldest go first. */
const MAX_KEPT = 64

/** Tokens of which only the hash is kept, each with an end. */
class TokenSet {
  readonly #ttlMs: number
  readonly #now: () => number
  readonly #expiries = new Map<string, number>()

  constructor(ttlMs: number, now: () => number) {
    this.#ttlMs = ttlMs
    this.#now = now
  }

  /** @returns a new token; this is the only time that it is seen */
  issue(): string {
    const token = randomBytes(TOKEN_BYTES).toString('base64url')
    this.#expiries.set(hash(token), this.#now() + this.#ttlMs)
    for (const oldest of this.#expiries.keys()) {
      if (this.#expiries.size <= MAX_KEPT) break
      this.#expiries.delete(oldest)
    }
    return token
  }

  /** Whether the token is good; one that is good never is again. */
  take(token: string): boolean {
    const isGood = this.#isGood(token)
    this.#expiries.delete(hash(token))
    return isGood
  }

  /** Whether the token is good; its time begins anew. */
  renew(token: string): boolean {
    if (!this.take(token)) return false
    this.#expiries.set(hash(token), this.#now() + this.#ttlMs)
    return true
  }

  #isGood(token: string): boolean {
    // Looked up by hash: how long that takes says nothing about the token.
    return (this.#expiries.get(hash(token)) ?? 0) > this.#now()
  }
}

/** The one-time token of a link and the session token that a tab gets for it. */
export class DeskTokens {
  readonly #links: TokenSet
  readonly #sessions: TokenSet

  /** @param now epoch milliseconds */
  constructor(now: () => number = Date.now) {
    this.#links = new TokenSet(LINK_TTL_MS, now)
    this.#sessions = new TokenSet(SESSION_TTL_MS, now)
  }

  /** @returns a token that opens one session within fifteen minutes */
  issueLink(): string {
    return this.#links.issue()
  }

  /** @returns a session token, or null when the link's token was used, is too old or was never ours */
  openSession(linkToken: string): string | null {
    return this.#links.take(linkToken) ? this.#sessions.issue() : null
  }

  /** Whether a tab may go on with this session. */
  resumeSession(sessionToken: string): boolean {
    return this.#sessions.renew(sessionToken)
  }
}

function hash(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

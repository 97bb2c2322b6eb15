import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { HandshakeKind } from '../../../shared/model/source-views.ts'
import type { Clock } from '../ports/ports.ts'
import type { Store } from '../store/store.ts'
import type { RefusalCount } from '../store/source-store.ts'

/** *Last used* is shown by the minute: one write per minute and source is enough. */
const NOTE_USE_MS = 60_000

/** What the receiver asks of the list of sources. */
export class SourceGate {
  readonly ownToken = randomBytes(32).toString('base64url')
  readonly #store: Pick<Store, 'sources' | 'writer'>
  readonly #clock: Clock
  readonly #notedAt = new Map<string, number>()

  constructor(store: Pick<Store, 'sources' | 'writer'>, clock: Clock) {
    this.#store = store
    this.#clock = clock
  }

  /** As soon as one source has a token, events without one are refused: a token that nobody must show protects nothing. */
  isTokenRequired(): boolean {
    return this.#store.sources.hasTokens()
  }

  /** In whose forms sources are answered that ask whether their events are wanted. */
  handshakes(): ReadonlySet<HandshakeKind> {
    return this.#store.sources.handshakes()
  }

  /** @returns the id of the source; '' for `ownToken`; null when the token is nobody's */
  verify(token: string): string | null {
    if (isSame(token, this.ownToken)) return ''
    const source = this.#store.sources.verify(token)
    if (!source) return null
    this.#noteUse(source.id)
    return source.id
  }

  async store(counts: readonly RefusalCount[]): Promise<void> {
    await this.#store.writer.commit('refusals', (tx) => this.#store.sources.noteRefusals(tx, counts))
  }

  #noteUse(id: string): void {
    const now = this.#clock.now()
    if (now - (this.#notedAt.get(id) ?? 0) < NOTE_USE_MS) return
    this.#notedAt.set(id, now)
    // A sender is not kept waiting for it, and not refused when it fails.
    this.#store.writer.commit('source-use', (tx) => this.#store.sources.noteUse(tx, id)).catch(() => {})
  }
}

function isSame(a: string, b: string): boolean {
  const left = Buffer.from(a)
  const right = Buffer.from(b)
  return left.length === right.length && timingSafeEqual(left, right)
}

import type { Clock, Log } from '../ports/ports.ts'
import type { RefusalCount } from '../store/source-store.ts'

/** Counts are written at most this often: a flood of refused requests must not become a flood of disk syncs. */
const FLUSH_MS = 1_000
/** Refused requests that are told in the log per flush; the rest are only counted. */
const MAX_LINES = 20

/** Between two flushes so many kinds are told apart; the rest count as from others. */
const MAX_KINDS = 100
const OTHERS = 'others'

/** Gathers who was refused, how often and why. Of the request itself the log has method, path and sender. */
export class RefusalCounter {
  readonly #clock: Clock
  readonly #log: Log
  readonly #store: (counts: RefusalCount[]) => Promise<void>
  #counts = new Map<string, RefusalCount>()
  #lines = 0
  #cancel: (() => void) | null = null

  constructor(clock: Clock, log: Log, store: (counts: RefusalCount[]) => Promise<void>) {
    this.#clock = clock
    this.#log = log
    this.#store = store
  }

  count(kind: Omit<RefusalCount, 'count'>, about: Record<string, string | number>): void {
    const { code } = kind
    this.#add(this.#counts.size < MAX_KINDS || this.#counts.has(keyOf(kind)) ? kind : { ...kind, remote: OTHERS })
    this.#lines += 1
    if (this.#lines <= MAX_LINES) this.#log.info('refused', { code, ...about })
    this.#cancel ??= this.#clock.after(FLUSH_MS, () => void this.flush())
  }

  #add(kind: Omit<RefusalCount, 'count'>): void {
    const count = (this.#counts.get(keyOf(kind))?.count ?? 0) + 1
    this.#counts.set(keyOf(kind), { ...kind, count })
  }

  /** Writes what is gathered. A failure loses counts, never more. */
  async flush(): Promise<void> {
    this.#cancel?.()
    this.#cancel = null
    const counts = [...this.#counts.values()]
    this.#counts = new Map()
    if (this.#lines > MAX_LINES) this.#log.info('refused: further lines left out', { count: this.#lines - MAX_LINES })
    this.#lines = 0
    if (counts.length === 0) return
    try {
      await this.#store(counts)
    } catch (error) {
      this.#log.warn('Refusals could not be counted', { reason: String(error) })
    }
  }
}

function keyOf({ sourceId, code, remote }: Omit<RefusalCount, 'count'>): string {
  return `${sourceId} ${code} ${remote}`
}

import { errorCode, errorMessage } from '../../../../shared/errors.ts'
import type { ChainDeps } from '../chain-deps.ts'
import type { ApprovalRecord } from '../records/records.ts'
import type { Decisions } from './decisions.ts'

/** How soon it is tried again when the store took nothing. */
const RETRY_MS = 5000

/** Ends approvals whose time is up: never as a yes. */
export class Expiries {
  readonly #deps: ChainDeps
  readonly #decisions: Pick<Decisions, 'expire'>
  readonly #onExpired: (chainId: string) => void
  #cancel: (() => void) | null = null
  #expiring: Promise<void> | null = null
  #isStopped = false

  /** @param onExpired told of each chain that goes on */
  constructor(deps: ChainDeps, decisions: Pick<Decisions, 'expire'>, onExpired: (chainId: string) => void) {
    this.#deps = deps
    this.#decisions = decisions
    this.#onExpired = onExpired
  }

  /** Waits for the next one; to be called when something began to wait. @param leastMs after a failure: not at once again */
  arm(leastMs = 0): void {
    this.#cancel?.()
    const next = this.#isStopped ? null : this.#next()
    if (next === null) return
    const delayMs = Math.max(leastMs, next - this.#deps.clock.now())
    this.#cancel = this.#deps.clock.after(delayMs, () => this.#begin())
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#cancel?.()
    await this.#expiring
  }

  /** Where it cannot be read it is looked up once more: a chain that was driven must not end the process by it. */
  #next(): number | null {
    try {
      return this.#deps.approvals.nextExpiry()
    } catch (error) {
      this.#deps.log.warn('The next expiry could not be read', { reason: errorMessage(error) })
      return this.#deps.clock.now() + RETRY_MS
    }
  }

  #begin(): void {
    const expired = this.#expireDue()
    this.#expiring = expired.then(
      () => this.arm(),
      (error: unknown) => {
        this.#deps.log.error('An expiry failed', { code: errorCode(error), message: errorMessage(error) })
        this.arm(RETRY_MS)
      },
    )
  }

  async #expireDue(): Promise<void> {
    const expire = async (approval: ApprovalRecord): Promise<void> => {
      const chainId = await this.#decisions.expire(approval)
      if (chainId !== null) this.#onExpired(chainId)
    }
    await Promise.all(this.#deps.approvals.due(this.#deps.clock.now()).map(expire))
  }
}

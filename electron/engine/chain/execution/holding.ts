import { errorCode, errorMessage } from '../../../../shared/errors.ts'
import type { Tx } from '../../store/writer.ts'
import { SYSTEM, aboutChain } from '../records/actors.ts'
import type { ChainDeps } from '../chain-deps.ts'

/**
 * So long without anybody: what was due meanwhile starts only when the analyst says so. A restart, a crash or a lid closed
 * for a meeting is shorter, and what was acknowledged a moment before goes on by itself; after a night the file, the host
 * and the people on call may be others than those for which the policy decided.
 */
export const LONG_ABSENCE_MS = 3_600_000
/** How soon a long sleep is seen when no chain takes a step. */
const LOOK_MS = 15_000

/**
 * Holds chains back that would go on by themselves after a long time (`design.md` §5: *leaving Off, Dry-run or a long sleep
 * shows how many would start and asks run / close*). What is held is a column of the chain's row, so it is held after a
 * crash too.
 */
export class Holding {
  readonly #deps: ChainDeps
  #lastSeen: number
  #isDue = false
  #holding: Promise<void> | null = null
  #cancelLook: (() => void) | null = null
  #isStopped = false

  constructor(deps: ChainDeps) {
    this.#deps = deps
    this.#lastSeen = deps.clock.now()
  }

  /**
   * Holds what the last process left behind a long time ago, and from now on sees when the machine slept. Where there is no
   * analyst to ask (`serve`, `run`), nothing is held but by *Off*, and what was held goes on.
   */
  async start(): Promise<void> {
    if (this.#deps.isAttended === true) {
      await this.#holdIdle()
      this.#lookOn()
    } else if (this.#deps.mode() !== 'off') {
      const held = this.#deps.chains.heldChains()
      await Promise.all(held.map(({ id }) => this.release(id, SYSTEM)))
    }
  }

  stop(): void {
    this.#isStopped = true
    this.#cancelLook?.()
  }

  /**
   * Called before every step of every chain, so that none is taken between waking and being seen awake.
   * @returns a promise while chains are being held, which rejects when the store did not take it: then no step is taken
   *   either; null when nothing is to be waited for
   */
  look(): Promise<void> | null {
    if (this.#deps.isAttended !== true) return null
    const now = this.#deps.clock.now()
    if (now - this.#lastSeen >= LONG_ABSENCE_MS) this.#isDue = true
    this.#lastSeen = now
    if (this.#isDue) this.#hold()
    return this.#holding
  }

  /** The machine woke up; a clock alone misses it where a sleeping machine stirs now and then. @param sleptMs how long */
  wokeUp(sleptMs: number): void {
    if (sleptMs >= LONG_ABSENCE_MS) this.#isDue = true
    this.#lookOn()
  }

  /** @param by whose word starts it */
  async release(chainId: string, by: string): Promise<void> {
    await this.#deps.writer.commit('chain-decide', (tx) => {
      this.#deps.chains.release(tx, chainId)
      tx.act({ by, kind: 'chain.run', ...aboutChain(chainId) })
    })
  }

  #lookOn(): void {
    if (this.#isStopped) return
    this.#cancelLook?.()
    this.look()?.catch((error: unknown) =>
      this.#deps.log.error('Chains could not be held', { code: errorCode(error), reason: errorMessage(error) }),
    )
    this.#cancelLook = this.#deps.clock.after(LOOK_MS, () => this.#lookOn())
  }

  #hold(): void {
    this.#holding ??= this.#holdIdle().finally(() => (this.#holding = null))
  }

  /** One transaction: a crash holds all of them or none, and then the next start does. */
  async #holdIdle(): Promise<void> {
    const { chains, writer, clock, bus } = this.#deps
    const before = clock.now() - LONG_ABSENCE_MS
    const held = chains.idleSince(before).length === 0 ? [] : await writer.commit('chain-decide', (tx) => hold(tx))
    this.#isDue = false
    if (held.length === 0) return
    this.#deps.log.info('held chains that were due long ago', { chains: held.length })
    bus.changed(['chains', 'state'], { chainIds: held })
    bus.news('waiting', `Held after a long time: ${held.length === 1 ? '1 chain' : `${held.length} chains`}`)

    function hold(tx: Tx): string[] {
      const ids = chains.idleSince(before)
      for (const id of ids) chains.hold(tx, id)
      return ids
    }
  }
}

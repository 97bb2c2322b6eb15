import { TocsinError } from '../../../../shared/errors.ts'
import { SYSTEM, type ChainDeps } from '../chain-deps.ts'
import { Outcomes } from '../outcomes/outcomes.ts'
import type { ChainRecord } from '../records/records.ts'
import { ChainUndo } from './undo.ts'
import { Confirmations } from './confirmations.ts'
import { ContainmentWatch } from './containment-watch.ts'

export interface ContainingParts {
  /** Does something in the chain's turn and drives it afterwards. */
  inTurn: <T>(chain: ChainRecord, work: () => Promise<T>) => Promise<T>
  /** A chain was made that goes on by itself, or waits with a time. */
  onProposed: (chainId: string) => void
}

/** What becomes of containments after their request: confirmed, looked at, ended, taken back. */
export class Containing {
  readonly #deps: ChainDeps
  readonly #parts: ContainingParts
  readonly #undo: ChainUndo
  readonly #confirmations: Confirmations
  readonly #watch: ContainmentWatch

  constructor(deps: ChainDeps, parts: ContainingParts) {
    this.#deps = deps
    this.#parts = parts
    this.#undo = new ChainUndo(deps)
    this.#confirmations = new Confirmations(deps, { outcomes: new Outcomes(deps), inTurn: parts.inTurn })
    this.#watch = new ContainmentWatch(deps, {
      proposeEnd: async (attemptId) => void (await this.#propose(attemptId, SYSTEM)),
    })
  }

  /** Goes on where the last process left off. */
  start(): void {
    this.#confirmations.start()
    this.#watch.arm()
  }

  async stop(): Promise<void> {
    await this.#watch.stop()
    await this.#confirmations.stop()
  }

  /** Resolves when no target is being looked at. */
  async whenLooked(): Promise<void> {
    await this.#watch.whenSeen()
    await this.#confirmations.whenLooked()
  }

  /** What `Confirmations.whenConfirmed` does. */
  whenConfirmed(longestMs: number): Promise<void> {
    return this.#confirmations.whenConfirmed(longestMs)
  }

  /** A chain was driven: what it requested is looked for, and what it did may have a time. */
  onDriven(chainId: string): void {
    this.#confirmations.followChain(chainId)
    this.#watch.arm()
  }

  /** What `ChainUndo.propose` does for the analyst. */
  undo(attemptId: string): Promise<{ chainId: string; actionId: string }> {
    return this.#propose(attemptId)
  }

  /** What `ChainUndo.lift` does. */
  lift(attemptId: string, reason: string): Promise<string | null> {
    return this.#undo.lift(attemptId, reason)
  }

  /**
   * Looks at once whether a target is as a containment left it, or as it was requested; what was found is in the rows.
   * @throws TocsinError `already_undone`
   */
  async verify(attemptId: string): Promise<void> {
    if (this.#deps.containments.confirmation(attemptId) !== null) return this.#confirmations.now(attemptId)
    if ((await this.#watch.check(attemptId)) === null) throw nothingToVerify()
  }

  async #propose(attemptId: string, by?: typeof SYSTEM): Promise<{ chainId: string; actionId: string }> {
    const proposed = await this.#undo.propose(attemptId, by)
    this.#parts.onProposed(proposed.chainId)
    return proposed
  }
}

function nothingToVerify(): TocsinError {
  return new TocsinError(
    'already_undone',
    'There is nothing to look at: it was undone or lifted meanwhile, or its result was deleted by age',
  )
}

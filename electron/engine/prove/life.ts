import type { Clock } from '../ports/ports.ts'
import type { Tx, Writer } from '../store/writer.ts'

/** Whether this commit is the one that is not survived. */
export type Trap = (label: string) => 'before' | 'after' | null

/**
 * The engine as one process sees it: once that process is dead none of its commits happens or returns, none of its timers
 * rings and no request of it leaves. What it had made durable stays in the store, as after a power cut.
 */
export class Life {
  readonly #dead = Promise.withResolvers<undefined>()
  #isDead = false
  #trap: Trap = () => null

  get isDead(): boolean {
    return this.#isDead
  }

  /** Asks at each commit from now on whether it is survived. */
  watch(trap: Trap): void {
    this.#trap = trap
  }

  /** Resolves when it is dead. */
  get end(): Promise<undefined> {
    return this.#dead.promise
  }

  die(): void {
    this.#isDead = true
    this.#dead.resolve(undefined)
  }

  /** The same writer, as long as it lives. */
  writer(real: Writer): Writer {
    const commit = async <T>(label: string, work: (tx: Tx) => T, options?: { isPatient: boolean }): Promise<T> => {
      const when = this.#isDead ? null : this.#trap(label)
      if (when === 'before') this.die()
      if (this.#isDead) return never()
      if (when === 'after') this.#isDead = true
      const value = await real.commit(label, work, options)
      if (when === 'after') this.die()
      return this.isDead ? never() : value
    }
    return Object.create(real, { commit: { value: commit } }) as Writer // the same writer with another `commit`
  }

  clock(real: Clock): Clock {
    return {
      now: () => real.now(),
      nowNs: () => real.nowNs(),
      after: (delayMs, callback) => real.after(delayMs, () => this.#isDead || callback()),
    }
  }
}

/** Nobody is there any more to whom it could be told. */
export function never<T>(): Promise<T> {
  return new Promise<T>(() => undefined)
}

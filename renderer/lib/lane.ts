interface Turn {
  isWanted: () => boolean
  take: (isTaken: boolean) => void
}

/**
 * Lets a few of many pieces of work run at once, in the order in which they were asked for. What nobody waits for any more
 * when its turn comes is left out.
 */
export class Lane {
  readonly #width: number
  readonly #waiting: Turn[] = []
  #running = 0

  /** @param width how many run at once */
  constructor(width: number) {
    this.#width = width
  }

  /**
   * Runs the work when its turn comes.
   * @param isWanted asked when the turn comes
   * @returns what the work returns; undefined when it was left out
   */
  async run<Value>(work: () => Promise<Value>, isWanted: () => boolean = () => true): Promise<Value | undefined> {
    if (!(await this.#turn(isWanted))) return undefined
    try {
      return await work()
    } finally {
      this.#running -= 1
      this.#next()
    }
  }

  #turn(isWanted: () => boolean): Promise<boolean> {
    const { promise, resolve: take } = Promise.withResolvers<boolean>()
    this.#waiting.push({ isWanted, take })
    this.#next()
    return promise
  }

  #next(): void {
    while (this.#running < this.#width) {
      const turn = this.#waiting.shift()
      if (turn === undefined) return
      const isTaken = turn.isWanted()
      if (isTaken) this.#running += 1
      turn.take(isTaken)
    }
  }
}

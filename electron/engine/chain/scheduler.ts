/** How many chains run at once (`design.md` §5). */
export const MAX_RUNNING_CHAINS = 16

interface Entry {
  chainId: string
  namespace: string
}

/**
 * Drives chains: at most sixteen at once, those of one namespace one after the other in the order in which they came. A
 * chain that is asked for while it runs is driven once more afterwards, so no news is lost between its steps.
 */
export class Scheduler {
  readonly #drive: (chainId: string) => Promise<void>
  readonly #queue: Entry[] = []
  readonly #queued = new Set<string>()
  readonly #active = new Map<string, Entry>()
  readonly #again = new Set<string>()
  readonly #busyNamespaces = new Set<string>()
  #isStopped = false
  #idle: (() => void)[] = []
  #settled: (() => void)[] = []

  /** @param drive runs one chain until it waits or ends; must not reject */
  constructor(drive: (chainId: string) => Promise<void>) {
    this.#drive = drive
  }

  enqueue(chainId: string, namespace: string): void {
    if (this.#isStopped) return
    if (this.#active.has(chainId)) {
      this.#again.add(chainId)
      return
    }
    if (!this.#queued.has(chainId)) this.#queue.push({ chainId, namespace })
    this.#queued.add(chainId)
    this.#pump()
  }

  /** Resolves when this chain is neither queued nor running. */
  async whenSettled(chainId: string): Promise<void> {
    while (this.#active.has(chainId) || this.#queued.has(chainId))
      await new Promise<void>((resolve) => this.#settled.push(resolve))
  }

  /** Resolves when nothing is queued or running. */
  whenIdle(): Promise<void> {
    if (this.#queue.length === 0 && this.#active.size === 0) return Promise.resolve()
    return new Promise((resolve) => this.#idle.push(resolve))
  }

  /** Starts nothing more and waits for what runs. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#queue.length = 0
    this.#queued.clear()
    this.#again.clear()
    await this.whenIdle()
  }

  #pump(): void {
    while (this.#active.size < MAX_RUNNING_CHAINS) {
      const index = this.#queue.findIndex((entry) => !this.#busyNamespaces.has(entry.namespace))
      const entry = index === -1 ? undefined : this.#queue.splice(index, 1)[0]
      if (!entry) break
      this.#queued.delete(entry.chainId)
      void this.#run(entry)
    }
    if (this.#queue.length === 0 && this.#active.size === 0) for (const resolve of this.#idle.splice(0)) resolve()
  }

  async #run(entry: Entry): Promise<void> {
    this.#active.set(entry.chainId, entry)
    if (entry.namespace !== '') this.#busyNamespaces.add(entry.namespace)
    try {
      await this.#drive(entry.chainId)
    } finally {
      this.#active.delete(entry.chainId)
      this.#busyNamespaces.delete(entry.namespace)
      for (const resolve of this.#settled.splice(0)) resolve()
      if (this.#again.delete(entry.chainId)) this.enqueue(entry.chainId, entry.namespace)
      this.#pump()
    }
  }
}

import { TocsinError } from '../../../shared/errors.ts'
import type { Clock } from '../ports.ts'

/** How many chains run at once (`design.md` §5). */
export const MAX_RUNNING_CHAINS = 16
/** While more events come than are stored at once, answers go before chains: so many start then. One slow action holds up only one. */
const MAX_RUNNING_UNDER_LOAD = 2
/** No more than so many chains give way: they wait in memory, and a storm may last. */
export const MAX_BEHIND = 10_000
/** How soon chains that gave way are looked at again. */
const LOOK_AGAIN_MS = 20

interface Entry {
  chainId: string
  namespace: string
}

/** What is done in a chain's turn before it is driven. */
interface Work {
  begin: () => Promise<void>
  refuse: (error: Error) => void
}

/**
 * Drives chains: at most sixteen at once, those of one namespace one after the other in the order in which they came. A
 * chain that is asked for while it runs is driven once more afterwards, so no news is lost between its steps.
 *
 * Every step costs the same however many chains wait: one whose namespace is busy is parked when its turn comes. Parked
 * chains are older than all that were not looked at yet, so the one whose namespace falls free comes next.
 */
export class Scheduler {
  readonly #drive: (chainId: string) => Promise<void>
  readonly #isUnderLoad: () => boolean
  readonly #clock: Pick<Clock, 'after'>
  readonly #arrived = new Fifo<Entry>()
  readonly #parked = new Map<string, Fifo<Entry>>()
  readonly #freed = new Fifo<Entry>()
  readonly #queued = new Set<string>()
  readonly #active = new Map<string, Entry>()
  readonly #again = new Set<string>()
  readonly #busyNamespaces = new Set<string>()
  readonly #settled = new Map<string, (() => void)[]>()
  readonly #work = new Map<string, Work[]>()
  #cancelLook: (() => void) | null = null
  #isStopped = false
  #idle: (() => void)[] = []

  /**
   * @param drive runs one chain until it waits or ends; must not reject
   * @param load.isUnderLoad whether chains give way to the intake now
   */
  constructor(
    drive: (chainId: string) => Promise<void>,
    { isUnderLoad, clock }: { isUnderLoad: () => boolean; clock: Pick<Clock, 'after'> },
  ) {
    this.#drive = drive
    this.#isUnderLoad = isUnderLoad
    this.#clock = clock
  }

  enqueue(chainId: string, namespace: string): void {
    this.#enqueue({ chainId, namespace }, this.#arrived)
  }

  /**
   * Does something of a chain when its turn comes, alone in its namespace, and drives the chain afterwards. Somebody waits
   * for it: it goes before chains that have not begun.
   * @returns what `work` returns
   * @throws what `work` throws; TocsinError `engine_stopping`
   */
  inTurn<T>(chainId: string, namespace: string, work: () => Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    if (this.#isStopped) return Promise.reject(stopping())
    const begin = (): Promise<void> => work().then(resolve, reject)
    this.#work.set(chainId, [...(this.#work.get(chainId) ?? []), { begin, refuse: reject }])
    this.#enqueue({ chainId, namespace }, this.#freed)
    return promise
  }

  /** Resolves when this chain is neither queued nor running. */
  async whenSettled(chainId: string): Promise<void> {
    while (this.#active.has(chainId) || this.#queued.has(chainId))
      await new Promise<void>((resolve) => {
        const waiting = this.#settled.get(chainId)
        if (waiting) waiting.push(resolve)
        else this.#settled.set(chainId, [resolve])
      })
  }

  /** Resolves when nothing is queued or running. */
  whenIdle(): Promise<void> {
    if (this.#isIdle()) return Promise.resolve()
    return new Promise((resolve) => this.#idle.push(resolve))
  }

  /** Starts nothing more and waits for what runs. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#cancelLook?.()
    this.#arrived.clear()
    this.#freed.clear()
    this.#parked.clear()
    this.#again.clear()
    const queued = [...this.#queued]
    this.#queued.clear()
    for (const chainId of queued) this.#announce(chainId)
    for (const { refuse } of [...this.#work.values()].flat()) refuse(stopping())
    this.#work.clear()
    await this.whenIdle()
  }

  #isIdle(): boolean {
    return this.#queued.size === 0 && this.#active.size === 0
  }

  #enqueue(entry: Entry, queue: Fifo<Entry>): void {
    const { chainId } = entry
    if (this.#isStopped) return
    if (this.#active.has(chainId)) this.#again.add(chainId)
    else if (!this.#queued.has(chainId)) {
      this.#queued.add(chainId)
      queue.push(entry)
      this.#pump()
    }
  }

  #pump(): void {
    while (this.#active.size < MAX_RUNNING_CHAINS) {
      if (this.#givesWay()) {
        this.#lookAgain()
        break
      }
      const entry = this.#freed.shift() ?? this.#arrived.shift()
      if (!entry) break
      if (this.#busyNamespaces.has(entry.namespace)) this.#park(entry)
      else void this.#run(entry)
    }
    if (this.#isIdle()) for (const resolve of this.#idle.splice(0)) resolve()
  }

  #givesWay(): boolean {
    return this.#active.size >= MAX_RUNNING_UNDER_LOAD && this.#queued.size <= MAX_BEHIND && this.#isUnderLoad()
  }

  #lookAgain(): void {
    this.#cancelLook ??= this.#clock.after(LOOK_AGAIN_MS, () => {
      this.#cancelLook = null
      this.#pump()
    })
  }

  #park(entry: Entry): void {
    const parked = this.#parked.get(entry.namespace) ?? new Fifo<Entry>()
    this.#parked.set(entry.namespace, parked)
    parked.push(entry)
  }

  async #run(entry: Entry): Promise<void> {
    this.#queued.delete(entry.chainId)
    this.#active.set(entry.chainId, entry)
    if (entry.namespace !== '') this.#busyNamespaces.add(entry.namespace)
    try {
      for (const { begin } of this.#takeWork(entry.chainId)) await begin()
      await this.#drive(entry.chainId)
    } finally {
      this.#active.delete(entry.chainId)
      this.#free(entry.namespace)
      this.#announce(entry.chainId)
      if (this.#again.delete(entry.chainId))
        this.#enqueue(entry, this.#work.has(entry.chainId) ? this.#freed : this.#arrived)
      this.#pump()
    }
  }

  #takeWork(chainId: string): Work[] {
    const work = this.#work.get(chainId) ?? []
    this.#work.delete(chainId)
    return work
  }

  #free(namespace: string): void {
    this.#busyNamespaces.delete(namespace)
    const parked = this.#parked.get(namespace)
    const next = parked?.shift()
    if (next) this.#freed.push(next)
    if (parked?.size === 0) this.#parked.delete(namespace)
  }

  #announce(chainId: string): void {
    const waiting = this.#settled.get(chainId) ?? []
    this.#settled.delete(chainId)
    for (const resolve of waiting) resolve()
  }
}

function stopping(): TocsinError {
  return new TocsinError('engine_stopping', 'Tocsin is shutting down: nothing was decided.')
}

/** How many taken places a queue carries along before it is copied. */
const COMPACT_AT = 1024

/** First in, first out, without moving what waits at every step as an array's `shift` does. */
class Fifo<T> {
  #items: T[] = []
  #head = 0

  get size(): number {
    return this.#items.length - this.#head
  }

  push(item: T): void {
    this.#items.push(item)
  }

  shift(): T | undefined {
    const item = this.#items[this.#head]
    if (this.size > 0) this.#head += 1
    if (this.#head > COMPACT_AT && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return item
  }

  clear(): void {
    this.#items = []
    this.#head = 0
  }
}

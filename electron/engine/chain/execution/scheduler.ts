import { TocsinError } from '../../../../shared/errors.ts'
import type { Clock } from '../../ports/ports.ts'
import { Fifo } from './fifo.ts'

/** How many chains run at once (`design.md` §5). */
export const MAX_RUNNING_CHAINS = 16
/** While more events come than are stored at once, answers go before chains: so many start then. One slow action holds up only one. */
const MAX_RUNNING_UNDER_LOAD = 2
/** No more than so many chains give way: they wait in memory, and a storm may last. */
export const MAX_BEHIND = 10_000
/** How soon chains that gave way are looked at again. */
const LOOK_AGAIN_MS = 20
/** Chains that the analyst decided about run beside those: sixteen slow actions hold none of them up. */
export const MAX_RUNNING_DECIDED = 16

interface Entry {
  chainId: string
  namespace: string
  /** The analyst waits for it. */
  isDecided: boolean
}

/** Chains whose namespace is busy. */
interface Parked {
  decided: Fifo<Entry>
  others: Fifo<Entry>
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
 * What the analyst decided has a lane of its own: it waits for no other chain but one of its namespace that runs, and for
 * no event, however many come in.
 *
 * Every step costs the same however many chains wait: one whose namespace is busy is parked when its turn comes. Parked
 * chains are older than all that were not looked at yet, so the one whose namespace falls free comes next. A chain that is
 * decided about while it waits gets a new entry in the lane; `#queued` says which entry counts.
 */
export class Scheduler {
  readonly #drive: (chainId: string) => Promise<void>
  readonly #isUnderLoad: () => boolean
  readonly #clock: Pick<Clock, 'after'>
  readonly #arrived = new Fifo<Entry>()
  readonly #parked = new Map<string, Parked>()
  readonly #freed = new Fifo<Entry>()
  readonly #decided = new Fifo<Entry>()
  readonly #queued = new Map<string, Entry>()
  readonly #active = new Map<string, Entry>()
  /** How many of the active ones are of the lane of what was decided. */
  #activeDecided = 0
  /** Chains to be driven once more, and whether the analyst waits for it. */
  readonly #again = new Map<string, boolean>()
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
    this.#enqueue({ chainId, namespace, isDecided: false })
  }

  /** As `enqueue`, for a chain that the analyst decided about. */
  enqueueDecided(chainId: string, namespace: string): void {
    this.#enqueue({ chainId, namespace, isDecided: true })
  }

  /**
   * Does something of a chain when its turn comes, alone in its namespace, and drives the chain afterwards. Somebody waits
   * for it: it goes in the lane of what was decided.
   * @returns what `work` returns
   * @throws what `work` throws; TocsinError `engine_stopping`
   */
  inTurn<T>(chainId: string, namespace: string, work: () => Promise<T>): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    if (this.#isStopped) return Promise.reject(stopping())
    const begin = (): Promise<void> => work().then(resolve, reject)
    this.#work.set(chainId, [...(this.#work.get(chainId) ?? []), { begin, refuse: reject }])
    this.enqueueDecided(chainId, namespace)
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
    this.#decided.clear()
    this.#parked.clear()
    this.#again.clear()
    const queued = [...this.#queued.keys()]
    this.#queued.clear()
    for (const chainId of queued) this.#announce(chainId)
    for (const { refuse } of [...this.#work.values()].flat()) refuse(stopping())
    this.#work.clear()
    await this.whenIdle()
  }

  #isIdle(): boolean {
    return this.#queued.size === 0 && this.#active.size === 0
  }

  #enqueue(entry: Entry): void {
    const { chainId, isDecided } = entry
    if (this.#isStopped) return
    if (this.#active.has(chainId)) this.#again.set(chainId, isDecided || this.#again.get(chainId) === true)
    else if (isDecided ? this.#queued.get(chainId)?.isDecided !== true : !this.#queued.has(chainId)) {
      this.#queued.set(chainId, entry)
      const lane = isDecided ? this.#decided : this.#arrived
      lane.push(entry)
      this.#pump()
    }
  }

  #pump(): void {
    while (this.#beginDecided());
    while (this.#beginOther());
    if (this.#isIdle()) for (const resolve of this.#idle.splice(0)) resolve()
  }

  /** @returns false when there is none, or no room */
  #beginDecided(): boolean {
    const entry = this.#activeDecided < MAX_RUNNING_DECIDED ? this.#decided.shift() : undefined
    if (entry && this.#isFree(entry)) void this.#run(entry)
    else if (entry && this.#isCurrent(entry)) this.#parkedIn(entry.namespace).decided.push(entry)
    return entry !== undefined
  }

  /** @returns false when there is none, or no room */
  #beginOther(): boolean {
    if (this.#active.size - this.#activeDecided >= MAX_RUNNING_CHAINS) return false
    if (this.#givesWay()) {
      this.#lookAgain()
      return false
    }
    const freed = this.#freed.shift()
    const entry = freed ?? this.#arrived.shift()
    if (entry && this.#isFree(entry)) void this.#run(entry)
    else if (entry && this.#isCurrent(entry)) {
      const { others } = this.#parkedIn(entry.namespace)
      // One whose turn it was is older than all that are parked.
      if (freed) others.putBack(entry)
      else others.push(entry)
    }
    return entry !== undefined
  }

  /** An entry counts no more when its chain was decided about since, and has another. */
  #isCurrent(entry: Entry): boolean {
    return this.#queued.get(entry.chainId) === entry
  }

  #isFree(entry: Entry): boolean {
    return this.#isCurrent(entry) && !this.#busyNamespaces.has(entry.namespace)
  }

  #givesWay(): boolean {
    const others = this.#active.size - this.#activeDecided
    return others >= MAX_RUNNING_UNDER_LOAD && this.#queued.size <= MAX_BEHIND && this.#isUnderLoad()
  }

  #lookAgain(): void {
    this.#cancelLook ??= this.#clock.after(LOOK_AGAIN_MS, () => {
      this.#cancelLook = null
      this.#pump()
    })
  }

  #parkedIn(namespace: string): Parked {
    const parked = this.#parked.get(namespace) ?? { decided: new Fifo<Entry>(), others: new Fifo<Entry>() }
    this.#parked.set(namespace, parked)
    return parked
  }

  async #run(entry: Entry): Promise<void> {
    this.#queued.delete(entry.chainId)
    this.#active.set(entry.chainId, entry)
    if (entry.isDecided) this.#activeDecided += 1
    if (entry.namespace !== '') this.#busyNamespaces.add(entry.namespace)
    try {
      for (const { begin } of this.#takeWork(entry.chainId)) await begin()
      await this.#drive(entry.chainId)
    } finally {
      this.#active.delete(entry.chainId)
      if (entry.isDecided) this.#activeDecided -= 1
      this.#free(entry.namespace)
      this.#announce(entry.chainId)
      const again = this.#again.get(entry.chainId)
      this.#again.delete(entry.chainId)
      if (again !== undefined) this.#enqueue({ ...entry, isDecided: again })
      this.#pump()
    }
  }

  #takeWork(chainId: string): Work[] {
    const work = this.#work.get(chainId) ?? []
    this.#work.delete(chainId)
    return work
  }

  /** The next chain of a namespace that falls free: one that was decided about, else the oldest. */
  #free(namespace: string): void {
    this.#busyNamespaces.delete(namespace)
    const parked = this.#parked.get(namespace)
    if (!parked) return
    const decided = this.#nextParked(parked.decided)
    if (decided) this.#decided.push(decided)
    else {
      const next = this.#nextParked(parked.others)
      if (next) this.#freed.push(next)
    }
    if (parked.decided.size + parked.others.size === 0) this.#parked.delete(namespace)
  }

  #nextParked(queue: Fifo<Entry>): Entry | undefined {
    let entry = queue.shift()
    while (entry && !this.#isCurrent(entry)) entry = queue.shift()
    return entry
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

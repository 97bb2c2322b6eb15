import type { Topic, TopicPayload } from '../../shared/contract.ts'
import type { Clock } from './ports.ts'

/** One thing of which the screen keeps a copy (`topics.changed.what`). */
export type Changed = TopicPayload<'changed'>['what'][number]
export type NewsKind = TopicPayload<'news'>['kind']

export type TopicListener = <Name extends Topic>(topic: Name, payload: TopicPayload<Name>) => void

/** A burst of commits reaches the screen as one message: below what a person notices, far above a commit's time. */
const COALESCE_MS = 50

/** Ids are a hint of what to ask again; past this many the screen asks for everything it shows. */
const MAX_IDS = 200

/** Tells every window what changed. Nothing is kept: a window that was not there asks for what it needs. */
export class Bus {
  readonly #clock: Clock
  readonly #listeners = new Set<TopicListener>()
  #what = new Set<Changed>()
  #alertIds = new Set<string>()
  #chainIds = new Set<string>()
  #cancel: (() => void) | null = null

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Says that rows of these kinds changed. Calls within 50 ms leave as one `changed`. */
  changed(
    what: Changed | readonly Changed[],
    ids: { alertIds?: readonly string[]; chainIds?: readonly string[] } = {},
  ): void {
    for (const kind of typeof what === 'string' ? [what] : what) this.#what.add(kind)
    add(this.#alertIds, ids.alertIds)
    add(this.#chainIds, ids.chainIds)
    this.#cancel ??= this.#clock.after(COALESCE_MS, () => this.flush())
  }

  /** Says something in the live region, at once. `text` is a whole sentence without secrets. */
  news(kind: NewsKind, text: string, ids: { alertId?: string; actionId?: string } = {}): void {
    this.#emit('news', { kind, text, alertId: ids.alertId ?? null, actionId: ids.actionId ?? null })
  }

  /** @returns a function that ends the subscription */
  on(listener: TopicListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Sends what is gathered without waiting. */
  flush(): void {
    this.#cancel?.()
    this.#cancel = null
    if (this.#what.size === 0) return
    const payload = { what: [...this.#what], alertIds: [...this.#alertIds], chainIds: [...this.#chainIds] }
    this.#what = new Set()
    this.#alertIds = new Set()
    this.#chainIds = new Set()
    this.#emit('changed', payload)
  }

  #emit<Name extends Topic>(topic: Name, payload: TopicPayload<Name>): void {
    for (const listener of this.#listeners) listener(topic, payload)
  }
}

function add(set: Set<string>, ids: readonly string[] = []): void {
  for (const id of ids) if (set.size < MAX_IDS) set.add(id)
}

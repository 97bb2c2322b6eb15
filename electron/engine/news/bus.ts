import type { Topic, TopicPayload } from '../../../shared/contract.ts'
import type { Clock } from '../ports/ports.ts'

/** One thing of which the screen keeps a copy (`topics.changed.what`). */
export type Changed = TopicPayload<'changed'>['what'][number]
export type NewsKind = TopicPayload<'news'>['kind']

export type TopicListener = <Name extends Topic>(topic: Name, payload: TopicPayload<Name>) => void

/** A burst of commits reaches the screen as one message: below what a person notices, far above a commit's time. */
const COALESCE_MS = 50

/** Ids are a hint of what to ask again; past this many a message names none, and the screen asks for all that it shows. */
const MAX_IDS = 200

/** What the screen watches by id: such a change without ids is about all of them. */
const WATCHED_BY_ID = new Set<Changed>(['alerts', 'approvals', 'chains'])

/** Tells every window what changed. Nothing is kept: a window that was not there asks for what it needs. */
export class Bus {
  readonly #clock: Clock
  readonly #listeners = new Set<TopicListener>()
  #what = new Set<Changed>()
  #alertIds = new Set<string>()
  #chainIds = new Set<string>()
  #isAboutAll = false
  #cancel: (() => void) | null = null
  /** Prints what is no text for people: handles of secrets, which policies may write into titles and names. */
  prints: (text: string) => string = (text) => text

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * Says that rows of these kinds changed. Calls within 50 ms leave as one `changed`.
   * @param ids which alerts and chains; none at all means every one
   */
  changed(
    what: Changed | readonly Changed[],
    ids: { alertIds?: readonly string[]; chainIds?: readonly string[] } = {},
  ): void {
    const kinds = typeof what === 'string' ? [what] : what
    const { alertIds = [], chainIds = [] } = ids
    for (const kind of kinds) this.#what.add(kind)
    for (const id of alertIds) this.#alertIds.add(id)
    for (const id of chainIds) this.#chainIds.add(id)
    const isWithoutIds = alertIds.length + chainIds.length === 0 && kinds.some((kind) => WATCHED_BY_ID.has(kind))
    if (isWithoutIds || this.#alertIds.size > MAX_IDS || this.#chainIds.size > MAX_IDS) this.#isAboutAll = true
    if (this.#isAboutAll) this.#forgetIds()
    this.#cancel ??= this.#clock.after(COALESCE_MS, () => this.flush())
  }

  /** Says something in the live region, at once. `text` is a whole sentence without secrets. */
  news(kind: NewsKind, text: string, ids: { alertId?: string; actionId?: string } = {}): void {
    this.#emit('news', { kind, text: this.prints(text), alertId: ids.alertId ?? null, actionId: ids.actionId ?? null })
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
    this.#isAboutAll = false
    this.#forgetIds()
    this.#emit('changed', payload)
  }

  #forgetIds(): void {
    this.#alertIds.clear()
    this.#chainIds.clear()
  }

  #emit<Name extends Topic>(topic: Name, payload: TopicPayload<Name>): void {
    for (const listener of this.#listeners) listener(topic, payload)
  }
}

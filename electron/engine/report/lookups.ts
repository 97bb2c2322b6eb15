import { errorMessage } from '../../../shared/errors.ts'
import type { Failure } from '../../../shared/model/views.ts'
import type { RunOutcome } from '../actions/action-port.ts'
import { faultPoint } from '../ports/fault-point.ts'
import { noteDead } from './dead-letters.ts'
import { refusalOf, settleByLookup, settleIfDone } from './inspecting.ts'
import type { LookupRecord } from './records/report-records.ts'
import type { ReportDeps } from './report-deps.ts'

/** Questions under way at once. */
const AT_ONCE = 8
/** Looked at in one turn. */
const MOST_DUE = 256
/** After these a question that fails is asked again (milliseconds); DeepAlert's queues give up after five tries as well. */
const RETRY_MS = [10_000, 60_000, 300_000, 900_000] as const
/** What asking again does not mend: who wrote the policy or keeps the secrets has to. */
const FINAL: ReadonlySet<string> = new Set([
  'invalid_args',
  'secret_not_allowed',
  'secret_missing',
  'secret_not_readable',
  'action_not_found',
  'not_observe',
  'no_database',
  'database_refused',
])

/** Asks the questions of inspections, each once for all reports that want to know, within what services allow. */
export class Lookups {
  readonly #deps: ReportDeps
  readonly #running = new Map<string, Promise<void>>()
  readonly #stop = new AbortController()

  constructor(deps: ReportDeps) {
    this.#deps = deps
  }

  /** What the last process left under way is asked again: an observation is repeatable. */
  async recover(): Promise<void> {
    const { store, lookups } = this.#deps
    await store.writer.commit('report-lookup', (tx) => lookups.recover(tx))
  }

  /** Starts what is due and not held back by a rate. @param onSettled told when one has ended */
  async start(now: number, onSettled: () => void): Promise<void> {
    if (!this.#mayAsk()) return
    const { store, lookups } = this.#deps
    const waiting = new Map<string, number>()
    const held: { id: string; until: number }[] = []
    for (const lookup of lookups.due(now, MOST_DUE)) {
      if (this.#isFull()) break
      if (this.#running.has(lookup.id)) continue
      const until = this.#freeAt(lookup, waiting)
      if (until > now) held.push({ id: lookup.id, until })
      else await this.#begin(lookup, onSettled)
    }
    if (held.length === 0) return
    await store.writer.commit('report-lookup', (tx) => {
      for (const { id, until } of held) lookups.postpone(tx, id, until)
    })
  }

  /**
   * When a look-up may run by its service's rate; 0: at once. Those that wait for one key get times one behind the other.
   * @param waiting by key, how many wait already
   */
  #freeAt({ uses, rateKey }: LookupRecord, waiting: Map<string, number>): number {
    const rate = this.#deps.actions.lookup(uses)?.rate ?? null
    if (rate === null) return 0
    const first = this.#deps.lookups.freeAt(rateKey, rate)
    if (first <= this.#deps.clock.now()) return 0
    const before = waiting.get(rateKey) ?? 0
    waiting.set(rateKey, before + 1)
    return first + Math.floor(before / rate.calls) * rate.perMs
  }

  /** The try is committed before the call: the next look at the rate counts it. */
  async #begin(lookup: LookupRecord, onSettled: () => void): Promise<void> {
    const { store, lookups, log } = this.#deps
    const isStarted = await store.writer.commit('report-lookup', (tx) => {
      // The mode may have been switched since it was looked at.
      if (!this.#mayAsk()) return false
      lookups.start(tx, lookup.id)
      return true
    })
    if (!isStarted) return
    const run = this.#ask(lookup)
      .catch((error: unknown) =>
        log.error('A look-up could not be recorded', { uses: lookup.uses, reason: errorMessage(error) }),
      )
      .finally(() => {
        this.#running.delete(lookup.id)
        onSettled()
      })
    this.#running.set(lookup.id, run)
  }

  /** When the next question is due; null while none may be asked: one that ends makes room, another mode is told. */
  nextAt(): number | null {
    return this.#mayAsk() && !this.#isFull() ? this.#deps.lookups.nextAt() : null
  }

  #isFull(): boolean {
    return this.#running.size >= AT_ONCE
  }

  /** Nothing runs under *Off* and *Dry-run*, what was asked for before neither. */
  #mayAsk(): boolean {
    const mode = this.#deps.mode()
    return mode !== 'off' && mode !== 'dry-run' && !this.#stop.signal.aborted
  }

  /** Aborts what is under way; it is asked again at the next start. */
  async stop(): Promise<void> {
    this.#stop.abort()
    await Promise.all(this.#running.values())
  }

  async #ask(lookup: LookupRecord): Promise<void> {
    const { id, uses, args } = lookup
    const outcome = await this.#outcome(lookup)
    if (this.#stop.signal.aborted) return
    const { store, lookups, bus } = this.#deps
    faultPoint('report-lookup:asked')
    await store.writer.commit('report-lookup', (tx) => {
      if (outcome.outcome === 'succeeded') lookups.answered(tx, id, outcome.result)
      else {
        const nextAt = nextTry(outcome.error, lookup.tries, tx.at)
        lookups.failed(tx, id, outcome.error, nextAt)
        if (nextAt === null) noteDead(this.#deps, tx, { id, uses, args }, outcome.error)
      }
      for (const reportSeq of settleByLookup(this.#deps, tx, id)) settleIfDone(this.#deps, tx, reportSeq)
    })
    bus.changed('reports')
  }

  /** Whoever asked, and however long ago: what does not only look is not run here. */
  async #outcome({ id, uses, args }: LookupRecord): Promise<RunOutcome> {
    const refused = refusalOf(this.#deps, uses, args)
    if (refused !== null) return { outcome: 'failed', error: refused }
    const subject = { alertId: '', chainId: '', alert: {} }
    const intent = { key: id, uses, args, plan: { rows: [], bound: null } }
    return this.#deps.actions.run(intent, subject, this.#stop.signal)
  }
}

/** @param tries before this one @returns null: it is not asked again by itself */
function nextTry(error: Failure, tries: number, now: number): number | null {
  const delayMs = RETRY_MS[tries]
  return FINAL.has(error.code) || delayMs === undefined ? null : now + delayMs
}

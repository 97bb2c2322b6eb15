import { errorMessage } from '../../../shared/errors.ts'
import type { Failure } from '../../../shared/model/views.ts'
import type { RunOutcome } from '../actions/action-port.ts'
import { faultPoint } from '../ports/fault-point.ts'
import { noteDead } from './dead-letters.ts'
import { settleByLookup, settleIfDone } from './inspecting.ts'
import type { LookupRecord } from './records/report-records.ts'
import type { ReportDeps } from './report-deps.ts'

/** Questions under way at once. */
const AT_ONCE = 8
/** After these a question that fails is asked again (milliseconds); DeepAlert's queues give up after five tries as well. */
const RETRY_MS = [10_000, 60_000, 300_000, 900_000] as const
/** What asking again does not mend: who wrote the policy or keeps the secrets has to. */
const FINAL: ReadonlySet<string> = new Set([
  'invalid_args',
  'secret_not_allowed',
  'secret_missing',
  'secret_not_readable',
  'action_not_found',
  'no_database',
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
    if (this.#deps.mode() === 'off' || this.#stop.signal.aborted) return
    const due = this.#deps.lookups.due(now, AT_ONCE * 4)
    for (const lookup of due) {
      if (this.#running.size >= AT_ONCE) return
      if (this.#running.has(lookup.id)) continue
      const rate = this.#deps.actions.lookup(lookup.uses)?.rate ?? null
      const freeAt = rate === null ? 0 : this.#deps.lookups.freeAt(lookup.rateKey, rate)
      if (freeAt > now) {
        await this.#deps.store.writer.commit('report-lookup', (tx) =>
          this.#deps.lookups.postpone(tx, lookup.id, freeAt),
        )
        continue
      }
      // The try is committed before the call: the next look at the rate counts it.
      await this.#deps.store.writer.commit('report-lookup', (tx) => this.#deps.lookups.start(tx, lookup.id))
      const run = this.#ask(lookup)
        .catch((error: unknown) =>
          this.#deps.log.error('A look-up could not be recorded', { uses: lookup.uses, reason: errorMessage(error) }),
        )
        .finally(() => {
          this.#running.delete(lookup.id)
          onSettled()
        })
      this.#running.set(lookup.id, run)
    }
  }

  /** Whether as many are under way as may be: one that ends makes room. */
  isFull(): boolean {
    return this.#running.size >= AT_ONCE
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

  async #outcome({ id, uses, args }: LookupRecord): Promise<RunOutcome> {
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

import { errorMessage, TocsinError } from '../../../shared/errors.ts'
import type { ReportSeverity } from '../../../shared/model/report.ts'
import { ANALYST } from '../chain/chain-deps.ts'
import { makeKnown } from './emitting.ts'
import { gatherNext } from './gathering.ts'
import { inspectNext, lookupFor, refusalOf, settleByLookup, settleIfDone } from './inspecting.ts'
import { Lookups } from './lookups.ts'
import type { ReportRecord } from './records/report-records.ts'
import type { ReportDeps } from './report-deps.ts'
import { reviewReport } from './reviewing.ts'
import { Timers } from './timers.ts'

/** From a first new alert to the slice that follows it: a burst is one slice. */
const GATHER_MS = 50
/** Until it is looked again while more events come than are stored at once, or the store takes nothing. */
const AGAIN_MS = 1000
/** Reports of one turn. */
const AT_ONCE = 64
/** DeepAlert's half: alerts of one cause become reports that are inspected, reviewed and made known. */
export class ReportService {
  readonly #deps: ReportDeps
  readonly #lookups: Lookups
  readonly #timers: Timers
  #cancelGather: (() => void) | null = null
  #gathering: Promise<void> | null = null
  #turn: Promise<void> | null = null
  #isTurnAskedAgain = false
  #isStopped = false
  #unsubscribe: () => void = () => undefined

  constructor(deps: ReportDeps) {
    this.#deps = deps
    this.#lookups = new Lookups(deps)
    this.#timers = new Timers(deps.clock, () => this.#takeTurn())
  }

  /** Goes on where the last process left off. */
  async start(): Promise<void> {
    await this.#lookups.recover()
    this.#unsubscribe = this.#deps.bus.on((topic, payload) => {
      if (topic !== 'changed' || !('what' in payload)) return
      if (payload.what.includes('alerts')) this.wake()
      // The response mode and the waits are settings.
      if (payload.what.includes('settings')) this.#takeTurn()
    })
    this.wake()
    this.#takeTurn()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#unsubscribe()
    this.#cancelGather?.()
    this.#timers.stop()
    await this.#lookups.stop()
    await this.#gathering
    await this.#turn
  }

  /** There are new alerts, or something else that may go on. */
  wake(delayMs = GATHER_MS): void {
    if (this.#isStopped || this.#cancelGather !== null) return
    this.#cancelGather = this.#deps.clock.after(delayMs, () => {
      this.#cancelGather = null
      if (this.#deps.isUnderLoad()) this.wake(AGAIN_MS)
      else void this.gather()
    })
  }

  /** The machine woke up: the clock is not where it was. */
  lookAgain(): void {
    this.#takeTurn()
  }

  /** Follows all alerts that are stored now into their reports. Never rejects. */
  gather(): Promise<void> {
    this.#gathering ??= this.#gatherAll().finally(() => (this.#gathering = null))
    return this.#gathering
  }

  /** The report of an alert that is stored, brought up to it. @returns null where the store took nothing */
  async ofAlert(alertId: string): Promise<ReportRecord | null> {
    // What is under way may have begun before the alert was stored.
    await this.#gathering
    await this.gather()
    return this.#deps.reports.ofAlert(alertId)
  }

  /** The analyst's grade, which holds until another one of the analyst's. @throws TocsinError `report_missing` */
  async override(id: string, severity: ReportSeverity, reason: string): Promise<void> {
    const { store, reports, ids, chains, bus } = this.#deps
    const queued = await store.writer.commit('report-override', (tx) => {
      const report = reports.get(id) ?? missing()
      const before = { severity: report.severity, reason: report.reason }
      reports.review(tx, report, { id: ids.uuid(), by: 'analyst', severity, reason, decisionId: null })
      const about = { subjectKind: 'report', subjectId: id, before, after: { severity } }
      tx.act({ by: ANALYST, kind: 'report.override', ...about, reason })
      return makeKnown(this.#deps, tx, id, 'published')
    })
    chains.wakeReportChains(queued)
    bus.changed('reports')
  }

  /** Has the policy decide on all attributes anew. @returns how many @throws TocsinError `report_missing` */
  async reinspect(id: string): Promise<number> {
    const { store, reports, bus } = this.#deps
    const count = await store.writer.commit('report-reinspect', (tx) => {
      const report = reports.get(id) ?? missing()
      const attributes = reports.markUninspected(tx, report.seq)
      reports.wantInspection(tx, report.seq, tx.at)
      reports.wantReview(tx, report.seq, tx.at + this.#deps.times().reviewDelayMs)
      tx.act({ by: ANALYST, kind: 'report.reinspect', subjectKind: 'report', subjectId: id, after: { attributes } })
      return attributes
    })
    bus.changed('reports')
    this.#takeTurn()
    return count
  }

  /** Reviews what there is at once, as a turn of its own. @throws TocsinError `report_missing` */
  async reviewNow(id: string): Promise<void> {
    // A review that began before another one must not end after it: it has seen less.
    while (this.#turn !== null) await this.#turn
    const review = reviewReport(this.#deps, this.#deps.reports.get(id) ?? missing())
    this.#follow(review)
    await review
  }

  /** Asks a failed inspection's question once more. @throws TocsinError `inspection_missing`, `not_failed` */
  async retry(inspectionId: string): Promise<void> {
    const { store, reports, bus } = this.#deps
    await store.writer.commit('report-retry', (tx) => {
      const inspection = reports.inspection(inspectionId)
      if (inspection === null)
        throw new TocsinError('inspection_missing', 'This inspection does not exist any more: reload the report.')
      if (inspection.state !== 'failed' || inspection.uses === '')
        throw new TocsinError('not_failed', 'This inspection has not failed: reload the report.')
      const refused = refusalOf(this.#deps, inspection.uses, inspection.args)
      if (refused !== null) throw new TocsinError(refused.code, refused.message)
      const lookupId = lookupFor(this.#deps, tx, inspection, inspection.lookupId)
      reports.reopenInspection(tx, inspectionId, lookupId)
      settleByLookup(this.#deps, tx, lookupId)
      settleIfDone(this.#deps, tx, inspection.reportSeq)
      tx.act({ by: ANALYST, kind: 'inspection.retry', subjectKind: 'inspection', subjectId: inspectionId })
    })
    bus.changed('reports')
    this.#takeTurn()
  }

  /** Asks again what was asked in vain: all inspections that failed with it. @returns how many */
  async askAgain(lookupId: string): Promise<number> {
    const failed = this.#deps.reports.failedOn(lookupId)
    for (const { id } of failed) await this.retry(id)
    return failed.length
  }

  async #gatherAll(): Promise<void> {
    try {
      for (;;) {
        if (this.#isStopped) return
        const { alerts, isLast } = await gatherNext(this.#deps)
        if (alerts > 0) this.#deps.bus.changed('reports')
        if (isLast) break
      }
      this.#takeTurn()
    } catch (error) {
      this.#deps.log.warn('Alerts could not be followed into reports', { reason: errorMessage(error) })
      this.wake(AGAIN_MS)
    }
  }

  /** One turn at a time; what comes up meanwhile is looked at once more. */
  #takeTurn(): void {
    if (this.#isStopped) return
    if (this.#turn !== null) {
      this.#isTurnAskedAgain = true
      return
    }
    this.#follow(this.#due())
  }

  #follow(turn: Promise<void>): void {
    this.#timers.stop()
    this.#turn = turn
      .then(() => 0)
      .catch((error: unknown) => {
        this.#deps.log.warn('Reports could not go on', { reason: errorMessage(error) })
        return AGAIN_MS
      })
      .then((delayMs) => {
        this.#turn = null
        const isAgain = this.#isTurnAskedAgain
        this.#isTurnAskedAgain = false
        if (isAgain && delayMs === 0) this.#takeTurn()
        else this.#arm(delayMs)
      })
  }

  async #due(): Promise<void> {
    const { reports, bus, mode, clock } = this.#deps
    // Under *Off* nothing starts: the times stay, and are up when the mode is another.
    if (mode() === 'off') return
    await this.#followClock()
    const now = clock.now()
    for (let isMore = true; isMore && !this.#isStopped;) {
      const inspections = reports.dueInspections(now, AT_ONCE)
      const reviews = reports.dueReviews(now, AT_ONCE)
      // What is decided in one turn is evaluated and committed together.
      await Promise.all(inspections.map((report) => this.#inspect(report)))
      await Promise.all(reviews.map((report) => reviewReport(this.#deps, report)))
      isMore = inspections.length + reviews.length > 0
      if (isMore) bus.changed('reports')
    }
    await this.#lookups.start(now, () => this.#takeTurn())
  }

  /** A clock that was set back leaves times that are further away than any wait: those are as long as a wait can be. */
  async #followClock(): Promise<void> {
    const { store, reports, lookups, clock, times, log } = this.#deps
    const longest = (now: number): { inspectAt: number; reviewAt: number } => {
      const { inspectDelayMs, reviewDelayMs } = times()
      return { inspectAt: now + inspectDelayMs, reviewAt: now + reviewDelayMs }
    }
    const now = clock.now()
    if (!reports.hasLongerWait(longest(now)) && !lookups.hasFuture(now)) return
    const shortened = await store.writer.commit('report-clock', (tx) => {
      lookups.bringBack(tx)
      return reports.shortenWaits(tx, longest(tx.at))
    })
    log.info('The clock was set back, or a wait was made shorter: reports wait no longer than they may', { shortened })
  }

  async #inspect(report: ReportRecord): Promise<void> {
    while (await inspectNext(this.#deps, report)) continue
  }

  #arm(leastMs: number): void {
    if (this.#isStopped || this.#deps.mode() === 'off') return
    const { inspectAt, reviewAt } = this.#deps.reports.nextTimer()
    const times = [inspectAt, reviewAt, this.#lookups.nextAt()].filter((at) => at !== null)
    const next = times.length === 0 ? null : Math.max(Math.min(...times), this.#deps.clock.now() + leastMs)
    this.#timers.arm(next)
  }
}

function missing(): never {
  throw new TocsinError('report_missing', 'This report does not exist any more: reload the list.')
}

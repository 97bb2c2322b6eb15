import { errorCode, errorMessage, TocsinError } from '../../../shared/errors.ts'
import type { LivePolicy } from '../policy/policy-service.ts'
import { bodyDeleted } from '../store/deleted.ts'
import type { EventRecord } from '../store/event-store.ts'
import { NO_POLICY, type ProblemRecord } from '../store/problem-store.ts'
import { isStoreFailure, type Tx } from '../store/writer.ts'
import { announce, type IntakeDeps } from './intake-deps.ts'
import { entrypointOf, judge, type Judged, withoutOutput } from './judge.ts'
import {
  formsOf,
  insertDecision,
  outcomeOf,
  settle,
  type Settleable,
  type Settled,
  type SettledEvent,
} from './settle.ts'

export interface ReprocessResult {
  /** Events that were evaluated. */
  processed: number
  /** Events whose body was deleted by age: nothing was evaluated. */
  deleted: number
  alerts: number
  /** False when the problem stands: the events would only fail again. */
  isResolved: boolean
}

/** Events are read and evaluated so many at a time: memory stays flat over any number of them. */
const BATCH = 32

/** An event whose evaluation a crash interrupted. Evaluated once more by itself; after a second crash a person decides. */
const INTERRUPTED = 'evaluation_interrupted'

/** How soon it is tried again to store what came of an event. */
const MAKE_UP_MS = 5000
/** So many events are remembered; the rest stay *pending* and are made up for at the next start. */
const MAX_UNSETTLED = 1000

/** Somebody else was faster. */
const RESOLVED = 'problem_resolved'

const SYSTEM = 'system'
const ANALYST = 'analyst'

/** What is evaluated later than it came: after a crash, or when a person asks for it. */
export class Reprocessing {
  readonly #deps: IntakeDeps
  /** Stored as pending; what came of them was not stored. */
  readonly #unsettled = new Set<string>()
  #isMakingUp = false

  constructor(deps: IntakeDeps) {
    this.#deps = deps
  }

  async recover(): Promise<void> {
    const { store, policy, log } = this.#deps
    const live = policy.live()
    if (!live) return
    for (let after = 0; ;) {
      const events = store.events.pending(after, BATCH)
      for (const event of events) {
        try {
          await this.#recoverOne(event, live)
        } catch (error) {
          log.error('An event of the last run could not be evaluated', { event: event.id, reason: errorMessage(error) })
          if (isStoreFailure(error)) this.makeUpFor(event.id)
        }
      }
      if (events.length < BATCH) return
      after = events.at(-1)?.seq ?? after
    }
  }

  /** Evaluates an event again, as soon as the store takes what comes of it. */
  makeUpFor(eventId: string): void {
    if (this.#unsettled.size < MAX_UNSETTLED) this.#unsettled.add(eventId)
    if (this.#isMakingUp) return
    this.#isMakingUp = true
    this.#deps.clock.after(MAKE_UP_MS, () => {
      this.#isMakingUp = false
      void this.#makeUp()
    })
  }

  async reprocess(problemId: string): Promise<ReprocessResult> {
    const { store, policy } = this.#deps
    const problem = store.problems.get(problemId)
    if (!problem) throw new TocsinError('problem_missing', 'This problem does not exist any more: reload the list')
    const live = policy.live()
    if (!live) throw new TocsinError('policy_unavailable', 'No policy is live: correct the workspace first')
    if (problem.resolvedAt !== null) return nothingDone(true)
    if (problem.code === NO_POLICY) return this.#reprocessSchema(problem, live)
    if (problem.eventId === null || problem.chainId !== null) {
      throw new TocsinError('not_reprocessable', 'This problem is not about an event: re-run its chain instead')
    }
    const event = store.events.get(problem.eventId)
    if (!event) throw new TocsinError('problem_missing', 'The event of this problem does not exist any more')
    return this.#reprocessOne(problem, event, live)
  }

  /** One after the other, and no more once the store refuses one. Never rejects. */
  async #makeUp(): Promise<void> {
    const { store, policy, log } = this.#deps
    for (const id of this.#unsettled) {
      try {
        const event = store.events.get(id)
        const live = policy.live()
        if (!live) return this.makeUpFor(id)
        if (event?.outcome === 'pending') await this.#makeUpForOne(event, live)
      } catch (error) {
        if (errorCode(error) === 'store_closed') return
        if (isStoreFailure(error)) return this.makeUpFor(id)
        log.error('A pending event could not be evaluated', { event: id, reason: errorMessage(error) })
      }
      this.#unsettled.delete(id)
    }
  }

  async #makeUpForOne(event: EventRecord, policy: LivePolicy): Promise<void> {
    const { problems } = this.#deps.store
    const judged = await this.#judge(event, policy)
    const resolve = (tx: Tx): void => {
      const open = problems.openOfEvent(event.id)
      if (open?.code === INTERRUPTED) problems.resolve(tx, open.id, 'processed', SYSTEM, 'Evaluated after a restart')
    }
    try {
      await this.#commit(event, judged, null, resolve)
    } catch (error) {
      if (isStoreFailure(error) || errorCode(error) === RESOLVED || judged.kind === 'no_policy') throw error
      await this.#commit(event, withoutOutput(judged, error), null, resolve)
    }
  }

  /**
   * The problem is written first and resolved with the outcome, so that an event whose evaluation takes the process
   * down does so once and not at every start.
   */
  async #recoverOne(event: EventRecord, policy: LivePolicy): Promise<void> {
    const { store } = this.#deps
    if (store.problems.openOfEvent(event.id)) {
      await store.writer.commit('event', (tx) => store.events.setOutcome(tx, event.id, 'problem'))
      return
    }
    const problem = await store.writer.commit('event-pending', (tx) =>
      store.problems.add(tx, {
        code: INTERRUPTED,
        schema: event.schema,
        eventId: event.id,
        chainId: null,
        message: 'Tocsin ended twice while this event was evaluated: look at the policy, then re-process',
        details: null,
      }),
    )
    const judged = await this.#judge(event, policy)
    await this.#commit(event, judged, null, (tx) => {
      store.problems.resolve(tx, problem.id, 'processed', SYSTEM, 'Evaluated after a restart')
    })
  }

  async #reprocessOne(problem: ProblemRecord, event: EventRecord, policy: LivePolicy): Promise<ReprocessResult> {
    const { store } = this.#deps
    const judged = await this.#judge(event, policy)
    if (judged.kind === 'no_policy') return nothingDone(false)
    if (judged.failure) {
      // The problem stands as it was; the evaluation is on record like every other.
      const { code, message } = judged.failure
      await store.writer.commit('event', (tx) => {
        const decision = insertDecision(tx, this.#deps, this.#settledEvent(event, problem.id), judged)
        const subject = { subjectKind: 'problem', subjectId: problem.id }
        const after = { code, decision, policy: policy.id }
        tx.act({ by: ANALYST, kind: 'problem.reprocess_failed', ...subject, after, reason: message })
      })
      return { processed: 1, deleted: 0, alerts: 0, isResolved: false }
    }
    const settled = await this.#commit(event, judged, problem.id, (tx) => {
      if (!store.problems.resolve(tx, problem.id, 'processed', ANALYST)) throw alreadyResolved()
    })
    return { processed: 1, deleted: 0, alerts: settled.alerts.length, isResolved: true }
  }

  /** Every event of the schema becomes what it would have been; one that fails now has a problem of its own. */
  async #reprocessSchema(problem: ProblemRecord, policy: LivePolicy): Promise<ReprocessResult> {
    const { store } = this.#deps
    if (!this.#deps.policy.hasEntrypoint(policy.id, entrypointOf(problem.schema))) {
      return nothingDone(false)
    }
    let processed = 0
    let deleted = 0
    let alerts = 0
    for (let after = 0; ;) {
      const events = store.events.withoutPolicy(problem.schema, after, BATCH)
      const whole = events.filter(({ hasBody }) => hasBody)
      deleted += events.length - whole.length
      const settled = await Promise.all(whole.map((event) => this.#reprocessLate(event, policy, problem.id)))
      processed += whole.length
      for (const each of settled) alerts += each.alerts.length
      if (events.length < BATCH) break
      after = events.at(-1)?.seq ?? after
    }
    if (processed === 0 && deleted > 0) throw bodyDeleted()
    const reason = deleted === 0 ? '' : `${deleted} of its events were deleted by age and not evaluated`
    await store.writer.commit('event', (tx) => store.problems.resolve(tx, problem.id, 'processed', ANALYST, reason))
    this.#deps.onChanged(['problems'])
    return { processed, deleted, alerts, isResolved: true }
  }

  async #reprocessLate(event: EventRecord, policy: LivePolicy, problemId: string): Promise<Settled> {
    return this.#commit(event, await this.#judge(event, policy), problemId, () => {})
  }

  /** Text was checked when the event came, so `malformed` is a failure of the evaluation like any other. */
  async #judge(event: EventRecord, policy: LivePolicy): Promise<Settleable> {
    const body = this.#body(event.id)
    const judged: Judged = await judge(this.#deps, policy, { id: event.id, schema: event.schema, body })
    if (judged.kind !== 'malformed') return judged
    const failure = { code: 'malformed_json', message: judged.message, details: null }
    return { kind: 'judged', policy, evaluated: null, alerts: [], failure }
  }

  async #commit(
    event: EventRecord,
    judged: Settleable,
    reprocessOf: string | null,
    resolve: (tx: Tx) => void,
  ): Promise<Settled> {
    const { store } = this.#deps
    const settled = await store.writer.commit('event', (tx) => {
      if (store.events.get(event.id)?.outcome !== event.outcome) throw alreadyResolved()
      resolve(tx)
      store.events.setOutcome(tx, event.id, outcomeOf(judged), reprocessOf === null ? SYSTEM : ANALYST)
      const about = this.#settledEvent(event, reprocessOf)
      return settle(tx, this.#deps, about, judged, insertDecision(tx, this.#deps, about, judged))
    })
    announce(this.#deps, settled, formsOf(judged))
    return settled
  }

  #settledEvent({ id, schema, bodySha256 }: EventRecord, reprocessOf: string | null): SettledEvent {
    return { id, schema, body: this.#body(id), sha256: bodySha256, reprocessOf }
  }

  /** @throws TocsinError `body_deleted` */
  #body(eventId: string): Uint8Array {
    const body = this.#deps.store.events.body(eventId)
    if (body === null) throw bodyDeleted()
    return body
  }
}

function nothingDone(isResolved: boolean): ReprocessResult {
  return { processed: 0, deleted: 0, alerts: 0, isResolved }
}

function alreadyResolved(): TocsinError {
  return new TocsinError(RESOLVED, 'This problem was re-processed already: reload the list')
}

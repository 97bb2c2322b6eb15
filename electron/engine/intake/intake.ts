import { errorCode, errorMessage } from '../../../shared/errors.ts'
import type { EventOutcome } from '../../../shared/model/states.ts'
import { checkEventText } from '../policy/event-text.ts'
import type { AlertDecision } from '../store/event-store.ts'
import type { StoredBody } from '../store/stored-body.ts'
import type { NewProblem } from '../store/problem-store.ts'
import { isStoreFailure, type Tx } from '../store/writer.ts'
import { textOf } from './answer-from-rows.ts'
import type { Delivery } from './delivery.ts'
import { malformed, NO_TEXT, refused, type IntakeAnswer } from './intake-answer.ts'
import { announce, type IntakeDeps } from './intake-deps.ts'
import { judge, withoutOutput } from './judge.ts'
import { Repeats } from './repeats.ts'
import { Reprocessing, type ReprocessResult } from './reprocessing.ts'
import { decisionOf, formsOf, insertDecision, outcomeOf, settle, type Settleable, type Settled } from './settle.ts'

/** An evaluation that takes longer has its event stored first, so that one that never ends leaves a trace (`intake.md`). */
const PENDING_AFTER_MS = 50

/** So many deliveries at once are a storm: fewer come and go while a disk syncs. */
const STORM = 8
/** A storm is over when there was none for this long: between two commits there is always a lull. */
const STORM_MS = 50

/** One delivery on its way, with what identifies its row. */
interface Arrival {
  delivery: Delivery
  eventId: string
  receivedAt: number
  /** What its coming alone says, stored with it. */
  notice: NewProblem | null
}

/** Events in, alerts out: evaluates, stores in one transaction, and only then answers. */
export class Intake {
  readonly #deps: IntakeDeps
  readonly #reprocessing: Reprocessing
  readonly #repeats: Repeats
  #taking = 0
  #stormAt = 0

  constructor(deps: IntakeDeps) {
    this.#deps = deps
    this.#reprocessing = new Reprocessing(deps)
    this.#repeats = new Repeats(deps.store, (delivery, notice) => this.#take(delivery, notice))
  }

  /**
   * Takes one delivery. The answer is given when it is durable; `refused` means that nothing was stored. Never rejects.
   * A repeat, by its delivery id and its bytes, gets the first answer again.
   */
  receive(delivery: Delivery): Promise<IntakeAnswer> {
    const { deliveryId } = delivery
    return deliveryId === null ? this.#take(delivery, null) : this.#repeats.takeOnce(delivery, deliveryId, null)
  }

  /** Whether more is coming in than can be stored at once. */
  isUnderLoad(): boolean {
    return this.#deps.clock.now() - this.#stormAt < STORM_MS
  }

  /** Evaluates events that a crash left stored and not evaluated. */
  recover(): Promise<void> {
    return this.#reprocessing.recover()
  }

  /**
   * Evaluates the event (or, for a schema that had no package, all its events) of a problem under the live policy.
   * @throws TocsinError `problem_missing`, `not_reprocessable`, `policy_unavailable`, `body_deleted`
   */
  reprocess(problemId: string): Promise<ReprocessResult> {
    return this.#reprocessing.reprocess(problemId)
  }

  async #take(delivery: Delivery, notice: NewProblem | null): Promise<IntakeAnswer> {
    this.#taking++
    if (this.#taking >= STORM) this.#stormAt = this.#deps.clock.now()
    try {
      return await this.#evaluateAndStore(delivery, notice)
    } finally {
      this.#taking--
    }
  }

  async #evaluateAndStore(delivery: Delivery, notice: NewProblem | null): Promise<IntakeAnswer> {
    const { clock, ids, policy } = this.#deps
    const live = policy.live()
    if (!live) {
      return refused(503, 'policy_unavailable', 'not ready: no policy is live, see Policies in the desk')
    }
    const arrival: Arrival = { delivery, eventId: ids.uuid(), receivedAt: clock.now(), notice }
    const isStoredAlready = this.#storeWhenSlow(arrival)
    const judged = await judge(this.#deps, live, { ...delivery, id: arrival.eventId })
    const isStored = await isStoredAlready()
    if (judged.kind === 'malformed') return malformed(judged.message)
    if (judged.kind === 'no_policy') {
      const text = checkEventText(delivery.body)
      if ('malformed' in text) return malformed(text.malformed)
    }
    return this.#finish(arrival, judged, isStored)
  }

  /** @returns ends the wait, and says whether the event was stored in it */
  #storeWhenSlow(arrival: Arrival): () => Promise<boolean> {
    let storing: Promise<boolean> | null = null
    const cancel = this.#deps.clock.after(PENDING_AFTER_MS, () => {
      storing = this.#storePending(arrival)
    })
    return async () => {
      cancel()
      return (await storing) ?? false
    }
  }

  /** @returns whether the event is stored now; text that is no event is left for the evaluation to refuse */
  async #storePending(arrival: Arrival): Promise<boolean> {
    if ('malformed' in checkEventText(arrival.delivery.body)) return false
    const { store, log } = this.#deps
    try {
      await store.writer.commit('event-pending', (tx) => this.#insert(tx, arrival, 'pending'))
      this.#deps.onChanged(['events'])
      return true
    } catch (error) {
      log.warn('A slow event could not be stored before its evaluation', { reason: errorMessage(error) })
      return false
    }
  }

  async #finish(arrival: Arrival, judged: Settleable, isStored: boolean): Promise<IntakeAnswer> {
    try {
      return await this.#commit(arrival, judged, isStored)
    } catch (error) {
      if (isStoreFailure(error) || judged.kind === 'no_policy') return this.#unsettled(arrival, isStored, error)
      // What the policy said cannot be written. The event is evidence all the same: it is stored with the problem.
      this.#deps.log.error('An event is stored without its alerts', { reason: errorMessage(error) })
      return this.#commit(arrival, withoutOutput(judged, error), isStored).catch((again: unknown) =>
        this.#unsettled(arrival, isStored, again),
      )
    }
  }

  /** What was stored is acknowledged: a sender that was refused would send it again, and there would be two alerts. */
  #unsettled({ eventId }: Arrival, isStored: boolean, error: unknown): IntakeAnswer {
    if (!isStored) return notStored(error)
    this.#reprocessing.makeUpFor(eventId)
    const message = `The event is stored, what came of it is not yet (${errorMessage(error)}): it is evaluated again by itself`
    return { kind: 'problem', eventId, problem: { id: '', code: 'evaluation_pending', message, details: null } }
  }

  async #commit(arrival: Arrival, judged: Settleable, isStored: boolean): Promise<IntakeAnswer> {
    const { delivery, eventId } = arrival
    const { store } = this.#deps
    const outcome = outcomeOf(judged)
    const write = (tx: Tx): Settled => {
      const { schema, body } = delivery
      const event = { id: eventId, schema, body, sha256: '', reprocessOf: null }
      if (!isStored) {
        const decision = decisionOf(judged, body)
        event.sha256 = this.#insert(tx, arrival, outcome, { decision, stored: storedOf(judged) })
        return settle(tx, this.#deps, event, judged, decision === null ? '' : eventId)
      }
      store.events.setOutcome(tx, eventId, outcome)
      event.sha256 = store.events.get(eventId)?.bodySha256 ?? ''
      return settle(tx, this.#deps, event, judged, insertDecision(tx, this.#deps, event, judged))
    }
    const settled = await store.writer.commit('event', write, { isRepeatable: true })
    announce(this.#deps, settled, formsOf(judged))
    if (arrival.notice) this.#deps.onChanged(['problems'])
    return answerOf(eventId, delivery.body, judged, settled)
  }

  /** @returns the hash of the event's bytes */
  #insert(
    tx: Tx,
    { delivery, eventId, receivedAt, notice }: Arrival,
    outcome: EventOutcome,
    known: { decision?: AlertDecision | null; stored?: StoredBody | undefined } = {},
  ): string {
    const { events, problems } = this.#deps.store
    if (notice) problems.add(tx, notice)
    const { broken } = this.#deps
    const hasHandle = broken !== undefined && broken(delivery.body) !== delivery.body
    if (hasHandle) this.#deps.log.warn('An event holds the handle of a secret', { event: eventId })
    return events.insert(tx, { ...delivery, id: eventId, receivedAt, outcome, hasHandle, ...known }).sha256
  }
}

function answerOf(eventId: string, body: Uint8Array, judged: Settleable, { alerts, problem }: Settled): IntakeAnswer {
  if (judged.kind === 'judged' && problem) {
    const { id, code, message } = problem
    return { kind: 'problem', eventId, problem: { id, code, message, details: judged.failure?.details ?? null } }
  }
  return { kind: 'stored', eventId, alerts, event: alerts.length === 0 ? NO_TEXT : textOf(body) }
}

/** The body as the policy thread made it ready to be stored. */
function storedOf(judged: Settleable): StoredBody | undefined {
  return judged.kind === 'judged' ? judged.evaluated?.answer.stored : undefined
}

function notStored(error: unknown): IntakeAnswer {
  return refused(isStoreFailure(error) ? 503 : 500, errorCode(error), errorMessage(error))
}

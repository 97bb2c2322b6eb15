import { errorCode, errorMessage } from '../../../../shared/errors.ts'
import type { Confirmation, SettledOutcome } from '../../actions/action-port.ts'
import type { ChainDeps } from '../chain-deps.ts'
import type { Outcomes } from '../outcomes/outcomes.ts'
import type { Confirming } from '../records/containment-store.ts'
import type { ActionRecord, AttemptRecord, ChainRecord } from '../records/records.ts'
import { subjectOf } from '../rounds/subject.ts'
import { isLookedForNoMore, nextLookMs, SHORTEST_LOOK_MS } from './confirmation-times.ts'

/** How many targets are read at once. */
const MAX_AT_ONCE = 8

/** What one look is about. */
interface Subject {
  confirming: Confirming
  attempt: AttemptRecord
  action: ActionRecord
  chain: ChainRecord
}

type Pending = Extract<Confirmation, { state: 'pending' }>

export interface ConfirmationParts {
  outcomes: Pick<Outcomes, 'settle'>
  /** Does something in the chain's turn and drives it afterwards. */
  inTurn: <T>(chain: ChainRecord, work: () => Promise<T>) => Promise<T>
}

/**
 * Looks at targets until they read as was requested: never on the service's word, and from rows alone, so that a restart
 * goes on looking. Nothing is ever sent again from here.
 */
export class Confirmations {
  readonly #deps: ChainDeps
  readonly #parts: ConfirmationParts
  /** The next look at each, by attempt. */
  readonly #timers = new Map<string, () => void>()
  readonly #due: string[] = []
  readonly #looking = new Map<string, Promise<void>>()
  readonly #stopping = new AbortController()

  constructor(deps: ChainDeps, parts: ConfirmationParts) {
    this.#deps = deps
    this.#parts = parts
  }

  /** Goes on where the last process stopped looking: at once. */
  start(): void {
    for (const attemptId of this.#deps.containments.confirming()) this.#enqueue(attemptId)
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    for (const cancel of this.#timers.values()) cancel()
    this.#timers.clear()
    this.#due.length = 0
    await Promise.all(this.#looking.values())
  }

  /** Begins to look at what a chain has just requested. */
  followChain(chainId: string): void {
    for (const attemptId of this.#deps.containments.confirmingOf(chainId))
      if (!this.#timers.has(attemptId) && !this.#looking.has(attemptId)) this.#follow(attemptId)
  }

  #follow(attemptId: string): void {
    const confirming = this.#deps.containments.confirmation(attemptId)
    if (confirming !== null) this.#lookLater(confirming)
  }

  /** Resolves when no target is being read. */
  async whenLooked(): Promise<void> {
    while (this.#looking.size > 0) await Promise.all(this.#looking.values())
  }

  /** Resolves when everything that was requested is confirmed or given up, or so much time has passed. */
  async whenConfirmed(longestMs: number): Promise<void> {
    const until = this.#deps.clock.now() + longestMs
    while (this.#deps.containments.confirming().length > 0 && this.#deps.clock.now() < until)
      await new Promise<void>((resolve) => void this.#deps.clock.after(SHORTEST_LOOK_MS, resolve))
  }

  /** Looks now. Resolves when it has looked; what it found is in the rows. */
  async now(attemptId: string): Promise<void> {
    this.#timers.get(attemptId)?.()
    this.#timers.delete(attemptId)
    await (this.#looking.get(attemptId) ?? this.#look(attemptId))
  }

  #lookLater({ attemptId, acceptedAt }: Confirming): void {
    if (this.#stopping.signal.aborted) return
    this.#timers.get(attemptId)?.()
    const delayMs = nextLookMs(this.#deps.clock.now() - acceptedAt)
    const cancel = this.#deps.clock.after(delayMs, () => this.#enqueue(attemptId))
    this.#timers.set(attemptId, cancel)
  }

  #enqueue(attemptId: string): void {
    this.#timers.delete(attemptId)
    this.#due.push(attemptId)
    this.#pump()
  }

  #pump(): void {
    while (this.#looking.size < MAX_AT_ONCE) {
      const attemptId = this.#due.shift()
      if (attemptId === undefined) return
      if (!this.#looking.has(attemptId)) void this.#look(attemptId)
    }
  }

  #look(attemptId: string): Promise<void> {
    const looked = this.#lookOnce(attemptId)
      .catch((error: unknown) => this.#failed(attemptId, error))
      .finally(() => {
        this.#looking.delete(attemptId)
        this.#pump()
      })
    this.#looking.set(attemptId, looked)
    return looked
  }

  /** The store took nothing, or somebody else has settled it meanwhile. */
  #failed(attemptId: string, error: unknown): void {
    this.#deps.log.warn('A confirmation could not be stored', { code: errorCode(error), reason: errorMessage(error) })
    this.#follow(attemptId)
  }

  async #lookOnce(attemptId: string): Promise<void> {
    const subject = this.#subject(attemptId)
    if (subject === null) return
    const { key, uses, args, plan } = subject.attempt
    const { accepted } = subject.confirming
    const { signal } = this.#stopping
    const about = subjectOf(this.#deps, subject.chain)
    const found = await this.#deps.actions.confirm({ key, uses, args, plan }, accepted, about, signal)
    if (signal.aborted) return
    const outcome = this.#outcomeOf(subject.confirming, found)
    if (outcome !== null) return this.#settle(subject, outcome)
    if (found.state === 'pending' && isNews(subject.confirming, found)) await this.#note(subject, found)
    this.#lookLater(subject.confirming)
  }

  #subject(attemptId: string): Subject | null {
    const confirming = this.#deps.containments.confirmation(attemptId)
    const attempt = this.#deps.approvals.attempt(attemptId)
    if (confirming === null || attempt === null) return null
    const action = this.#deps.chains.action(attempt.actionId)
    return { confirming, attempt, action, chain: this.#deps.chains.chain(action.chainId) }
  }

  /** @returns null while it is looked for further */
  #outcomeOf({ acceptedAt, isTaken }: Confirming, found: Confirmation): SettledOutcome | null {
    switch (found.state) {
      case 'confirmed':
        return { outcome: 'succeeded', result: found.result }
      case 'failed':
        return { outcome: 'failed', error: found.error }
      case 'pending': {
        const sinceMs = this.#deps.clock.now() - acceptedAt
        if (!isLookedForNoMore(sinceMs, isTaken || found.isComing)) return null
        const what = isTaken ? 'The service took the request' : 'Nobody knows whether the service took the request'
        const message = `${what}, and the target does not read so (${found.message}): look there, then say here what you found.`
        return { outcome: 'unknown', error: { code: 'not_confirmed', message } }
      }
    }
  }

  async #settle({ chain, action, attempt }: Subject, outcome: SettledOutcome): Promise<void> {
    await this.#parts.inTurn(chain, async () => {
      // The analyst may have stopped the chain while it was looked.
      if (this.#deps.chains.actionNow(action.id).state !== 'confirming') return
      await this.#parts.outcomes.settle(chain, action, attempt.id, outcome, { by: 'confirmation' })
    })
  }

  async #note({ chain, attempt }: Subject, { message, isComing }: Pending): Promise<void> {
    await this.#deps.writer.commit('containment-look', (tx) =>
      this.#deps.containments.notePending(tx, attempt.id, message, isComing),
    )
    const ids = { alertIds: [chain.subjectId], chainIds: [chain.id] }
    this.#deps.bus.changed(['chains', 'containments'], ids)
  }
}

/** What a later look that finds nothing, or cannot read, must not take back is kept as well. */
function isNews({ pending, isTaken }: Confirming, { message, isComing }: Pending): boolean {
  return message !== pending || (isComing && !isTaken)
}

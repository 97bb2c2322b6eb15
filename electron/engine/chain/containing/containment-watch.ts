import { errorCode, errorMessage } from '../../../../shared/errors.ts'
import type { Verification } from '../../actions/action-port.ts'
import { actInWords } from '../../../../shared/model/act-title.ts'
import type { Tx } from '../../store/writer.ts'
import { SYSTEM, type ChainDeps } from '../chain-deps.ts'
import { aboutAction } from '../records/actors.ts'
import type { ContainmentCheck } from '../records/containment-store.ts'
import type { ActionRecord, AttemptRecord } from '../records/records.ts'
import { namedAct } from '../rounds/history.ts'
import { CHECK_EVERY_MS } from './lasting.ts'

/** A machine that slept wakes up late: what is due is looked for at least so often. */
const LONGEST_WAIT_MS = 60_000
/** After a turn that could not do all. */
const SHORTEST_WAIT_MS = 1000
/** How soon an end is tried again that could not be seen to. */
const END_AGAIN_MS = 300_000

export interface WatchParts {
  /** Proposes the inverse of a containment whose time is up. */
  proposeEnd: (attemptId: string) => Promise<void>
}

/** Sees by itself to what is in force: reads it every hour, and ends what was to end. */
export class ContainmentWatch {
  readonly #deps: ChainDeps
  readonly #parts: WatchParts
  readonly #stopping = new AbortController()
  #cancel: (() => void) | null = null
  #turn: Promise<void> | null = null

  constructor(deps: ChainDeps, parts: WatchParts) {
    this.#deps = deps
    this.#parts = parts
  }

  /** Waits for what is due next; to be called when something began or ended. */
  arm(leastMs = 0): void {
    if (this.#turn !== null || this.#stopping.signal.aborted) return
    this.#cancel?.()
    const next = this.#deps.containments.nextDue()
    if (next === null) return
    const delayMs = Math.min(LONGEST_WAIT_MS, Math.max(leastMs, next - this.#deps.clock.now()))
    this.#cancel = this.#deps.clock.after(delayMs, () => this.#begin())
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#cancel?.()
    await this.#turn
  }

  /** Resolves when nothing is being seen to. */
  async whenSeen(): Promise<void> {
    await this.#turn
  }

  /** Looks at one containment now. @returns what was found; null where it is in force no more, or cannot be read again */
  async check(attemptId: string): Promise<ContainmentCheck | null> {
    const attempt = this.#deps.approvals.attempt(attemptId)
    if (attempt === null || attempt.isResultDeleted || !this.#deps.approvals.isInForce(attemptId)) return null
    const { policyVersionId } = this.#deps.chains.chain(this.#deps.chains.action(attempt.actionId).chainId)
    const { uses, args, result } = attempt
    const done = { uses, args, result, policyVersionId }
    const found = checkOf(await this.#deps.actions.verify(done, this.#stopping.signal))
    const isStored = await this.#deps.writer.commit('containment-check', (tx) => this.#store(tx, attempt, found))
    if (isStored) this.#deps.bus.changed('containments')
    return isStored ? found : null
  }

  #begin(): void {
    this.#turn = this.#seeTo()
      .catch((error: unknown) =>
        this.#deps.log.warn('Containments could not be seen to', {
          code: errorCode(error),
          reason: errorMessage(error),
        }),
      )
      .finally(() => {
        this.#turn = null
        this.arm(SHORTEST_WAIT_MS)
      })
  }

  async #seeTo(): Promise<void> {
    await this.#seeToEnds()
    const now = this.#deps.clock.now()
    for (const attemptId of this.#deps.containments.dueChecks(now)) {
      await this.#checkDue(attemptId, now)
      // A service that does not answer takes its time, and holds up nobody's end.
      await this.#seeToEnds()
    }
  }

  async #seeToEnds(): Promise<void> {
    for (const { attemptId, isByTarget } of this.#deps.containments.dueEnds(this.#deps.clock.now()))
      await this.#end(attemptId, isByTarget)
  }

  /** Nothing is asked of anybody by itself while nothing may run. */
  #isQuiet(): boolean {
    const mode = this.#deps.mode()
    return mode === 'off' || mode === 'dry-run'
  }

  async #checkDue(attemptId: string, now: number): Promise<void> {
    if (this.#stopping.signal.aborted) return
    const isQuiet = this.#isQuiet()
    if (!isQuiet && (await this.check(attemptId)) !== null) return
    // Undone or lifted since, or nothing may run now.
    const nextAt = isQuiet ? now + CHECK_EVERY_MS : null
    await this.#deps.writer.commit('containment-check', (tx) =>
      this.#deps.containments.checkAgain(tx, attemptId, nextAt),
    )
  }

  /** @returns false where it was undone or lifted while it was looked at */
  #store(tx: Tx, attempt: AttemptRecord, found: ContainmentCheck): boolean {
    const { approvals, containments, chains } = this.#deps
    if (!approvals.isInForce(attempt.id)) return false
    const before = containments.standing(attempt.id)
    containments.noteCheck(tx, attempt.id, found, tx.at + CHECK_EVERY_MS)
    const was = before ?? 'holds'
    if (was === found.standing) return true
    const action = chains.action(attempt.actionId)
    const reason = found.found.join('; ')
    tx.act({
      by: SYSTEM,
      kind: 'containment.check',
      ...aboutAction(action),
      before: was,
      after: found.standing,
      reason,
    })
    if (found.standing !== 'unreadable' && (found.standing === 'drifted' || was === 'drifted'))
      this.#tell(action, found.standing === 'drifted' ? `Changed elsewhere: ${reason}` : 'Stands as it was left again')
    return true
  }

  #tell(action: ActionRecord, what: string): void {
    const { alertId } = this.#deps.chains.subjectHead(this.#deps.chains.chain(action.chainId))
    const act = actInWords(namedAct(this.#deps, action))
    this.#deps.bus.news('containment', `${act}. ${what}`, { alertId, actionId: action.id })
  }

  /** Its time is up. */
  async #end(attemptId: string, isByTarget: boolean): Promise<void> {
    if (this.#stopping.signal.aborted) return
    const { approvals } = this.#deps
    if (!approvals.isInForce(attemptId)) return this.#noteEnd(attemptId, null, null)
    try {
      if (isByTarget) await this.#endedByTarget(attemptId)
      else await this.#proposeEnd(attemptId)
    } catch (error) {
      await this.#noteEnd(attemptId, this.#deps.clock.now() + END_AGAIN_MS, errorMessage(error))
    }
  }

  /** Once more where it came to nothing; what the analyst has rejected is left alone. */
  async #proposeEnd(attemptId: string): Promise<void> {
    if (this.#deps.containments.lastUndo(attemptId) === 'rejected') return this.#noteEnd(attemptId, null, null)
    await this.#parts.proposeEnd(attemptId)
    await this.#noteEnd(attemptId, this.#deps.clock.now() + CHECK_EVERY_MS, null)
  }

  /** It was to end by itself: that it has is read from it, too. */
  async #endedByTarget(attemptId: string): Promise<void> {
    if (this.#isQuiet()) return this.#noteEnd(attemptId, this.#deps.clock.now() + END_AGAIN_MS, null)
    const found = await this.check(attemptId)
    if (found?.isReleased !== true) {
      const why = found?.standing === 'holds' ? 'it still reads as it was left' : (found?.found.join('; ') ?? '')
      return this.#noteEnd(attemptId, this.#deps.clock.now() + END_AGAIN_MS, why === '' ? null : why)
    }
    const actionId = this.#deps.approvals.attempt(attemptId)?.actionId
    if (actionId === undefined) return
    const action = this.#deps.chains.action(actionId)
    await this.#deps.writer.commit('containment-check', (tx) => {
      if (!this.#deps.approvals.isInForce(attemptId)) return
      this.#deps.containments.noteEnd(tx, attemptId, null, null)
      const reason = 'Its time was up, and its target ended it by itself'
      tx.act({ by: SYSTEM, kind: 'containment.lift', ...aboutAction(action), reason })
    })
    this.#deps.bus.changed(['containments', 'state', 'chains'], { chainIds: [action.chainId] })
  }

  async #noteEnd(attemptId: string, nextAt: number | null, failure: string | null): Promise<void> {
    await this.#deps.writer.commit('containment-check', (tx) =>
      this.#deps.containments.noteEnd(tx, attemptId, nextAt, failure),
    )
    this.#deps.bus.changed('containments')
  }
}

function checkOf(found: Verification): ContainmentCheck {
  switch (found.state) {
    case 'holds':
      return { standing: 'holds', isReleased: false, found: [] }
    case 'drifted':
      return { standing: 'drifted', isReleased: found.isReleased, found: found.differences }
    case 'unreadable':
      return { standing: 'unreadable', isReleased: false, found: [found.message] }
  }
}

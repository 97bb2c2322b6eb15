import { errorMessage } from '../../../shared/errors.ts'
import { evaluatorBuild } from '../policy/evaluator-build.ts'
import type { Clock, Log } from '../ports/ports.ts'
import type { ReplayDeps } from './replay.ts'
import { replay } from './replay-run.ts'
import { FROM_THE_START } from './replay-store.ts'
import type { NewProblem } from '../store/problem-store.ts'
import type { Store } from '../store/store.ts'

/** Not while the app is starting. */
const FIRST_AFTER_MS = 5 * 60_000
const HOUR_MS = 3_600_000
const VERIFY_EVERY_MS = 24 * HOUR_MS
/** Decisions that are made again in an hour: a tenth of a second of the policy thread. */
const DECISIONS_PER_HOUR = 1000

interface SelfCheckParts {
  store: Pick<Store, 'audit' | 'problems' | 'writer'>
  replay: ReplayDeps
  /** More is coming in than can be stored at once: there is no idle time. */
  isUnderLoad: () => boolean
  onProblem: () => void
  clock: Clock
  log: Log
}

/** What the app proves of its own records in its idle time: the trail once a day, some decisions every hour. */
export class SelfCheck {
  readonly #parts: SelfCheckParts
  #cancel: () => void = () => undefined
  #running: Promise<void> = Promise.resolve()
  #isStopped = false
  #verifiedAt = 0
  #replayed = FROM_THE_START

  constructor(parts: SelfCheckParts) {
    this.#parts = parts
    this.#arm(FIRST_AFTER_MS)
  }

  /** Does what is due now. Never rejects. */
  run(): Promise<void> {
    this.#running = this.#running.then(() => this.#runOnce())
    return this.#running
  }

  /** Resolves when what is under way has ended. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#cancel()
    await this.#running
  }

  #arm(delayMs: number): void {
    this.#cancel = this.#parts.clock.after(delayMs, () => {
      void this.run().then(() => this.#isStopped || this.#arm(HOUR_MS))
    })
  }

  async #runOnce(): Promise<void> {
    const { clock, log, isUnderLoad } = this.#parts
    if (this.#isStopped || isUnderLoad()) return
    try {
      if (clock.now() - this.#verifiedAt >= VERIFY_EVERY_MS) await this.#verify()
      if (!this.#isStopped) await this.#replay()
    } catch (error) {
      log.error('The records could not be checked', { reason: errorMessage(error) })
    }
  }

  async #verify(): Promise<void> {
    this.#verifiedAt = this.#parts.clock.now()
    const { isIntact, message } = await this.#parts.store.audit.verify()
    if (!isIntact) await this.#note('records_changed', message)
  }

  async #replay(): Promise<void> {
    const build = evaluatorBuild()
    const scope = { after: this.#replayed, since: 0, limit: DECISIONS_PER_HOUR, isOwnBuild: isThis }
    function isThis(hash: string): boolean {
      return hash === build
    }
    const { differences, different } = await replay(this.#parts.replay, scope, (_report, cursor) => {
      this.#replayed = cursor
    })
    const [first] = differences
    if (!first) return
    const others = different > 1 ? ` ${different - 1} more differ.` : ''
    const what = `Decision ${first.seq} (${first.kind}) made again from its rows differs in ${first.what}.${others}`
    await this.#note(
      'replay_differs',
      `${what} "tocsin replay" names them; "tocsin audit verify" says whether rows were changed.`,
    )
  }

  async #note(code: string, message: string): Promise<void> {
    const { store, onProblem, log } = this.#parts
    log.error('The records are not what was recorded', { code, message })
    if (store.problems.openAlike(code, message) !== null) return
    const problem: NewProblem = { code, message, schema: '', eventId: null, chainId: null, details: null }
    await store.writer.commit('problem', (tx) => store.problems.add(tx, problem))
    onProblem()
  }
}

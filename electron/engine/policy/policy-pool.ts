import type { Log } from '../ports/ports.ts'
import { errorCode, errorMessage } from '../../../shared/errors.ts'
import { blamingRoom, NEEDS_FULL, type EvaluateRequest, type Evaluation } from './evaluation.ts'
import { InlineLane } from './inline-lane.ts'
import { type AnswerHttpSend, PolicyLane, type Unanswered } from './policy-lane.ts'
import type { ThreadVersion } from './policy-protocol.ts'

export type { EvaluateRequest, Evaluation } from './evaluation.ts'
export type { ThreadVersion } from './policy-protocol.ts'

/** A version for the pool; `waits` lists the entrypoints that use `http.send`, which block their thread. */
export interface PoolVersion extends ThreadVersion {
  waits: string[]
  /** Loads what the full evaluator needs, for the rare value that a compiled policy leaves to it. */
  loadFull(): Promise<NonNullable<ThreadVersion['full']>>
}

interface PoolOptions {
  log: Log
  /** Answers `http.send` for `authz`; without it such a policy fails. */
  answerHttpSend?: AnswerHttpSend
  /** For a command that ends after a few evaluations: they begin in the calling thread, and no other is started ahead of need. */
  isInline?: boolean
}

/** Threads for slow entrypoints, more would take the processor from the engine; further ones share the last, in turns by time. */
const MAX_SLOW_LANES = 3
/** A lane of slow entrypoints that was not asked for this long is ended, and they begin anew among the others. */
const SLOW_REST_MS = 60_000

/**
 * Evaluates policies outside the engine's thread: one thread for all that only computes, and others, started on first
 * need, for entrypoints that wait for `http.send` and for those that turn out slow: a policy that loops over its events
 * holds up its own only.
 */
export class PolicyPool {
  readonly #log: Log
  readonly #answerHttpSend: AnswerHttpSend | undefined
  readonly #versions = new Map<string, PoolVersion>()
  readonly #inline: InlineLane | null
  readonly #computing: PolicyLane
  /** By version and entrypoint; several may have one lane. */
  readonly #slow = new Map<string, PolicyLane>()
  readonly #resting = new Map<PolicyLane, NodeJS.Timeout>()
  #waiting: PolicyLane | undefined

  constructor(options: PoolOptions) {
    this.#log = options.log
    this.#answerHttpSend = options.answerHttpSend
    this.#inline = options.isInline === true ? new InlineLane(this.#versions) : null
    this.#computing = new PolicyLane(this.#versions, this.#log, { onSlow: (unanswered) => this.#moveSlow(unanswered) })
  }

  /** Starts the thread, so that the first evaluation finds it ready. */
  warm(): void {
    if (this.#inline === null) this.#computing.warm()
  }

  /** Posts a version to the threads, once. */
  load(version: PoolVersion): void {
    this.#versions.set(version.id, version)
    this.#inline?.load(version)
    for (const lane of this.#lanes()) lane.load(version)
  }

  unload(id: string): void {
    this.#versions.delete(id)
    this.#inline?.unload(id)
    for (const lane of this.#lanes()) lane.unload(id)
  }

  isLoaded(id: string): boolean {
    return this.#versions.has(id)
  }

  /** Always answers: what goes wrong, a hang and a dead thread included, is the evaluation's `error`. */
  async evaluate(request: EvaluateRequest): Promise<Evaluation> {
    const version = this.#versions.get(request.versionId)
    if (version?.waits.includes(request.entrypoint)) return this.#waitingLane().evaluate(request)
    const evaluation = await this.#compute(request)
    if (evaluation.error?.code !== NEEDS_FULL || !version) return evaluation
    return blamingRoom(await this.#evaluateFull(version, request, evaluation), evaluation.error)
  }

  async #evaluateFull(version: PoolVersion, request: EvaluateRequest, refused: Evaluation): Promise<Evaluation> {
    try {
      if (!version.full) this.load({ ...version, full: await version.loadFull() })
    } catch (error) {
      return { ...refused, error: { code: errorCode(error), message: errorMessage(error) } }
    }
    return this.#compute(request, true)
  }

  async close(): Promise<void> {
    for (const timer of this.#resting.values()) clearTimeout(timer)
    await Promise.all([...this.#lanes()].map((lane) => lane.close()))
  }

  #lanes(): Set<PolicyLane> {
    return new Set([this.#computing, ...this.#slow.values(), ...(this.#waiting ? [this.#waiting] : [])])
  }

  async #compute(request: EvaluateRequest, isLeft = false): Promise<Evaluation> {
    const inline = isLeft ? null : await this.#inline?.evaluate(request)
    if (inline) return inline
    const lane = this.#slow.get(slowKey(request)) ?? this.#computing
    const evaluation = await lane.evaluate(request, isLeft)
    const slow = this.#slow.get(slowKey(request))
    if (slow?.isIdle) this.#rest(slow)
    return evaluation
  }

  #moveSlow(unanswered: Unanswered[]): void {
    const [first] = unanswered
    if (!first) return
    const { entrypoint } = first.request
    this.#log.warn('A policy is slow: it is evaluated in a thread of its own from here on', { entrypoint })
    const lanes = new Set(this.#slow.values())
    const lane = [...lanes][MAX_SLOW_LANES - 1] ?? new PolicyLane(this.#versions, this.#log, { isSlow: true })
    this.#slow.set(slowKey(first.request), lane)
    for (const one of unanswered) lane.adopt(one)
  }

  #rest(lane: PolicyLane): void {
    clearTimeout(this.#resting.get(lane))
    const end = (): void => {
      if (!lane.isIdle) return
      for (const [key, its] of this.#slow) if (its === lane) this.#slow.delete(key)
      this.#resting.delete(lane)
      void lane.close()
    }
    this.#resting.set(lane, setTimeout(end, SLOW_REST_MS).unref())
  }

  #waitingLane(): PolicyLane {
    this.#waiting ??= new PolicyLane(this.#versions, this.#log, { answerHttp: this.#answerHttpSend ?? noHttp })
    return this.#waiting
  }
}

function slowKey({ versionId, entrypoint }: EvaluateRequest): string {
  return `${versionId}\n${entrypoint}`
}

function noHttp(): Promise<never> {
  return Promise.reject(new Error('http.send is not available here'))
}

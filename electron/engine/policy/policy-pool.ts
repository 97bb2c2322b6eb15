import type { Log } from '../ports.ts'
import { errorCode, errorMessage } from '../../../shared/errors.ts'
import { NEEDS_FULL, type EvaluateRequest, type Evaluation } from './evaluation.ts'
import { type AnswerHttpSend, PolicyLane } from './policy-lane.ts'
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
}

/**
 * Evaluates policies outside the engine's thread: one thread for all that only computes, and another, started on first
 * need, for entrypoints that wait for `http.send`.
 */
export class PolicyPool {
  readonly #log: Log
  readonly #answerHttpSend: AnswerHttpSend | undefined
  readonly #versions = new Map<string, PoolVersion>()
  readonly #computing: PolicyLane
  #waiting: PolicyLane | undefined

  constructor(options: PoolOptions) {
    this.#log = options.log
    this.#answerHttpSend = options.answerHttpSend
    this.#computing = new PolicyLane(this.#versions, this.#log)
  }

  /** Starts the thread, so that the first evaluation finds it ready. */
  warm(): void {
    this.#computing.warm()
  }

  /** Posts a version to the threads, once. */
  load(version: PoolVersion): void {
    this.#versions.set(version.id, version)
    this.#computing.load(version)
    this.#waiting?.load(version)
  }

  unload(id: string): void {
    this.#versions.delete(id)
    this.#computing.unload(id)
    this.#waiting?.unload(id)
  }

  isLoaded(id: string): boolean {
    return this.#versions.has(id)
  }

  /** Always answers: what goes wrong, a hang and a dead thread included, is the evaluation's `error`. */
  async evaluate(request: EvaluateRequest): Promise<Evaluation> {
    const version = this.#versions.get(request.versionId)
    if (version?.waits.includes(request.entrypoint)) return this.#waitingLane().evaluate(request)
    const evaluation = await this.#computing.evaluate(request)
    if (evaluation.error?.code !== NEEDS_FULL || !version) return evaluation
    return this.#evaluateFull(version, request, evaluation)
  }

  async #evaluateFull(version: PoolVersion, request: EvaluateRequest, refused: Evaluation): Promise<Evaluation> {
    try {
      if (!version.full) this.load({ ...version, full: await version.loadFull() })
    } catch (error) {
      return { ...refused, error: { code: errorCode(error), message: errorMessage(error) } }
    }
    return this.#computing.evaluate(request)
  }

  async close(): Promise<void> {
    await Promise.all([this.#computing.close(), this.#waiting?.close()])
  }

  #waitingLane(): PolicyLane {
    this.#waiting ??= new PolicyLane(this.#versions, this.#log, this.#answerHttpSend ?? noHttp)
    return this.#waiting
  }
}

function noHttp(): Promise<never> {
  return Promise.reject(new Error('http.send is not available here'))
}

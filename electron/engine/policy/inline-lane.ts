import { createContext, Script } from 'node:vm'
import { errorCode } from '../../../shared/errors.ts'
import { DEFAULT_DEADLINE_MS, type EvaluateRequest, type Evaluation } from './evaluation.ts'
import { askedItem, toEvaluation, type ThreadVersion } from './policy-protocol.ts'
import { ThreadEvaluator } from './thread-evaluator.ts'

/** What one evaluation may take, and a few quick ones before it: as long as a thread may before it counts as slow. */
const BUDGET_MS = 250
/** After so much a further guard begins, so that many evaluations of a turn do not cut one another. */
const SLICE_MS = 50
/** An event of 1 MiB takes about 9 MB; what needs more may not grow the heap of this thread, which nobody bounds. */
const MEMORY_BYTES = 16 * 1024 * 1024

interface Waiting {
  request: EvaluateRequest
  version: ThreadVersion
  resolve(evaluation: Evaluation | null): void
}

/**
 * Evaluates compiled policies in the calling thread, for commands that end after a few of them: a thread takes longer to start
 * than they take. It only ever answers what a policy thread answers as well. Whatever is out of the ordinary (a failure, the
 * full evaluator, much memory or time) it leaves to one, which begins anew and has the limits and the words for it. V8 cuts
 * what runs too long, a loop of a compiled policy too; from then on everything is left.
 */
export class InlineLane {
  readonly #versions: ReadonlyMap<string, ThreadVersion>
  readonly #budgetMs: number
  readonly #world = createContext({ work: (): void => {} })
  readonly #script = new Script('work()')
  #evaluator: ThreadEvaluator | null = new ThreadEvaluator({ memoryBytes: MEMORY_BYTES })
  #waiting: Waiting[] = []

  /** @param versions owned by the pool */
  constructor(versions: ReadonlyMap<string, ThreadVersion>, budgetMs = BUDGET_MS) {
    this.#versions = versions
    this.#budgetMs = budgetMs
  }

  load(version: ThreadVersion): void {
    this.#evaluator?.load({ ...version, full: null })
  }

  unload(id: string): void {
    this.#evaluator?.unload(id)
  }

  /** @returns null when a policy thread has to answer */
  evaluate(request: EvaluateRequest): Promise<Evaluation | null> {
    const version = this.#versions.get(request.versionId)
    if (version === undefined || version.entrypoints[request.entrypoint] === 'full') return Promise.resolve(null)
    const { promise, resolve } = Promise.withResolvers<Evaluation | null>()
    if (this.#waiting.length === 0) setImmediate(() => this.#evaluateAll())
    this.#waiting.push({ request, version, resolve })
    return promise
  }

  /** Some together: a guard against loops is a thread of V8's own, which costs as much as an evaluation. */
  #evaluateAll(): void {
    const turn = this.#waiting.splice(0)
    const answers: (Evaluation | null)[] = []
    while (answers.length < turn.length) {
      try {
        this.#world['work'] = () => this.#answerSome(turn, answers)
        this.#script.runInContext(this.#world, { timeout: this.#budgetMs })
      } catch (error) {
        if (errorCode(error) === 'ERR_SCRIPT_EXECUTION_TIMEOUT') this.#evaluator = null
        answers.push(null)
      }
    }
    for (const [index, waiting] of turn.entries()) waiting.resolve(answers[index] ?? null)
  }

  /** Those behind the answers that are there, at least one. */
  #answerSome(turn: readonly Waiting[], answers: (Evaluation | null)[]): void {
    const startedAt = performance.now()
    for (const { request, version } of turn.slice(answers.length)) {
      answers.push(this.#answer(request, version))
      if (performance.now() - startedAt > SLICE_MS) return
    }
  }

  #answer(request: EvaluateRequest, version: ThreadVersion): Evaluation | null {
    const { deadlineMs = DEFAULT_DEADLINE_MS, input } = request
    const item = askedItem({ item: 0, request, deadlineMs, isLeft: false })
    const answer = this.#evaluator?.answer(item, input)
    return answer === undefined || answer.error !== null ? null : toEvaluation(answer, version.form)
  }
}

import { PolicyPool, type EvaluateRequest, type Evaluation } from './policy/policy-pool.ts'
import type { Log } from './ports.ts'

/** The receiver writes these itself: their decisions are recorded nowhere else. */
const LOGGED_BY_RECEIVER = 'authz/http'

/** A pool that also writes what policies print to the log (`--enable-print`); decisions keep it in any case. */
export class PrintingPool extends PolicyPool {
  readonly #printLog: Log

  constructor(options: ConstructorParameters<typeof PolicyPool>[0]) {
    super(options)
    this.#printLog = options.log
  }

  override async evaluate(request: EvaluateRequest): Promise<Evaluation> {
    const evaluation = await super.evaluate(request)
    if (request.entrypoint === LOGGED_BY_RECEIVER) return evaluation
    for (const line of evaluation.prints) this.#printLog.info('rego print', { package: request.entrypoint, line })
    return evaluation
  }
}

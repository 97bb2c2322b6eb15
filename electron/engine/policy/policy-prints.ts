import { DEFAULT_DEADLINE_MS } from './evaluation.ts'
import { policyInput } from './event-text.ts'
import { PolicyPool, type EvaluateRequest, type Evaluation, type PoolVersion } from './policy-pool.ts'
import type { Toolchain } from './toolchain/toolchain.ts'
import type { PrintLine } from './toolchain/types.ts'

/** The receiver writes these itself: their decisions are recorded nowhere else. */
const LOGGED_BY_RECEIVER = 'authz/http'

/** What a `print()` said, and where it stands in the policies; without a place where nobody knows it. */
export interface PolicyPrint extends Partial<PrintLine> {
  message: string
  /** `alert.aws_guardduty` */
  package: string
}

export type TellPrint = (print: PolicyPrint) => void

type PoolOptions = ConstructorParameters<typeof PolicyPool>[0]

/**
 * A pool that also tells what policies print (`--enable-print`); decisions keep it in any case. A compiled policy does not
 * know where a `print` stands, so whatever printed is evaluated once more by OPA's own evaluator, which does.
 */
export class PrintingPool extends PolicyPool {
  readonly #toolchain: Toolchain
  readonly #tell: TellPrint
  readonly #versions = new Map<string, PoolVersion>()

  constructor(options: PoolOptions & { toolchain: Toolchain; tell: TellPrint }) {
    super(options)
    this.#toolchain = options.toolchain
    this.#tell = options.tell
  }

  override load(version: PoolVersion): void {
    this.#versions.set(version.id, version)
    super.load(version)
  }

  override unload(id: string): void {
    this.#versions.delete(id)
    super.unload(id)
  }

  override async evaluate({ firstRounds: _unlocated, ...request }: EvaluateRequest): Promise<Evaluation> {
    const evaluation = await super.evaluate(request)
    if (evaluation.prints.length === 0 || request.entrypoint === LOGGED_BY_RECEIVER) return evaluation
    const lines = (await this.#located(request)) ?? evaluation.prints.map((message) => ({ message }))
    for (const line of lines) this.#tell({ ...line, package: request.entrypoint.replaceAll('/', '.') })
    return evaluation
  }

  /** @returns null where the second evaluation cannot be had; what was printed is told without places then */
  async #located({ versionId, entrypoint, input, nowNs, seed }: EvaluateRequest): Promise<PrintLine[] | null> {
    try {
      const full = await this.#versions.get(versionId)?.loadFull()
      if (full === undefined) return null
      const options = { nowNs: BigInt(nowNs), seed, timeoutMs: DEFAULT_DEADLINE_MS, print: true }
      return (await this.#toolchain.eval({ ...full.sources, ...options, entrypoint, input: policyInput(input) })).prints
    } catch {
      return null
    }
  }
}

import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import { ACTION_ENTRYPOINT } from '../chain/rounds/round-evaluation.ts'
import { evaluatedSources } from '../policy/compile.ts'
import { DEFAULT_DEADLINE_MS, type EvaluateRequest, type Evaluation } from '../policy/evaluation.ts'
import { explainMember } from '../policy/explain.ts'
import type { LivePolicy } from '../policy/policy-service.ts'
import type { PolicyPool } from '../policy/policy-pool.ts'
import type { Toolchain } from '../policy/toolchain/toolchain.ts'
import type { CheckRequest, SourceFile } from '../policy/toolchain/types.ts'
import type { ActionNames } from './mocked-actions.ts'
import type { RecordForm } from './record-form.ts'
import type { MockDecision } from './scenario.ts'

/** One compiled policy, shared by all scenarios. */
export interface LoadedPolicy {
  live: LivePolicy
  /** Of `formOfPolicies`. */
  form: RecordForm
  /** Actions that the policy folder declares, by name. */
  ownNames: ActionNames
  sources: readonly SourceFile[]
  data: CheckRequest['data']
  pool: PolicyPool
  toolchain: Toolchain
}

/** Where in the policies something stands. */
export interface RulePlace {
  file: string
  row: number
}

/**
 * The policies as one scenario sees them: one version, which does not change, and approvals as the scenario says instead
 * of as the policy says.
 */
export class PlayPolicy {
  readonly #loaded: LoadedPolicy
  #decisions: ReadonlyMap<string, MockDecision> = new Map()
  #lastRun: { request: EvaluateRequest; member: JsonValue } | null = null

  constructor(loaded: LoadedPolicy) {
    this.#loaded = loaded
  }

  /** Which actions of the next event wait, to be rejected or to expire. */
  decide(decisions: ReadonlyMap<string, MockDecision>): void {
    this.#decisions = decisions
  }

  live(): LivePolicy {
    return this.#loaded.live
  }

  version(): Promise<LivePolicy> {
    return Promise.resolve(this.#loaded.live)
  }

  hasEntrypoint(_versionId: string, entrypoint: string): boolean {
    return this.#loaded.live.entrypoints.some(({ path }) => path === entrypoint)
  }

  async evaluate(request: EvaluateRequest): Promise<Evaluation> {
    const evaluation = await this.#loaded.pool.evaluate(request)
    if (evaluation.error) return this.#located(request.entrypoint, evaluation)
    if (request.entrypoint !== ACTION_ENTRYPOINT) return evaluation
    const run = memberList(evaluation.result, 'run')
    const last = run?.at(-1)
    if (last !== undefined) this.#lastRun = { request, member: last }
    if (run === null) return evaluation
    const result = { ...(evaluation.result as JsonObject), run: run.map((one) => this.#withApproval(one)) } // it has a member `run`
    return { ...evaluation, result }
  }

  /** Nothing is counted here. */
  decidingRules(): [] {
    return []
  }

  /** Nobody looks at a card here. */
  explain(): Promise<null> {
    return Promise.resolve(null)
  }

  onChange(): () => void {
    return () => undefined
  }

  /** The rule that made the last action of the last evaluation, or null where it cannot be told. */
  async lastRule(): Promise<RulePlace | null> {
    if (this.#lastRun === null) return null
    const { toolchain, sources, data } = this.#loaded
    const { request, member } = this.#lastRun
    const asked = await explainMember(
      toolchain,
      {
        files: evaluatedSources(sources),
        ...(data === undefined ? {} : { data }),
        entrypoint: request.entrypoint,
        input: request.input,
        nowNs: BigInt(request.nowNs),
        seed: request.seed,
        timeoutMs: DEFAULT_DEADLINE_MS,
        print: false,
      },
      'run',
      member,
    ).catch(() => null)
    return asked === null ? null : { file: asked.file, row: asked.row }
  }

  /** A policy that was given up names no place: its package does. */
  #located(entrypoint: string, evaluation: Evaluation): Evaluation {
    const { error } = evaluation
    if (error === null || error.file !== undefined) return evaluation
    const place = this.#packagePlace(entrypoint)
    if (place === null) return evaluation
    return { ...evaluation, error: { ...error, ...place, message: `package ${place.name}: ${error.message}` } }
  }

  #packagePlace(entrypoint: string): (RulePlace & { name: string }) | null {
    const name = entrypoint.replaceAll('/', '.')
    for (const { path, source } of evaluatedSources(this.#loaded.sources)) {
      const lines = source.split('\n')
      const row = lines.findIndex((line) => packageName(line) === name)
      if (row !== -1) return { file: path, row: row + 1, name }
    }
    return null
  }

  /** Anything but a sound `approval` is left for the chain to refuse. */
  #withApproval(member: JsonValue): JsonValue {
    if (typeof member !== 'object' || member === null || Array.isArray(member)) return member
    const given = member['approval'] ?? null
    if (typeof given === 'string' || typeof given === 'number' || Array.isArray(given)) return member
    const required = typeof member['id'] === 'string' && this.#decisions.has(member['id'])
    return { ...member, approval: typeof given === 'object' && given !== null ? { ...given, required } : required }
  }
}

function memberList(document: JsonValue | undefined, rule: string): JsonValue[] | null {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) return null
  const members = document[rule]
  return Array.isArray(members) ? members : null
}

/** `package alert["my-schema"]` is `alert.my-schema`. */
function packageName(line: string): string | null {
  const name = /^\s*package\s+([^\s#]+)/.exec(line)?.[1]
  return name?.replace(/\["([^"]*)"\]/g, '.$1') ?? null
}

import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import { ACTION_NAMES } from '../actions/action-names.ts'
import { ACTION_ENTRYPOINT } from '../chain/rounds/round-evaluation.ts'
import { failedEvaluation, type EvaluateRequest, type Evaluation } from '../policy/evaluation.ts'
import { evaluateKeeping } from '../policy/kept-handles.ts'
import type { LivePolicy } from '../policy/policy-service.ts'
import type { PolicyPool } from '../policy/policy-pool.ts'
import type { Handles } from '../secrets/handles.ts'

/** The schema of the alert that a made-up proposal is about. */
export const MADE_UP_SCHEMA = 'tocsin_prove'

const MADE_UP_ALERT = `alert/${MADE_UP_SCHEMA}`

/** The analyst's policies, compiled and loaded once for all scenarios. */
export interface LoadedPolicies {
  live: LivePolicy
  pool: PolicyPool
  handles: Handles
}

/** What a scenario makes of the policies' answers. */
export interface Staging {
  /** The action under test, by its own name; null: none is. */
  uses: string | null
  /** A proposal that the policies do not make, for the made-up alert. */
  madeUp: JsonObject | null
  /** The arguments of the action under test, led to the stand-in. */
  adapt: (args: JsonObject) => JsonObject
}

/**
 * The analyst's own policies as one scenario sees them. They are evaluated as they are; only the action under test has its
 * arguments led to the stand-in, and where no policy proposes it, it is added to the answer about the made-up alert.
 */
export class ProvePolicy {
  readonly #policies: LoadedPolicies
  readonly #staging: Staging
  readonly #listeners = new Set<() => void>()
  #changed: LivePolicy | null = null

  constructor(policies: LoadedPolicies, staging: Staging) {
    this.#policies = policies
    this.#staging = staging
  }

  live(): LivePolicy {
    return this.#changed ?? this.#policies.live
  }

  version(id: string): Promise<LivePolicy> {
    return Promise.resolve(id === this.#changed?.id ? this.#changed : this.#policies.live)
  }

  hasEntrypoint(_versionId: string, entrypoint: string): boolean {
    if (entrypoint === MADE_UP_ALERT) return this.#staging.madeUp !== null
    return this.#policies.live.entrypoints.some(({ path }) => path === entrypoint)
  }

  /** Everything waits here, and nothing is counted. */
  decidingRules(): [] {
    return []
  }

  async evaluate(request: EvaluateRequest): Promise<Evaluation> {
    if (request.entrypoint === MADE_UP_ALERT) return answered({ alert: [MADE_UP] })
    const evaluation = this.hasEntrypoint('', request.entrypoint) ? await this.#asked(request) : answered({})
    return request.entrypoint === ACTION_ENTRYPOINT && evaluation.error === null
      ? this.#staged(request, evaluation)
      : evaluation
  }

  /** Whether a policy means the action under test by this name. */
  means(uses: string): boolean {
    return (ACTION_NAMES[uses] ?? uses) === this.#staging.uses
  }

  /** Nobody looks at a card here. */
  explain(): Promise<null> {
    return Promise.resolve(null)
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Another version goes live, which no longer proposes the action under test. @returns the version */
  change(): LivePolicy {
    this.#changed = { ...this.#policies.live, id: `${this.#policies.live.id.slice(0, 56)}-changed`, number: 2 }
    return this.#changed
  }

  /** Says that another version is live, once its row is stored. */
  announce(): void {
    for (const listener of this.#listeners) listener()
  }

  #asked(request: EvaluateRequest): Promise<Evaluation> {
    const { pool, handles, live } = this.#policies
    return evaluateKeeping(handles, { ...request, versionId: live.id }, (kept) => pool.evaluate(kept))
  }

  #staged(request: EvaluateRequest, evaluation: Evaluation): Evaluation {
    const document = evaluation.result
    const isObject = typeof document === 'object' && document !== null && !Array.isArray(document)
    const given = isObject && Array.isArray(document['run']) ? document['run'] : []
    const { madeUp } = this.#staging
    const all = madeUp !== null && schemaOf(request.input) === MADE_UP_SCHEMA ? [...given, madeUp] : given
    const isGone = this.#changed !== null && request.versionId === this.#changed.id
    const run = all.filter((one) => !isGone || !this.#isMeant(one)).map((one) => this.#adapted(one))
    const result = { ...(isObject ? document : {}), run }
    return { ...evaluation, result, text: JSON.stringify(result) }
  }

  #adapted(proposal: JsonValue): JsonValue {
    if (!this.#isMeant(proposal)) return proposal
    const { args = null } = proposal
    const isObject = typeof args === 'object' && args !== null && !Array.isArray(args)
    return isObject ? { ...proposal, args: this.#staging.adapt(args) } : proposal
  }

  #isMeant(proposal: JsonValue): proposal is JsonObject {
    if (typeof proposal !== 'object' || proposal === null || Array.isArray(proposal)) return false
    const { uses } = proposal
    return typeof uses === 'string' && this.means(uses)
  }
}

const MADE_UP: JsonObject = {
  title: 'Prove it here',
  description: 'An alert that no detector sent: it carries a proposal that no policy of this workspace makes.',
  source: 'tocsin prove',
}

function answered(result: JsonValue): Evaluation {
  return { ...failedEvaluation({ code: '', message: '' }), result, text: JSON.stringify(result), error: null }
}

/** @returns '' where the input is of no alert */
function schemaOf(input: Uint8Array): string {
  const { alert } = JSON.parse(new TextDecoder().decode(input)) as { alert?: { schema?: string } } // the chain wrote it
  return alert?.schema ?? ''
}

import { errorCode, errorMessage, TocsinError } from '../../../shared/errors.ts'
import type { JsonValue } from '../../../shared/model/json.ts'
import type { Asked } from '../../../shared/model/views.ts'
import type { DeclaredIn } from '../actions/own/own-actions.ts'
import type { DiskCache } from '../files/disk-cache.ts'
import type { Log } from '../ports/ports.ts'
import type { Handles } from '../secrets/handles.ts'
import type { PolicyOrigin, PolicyStore } from '../store/policy-store.ts'
import type { Writer } from '../store/writer.ts'
import { AUTHZ_BUILTINS, compilerHash, evaluatedSources, policyVersionId, type Generation } from './compile.ts'
import { dataText } from './data-files.ts'
import { compileWithCache } from './compile-cache.ts'
import { DEFAULT_DEADLINE_MS, failedEvaluation, type EvaluateRequest, type Evaluation } from './evaluation.ts'
import { policyInput } from './event-text.ts'
import { diagnosticsOf } from './diagnostics-of.ts'
import { explainMember } from './explain.ts'
import { isOfEvent } from './entrypoint-names.ts'
import type { PolicyNeeds } from './missing-references.ts'
import { evaluateKeeping } from './kept-handles.ts'
import type { PolicyPool } from './policy-pool.ts'
import type { Toolchain } from './toolchain/toolchain.ts'
import type { DecidingRules, Diagnostic, EntrypointInfo } from './toolchain/types.ts'
import { metaOf, toPoolVersion, toStored, type StoredForm } from './version-loader.ts'
import { readWorkspace, WorkspaceWatcher } from './workspace.ts'

export type { EvaluateRequest, Evaluation } from './evaluation.ts'

/** A policy version as the engine sees it. */
export interface LivePolicy {
  /** SHA-256 of its sources and data files. */
  id: string
  /** Counts up: "policy v14". */
  number: number
  /** Which of its compiled forms is loaded; null where it is not stored. */
  form: number | null
  entrypoints: EntrypointInfo[]
  generation: Generation
  /** Whether its action policy may read `input.alert.raw`, which is in the input only then. */
  readsRaw: boolean
}

interface PolicyServiceOptions {
  policies: PolicyStore
  writer: Writer
  toolchain: Toolchain
  /** What earlier processes compiled; null: there is a database, which keeps it. */
  cache?: DiskCache | null
  pool: PolicyPool
  /** Absolute path of the workspace; null: there is none, versions come from the store alone. */
  policyDir: string | null
  /** False for a command that ends with what it found: nobody looks for what is saved meanwhile. */
  isWatched?: boolean
  /** Of the version that the folder holds at the start; what is saved later is of origin `workspace`. */
  origin?: PolicyOrigin
  /** Keeps handles of secrets out of what alert policies see and of what action policies say beside arguments. */
  handles?: Handles
  log: Log
}

/** Versions held in the threads beside the live one: those of chains that are still open. */
const KEEP_LOADED = 16

/**
 * The policies: the live version from the database, new versions from the folder as it is saved, any stored version on
 * demand. A folder that does not compile leaves the last good version live.
 */
export class PolicyService {
  readonly #options: PolicyServiceOptions
  readonly #listeners = new Set<() => void>()
  /** In order of use. */
  readonly #loaded = new Map<string, Promise<LivePolicy>>()
  #watcher: WorkspaceWatcher | undefined
  #live: LivePolicy | null = null
  #problem: Diagnostic[] | null = null
  #refreshing: Promise<void> | undefined
  #isAskedAgain = false
  #origin: PolicyOrigin

  constructor(options: PolicyServiceOptions) {
    this.#options = options
    this.#origin = options.origin ?? 'workspace'
  }

  /**
   * Loads the live version from the database, then looks at the folder: its version is live when this resolves, unless
   * `problem()` says why not. Never rejects on account of a policy.
   */
  async start(): Promise<void> {
    const { policies, pool, policyDir, isWatched = true } = this.#options
    pool.warm()
    const row = policies.live()
    if (row) {
      await this.#load(row.id).then(
        (policy) => (this.#live = policy),
        (error: unknown) => (this.#problem = diagnosticsOf(error)),
      )
    }
    if (policyDir === null) return
    if (isWatched) {
      this.#watcher = new WorkspaceWatcher(policyDir, () => void this.refresh())
      await this.#watcher.sync()
    }
    await this.refresh()
    this.#origin = 'workspace'
  }

  async stop(): Promise<void> {
    this.#watcher?.close()
    await this.#refreshing
    await this.#options.pool.close()
    await this.#options.toolchain.close()
  }

  live(): LivePolicy | null {
    return this.#live
  }

  /** What the live policies read of `input.env` and name under `uses`, and what they lack; null while none is live. */
  needs(): PolicyNeeds | null {
    const stored = this.#live && this.#options.policies.get(this.#live.id)
    return stored ? metaOf(stored) : null
  }

  /** Why the folder's present state is not live; null when it is. */
  problem(): Diagnostic[] | null {
    return this.#problem
  }

  /**
   * Any stored version, loaded when it is not.
   * @throws TocsinError `policy_version_missing`, `policy_corrupt`, `policy_builtin_missing`
   */
  version(id: string): Promise<LivePolicy> {
    return this.#load(id)
  }

  /** Whether the version has this package: `alert/clamav`. False for a version that is not stored. */
  hasEntrypoint(versionId: string, entrypoint: string): boolean {
    const entrypoints =
      this.#live?.id === versionId ? this.#live.entrypoints : entrypointsOf(this.#options.policies.get(versionId))
    return entrypoints.some(({ path }) => path === entrypoint)
  }

  /** The own actions of a version, of the live one where none is named; null for one that is not stored. */
  declaredIn(versionId: string | null): DeclaredIn | null {
    const id = versionId ?? this.#live?.id
    const stored = id === undefined ? null : this.#options.policies.get(id)
    return stored && { versionId: stored.id, actions: metaOf(stored).ownActions, sources: stored.sources }
  }

  /** Which rules make alerts and actions, by entrypoint. Empty for a version that is not stored. */
  decidingRules(versionId: string): DecidingRules[] {
    const stored = this.#options.policies.get(versionId)
    return stored === null ? [] : metaOf(stored).decidingRules
  }

  /** Always answers; a version that is missing or damaged is the evaluation's `error`, never an empty result. */
  async evaluate(request: EvaluateRequest): Promise<Evaluation> {
    if (this.#live?.id !== request.versionId) {
      try {
        await this.#load(request.versionId)
      } catch (error) {
        return failedEvaluation({ code: errorCode(error), message: errorMessage(error) })
      }
    }
    const { handles, pool } = this.#options
    return handles ? evaluateKeeping(handles, request, (kept) => pool.evaluate(kept)) : pool.evaluate(request)
  }

  /**
   * Which rule made one element of a result, and why. Computed by OPA's own evaluator, some milliseconds.
   * @param rule `run`, `alert`
   * @param member the element, as the evaluation gave it
   * @returns null when no rule is found for it
   * @throws TocsinError `policy_version_missing`, or what the tool chain throws
   */
  async explain(request: EvaluateRequest, rule: string, member: JsonValue): Promise<Asked | null> {
    const stored = this.#options.policies.get(request.versionId)
    if (!stored) throw missingVersion(request.versionId)
    const evaluation = {
      files: evaluatedSources(stored.sources),
      data: dataText(stored.dataFiles),
      allow: AUTHZ_BUILTINS,
      entrypoint: request.entrypoint,
      input: policyInput(this.#seenInput(request)),
      nowNs: BigInt(request.nowNs),
      seed: request.seed,
      timeoutMs: request.deadlineMs ?? DEFAULT_DEADLINE_MS,
      print: false,
    }
    return explainMember(this.#options.toolchain, evaluation, rule, member)
  }

  /** An event is broken where it holds a handle: only `input.env`, in a chain's input, hands one to a policy. */
  #seenInput({ entrypoint, input }: EvaluateRequest): Uint8Array {
    const { handles } = this.#options
    return handles !== undefined && isOfEvent(entrypoint) ? handles.brokenBytes(input) : input
  }

  /** Called after the live version or the problem changed. @returns ends it */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Reads the folder and makes its state live when it is good; calls that arrive meanwhile are one further look. */
  refresh(): Promise<void> {
    if (this.#refreshing) {
      this.#isAskedAgain = true
      return this.#refreshing
    }
    const look = async (): Promise<void> => {
      do {
        this.#isAskedAgain = false
        await this.#look()
      } while (this.#isAskedAgain)
    }
    this.#refreshing = look().finally(() => (this.#refreshing = undefined))
    return this.#refreshing
  }

  async #look(): Promise<void> {
    const { policyDir, log } = this.#options
    if (policyDir === null) return
    const before = { live: this.#live?.id, problem: JSON.stringify(this.#problem) }
    try {
      await this.#publish(policyDir)
      this.#problem = null
    } catch (error) {
      this.#problem = diagnosticsOf(error)
      log.warn('The policy folder is not live', { code: errorCode(error), problem: errorMessage(error) })
    }
    await this.#watcher?.sync()
    if (before.live === this.#live?.id && before.problem === JSON.stringify(this.#problem)) return
    for (const listener of this.#listeners) listener()
  }

  async #publish(policyDir: string): Promise<void> {
    const { policies, toolchain, cache, log } = this.#options
    const files = await readWorkspace(policyDir)
    const id = policyVersionId(files)
    if (this.#live?.id === id && policies.get(id)?.compilerHash === compilerHash()) return
    const stored = toStored(await compileWithCache(toolchain, files, cache ?? null))
    const pooled = await toPoolVersion(stored, log) // a version that cannot be loaded must not become live
    const policy = await this.#store(stored)
    this.#options.pool.load({ ...pooled, form: policy.form })
    this.#remember(id, Promise.resolve(policy))
    this.#live = policy
    log.info('A policy version is live', { number: policy.number, id })
  }

  /** The version, that it is live and the act, in one transaction. */
  #store(stored: StoredForm): Promise<LivePolicy> {
    const { policies, writer } = this.#options
    return writer.commit('policy', (tx) => {
      const known = policies.get(stored.id)
      if (known && !isSameForm(known, stored)) policies.addForm(tx, stored.id, stored)
      const number = policies.insert(tx, { ...stored, origin: this.#origin, testSummary: null })
      policies.setLive(tx, stored.id, 'system', 'The policy folder was saved')
      return livePolicy(number, stored, policies.get(stored.id)?.form ?? null)
    })
  }

  #load(id: string): Promise<LivePolicy> {
    const known = this.#loaded.get(id)
    const loading = known ?? this.#loadStored(id)
    this.#remember(id, loading)
    if (!known) void loading.catch(() => this.#loaded.delete(id)) // the caller sees the error; the next one tries again
    return loading
  }

  async #loadStored(id: string): Promise<LivePolicy> {
    const stored = this.#options.policies.get(id)
    if (!stored) throw missingVersion(id)
    this.#options.pool.load({ ...(await toPoolVersion(stored, this.#options.log)), form: stored.form })
    return livePolicy(stored.number, stored, stored.form)
  }

  /** Drops the version that was not used for the longest time, when there are too many. */
  #remember(id: string, loading: Promise<LivePolicy>): void {
    this.#loaded.delete(id)
    this.#loaded.set(id, loading)
    if (this.#loaded.size <= KEEP_LOADED) return
    for (const oldest of this.#loaded.keys()) {
      if (oldest === this.#live?.id || oldest === id) continue
      this.#loaded.delete(oldest)
      this.#options.pool.unload(oldest)
      return
    }
  }
}

/** Whether what is stored is what was compiled: by the same compiler, and undamaged. */
function isSameForm(known: StoredForm, fresh: StoredForm): boolean {
  const [a, b] = [known.compiled, fresh.compiled]
  return known.compilerHash === fresh.compilerHash && (a && b ? Buffer.compare(a, b) === 0 : a === b)
}

function livePolicy(number: number, stored: StoredForm, form: number | null): LivePolicy {
  const { entrypoints, generation, references } = metaOf(stored)
  return { id: stored.id, number, form, entrypoints, generation, readsRaw: references.readsRaw }
}

function entrypointsOf(stored: StoredForm | null): EntrypointInfo[] {
  return stored ? metaOf(stored).entrypoints : []
}

function missingVersion(id: string): TocsinError {
  return new TocsinError('policy_version_missing', `Policy version ${id.slice(0, 12)} is not stored here.`)
}

import { TocsinError } from '../../shared/errors.ts'
import type { Attribute } from '../../shared/model/alert.ts'
import type { JsonObject, JsonValue } from '../../shared/model/json.ts'
import type { Settings } from '../../shared/model/settings.ts'
import type { ActionState, Effect, ResponseMode } from '../../shared/model/states.ts'
import type { Asked } from '../../shared/model/views.ts'
import type {
  ActionFacts,
  ActionPlan,
  ActionPort,
  Confirmation,
  Expiry,
  Intent,
  ProbeOutcome,
  RunOutcome,
  Verification,
} from '../../electron/engine/actions/action-port.ts'
import { Bus } from '../../electron/engine/news/bus.ts'
import { AlertInputs } from '../../electron/engine/chain/rounds/alert-inputs.ts'
import { ApprovalStore } from '../../electron/engine/chain/records/approval-store.ts'
import { ContainmentStore } from '../../electron/engine/chain/records/containment-store.ts'
import type { ChainDeps, ChainPolicy } from '../../electron/engine/chain/chain-deps.ts'
import { chainLists } from '../../electron/engine/chain/chain-lists.ts'
import { ChainService } from '../../electron/engine/chain/chain-service.ts'
import { ChainStore } from '../../electron/engine/chain/records/chain-store.ts'
import { cardHash, type Decided } from '../../electron/engine/chain/approvals/decisions.ts'
import type { ActionRecord, ChainRecord } from '../../electron/engine/chain/records/records.ts'
import { openLimits } from '../../electron/engine/limits/limits.ts'
import type { Evaluation, EvaluateRequest } from '../../electron/engine/policy/evaluation.ts'
import { failedEvaluation } from '../../electron/engine/policy/evaluation.ts'
import type { DecidingRules } from '../../electron/engine/policy/toolchain/types.ts'
import type { LivePolicy } from '../../electron/engine/policy/policy-service.ts'
import { DEFAULT_SETTINGS } from '../../electron/engine/store/setting-store.ts'
import type { Tx, Writer } from '../../electron/engine/store/writer.ts'
import { systemIds } from '../../electron/engine/ports/system-ports.ts'
import { TEST_MACHINE } from './machine.ts'
import { newAlert, newEvent, newPolicyVersion, openTestStore, type TestStore } from './store.ts'

/** What a scripted policy answers: the document of package `action`. */
export type Script = (input: JsonObject) => JsonValue | undefined

/** A policy that is a function, so that a test can say anything; versions are numbered from 1. */
export class ScriptedPolicy implements ChainPolicy {
  readonly #scripts = new Map<string, { script: Script; generation: 'commit' | 'exit' }>()
  readonly #listeners = new Set<() => void>()
  #live: string | null = null
  readonly inputs: JsonObject[] = []

  publish(script: Script, generation: 'commit' | 'exit' = 'commit'): string {
    const id = `policy-${this.#scripts.size + 1}`
    this.#scripts.set(id, { script, generation })
    this.#live = id
    for (const listener of this.#listeners) listener()
    return id
  }

  async evaluate(request: EvaluateRequest): Promise<Evaluation> {
    const entry = this.#scripts.get(request.versionId)
    const input = JSON.parse(new TextDecoder().decode(request.input)) as JsonObject
    this.inputs.push(input)
    const base = { evaluator: 'wasm', evaluatorHash: 'e'.repeat(64), prints: [], form: null, durationUs: 15 } as const
    try {
      const result = entry?.script(input)
      return { ...base, prints: [], result, text: result === undefined ? null : JSON.stringify(result), error: null }
    } catch (error) {
      return failedEvaluation({ code: 'eval_conflict_error', message: String(error) })
    }
  }

  async version(id: string): Promise<LivePolicy> {
    const entry = this.#scripts.get(id)
    if (!entry) throw new TocsinError('policy_version_missing', `No version ${id}`)
    return {
      id,
      number: Number(id.slice('policy-'.length)),
      form: null,
      entrypoints: [],
      generation: entry.generation,
      readsRaw: true,
    }
  }

  live(): LivePolicy | null {
    const id = this.#live
    const entry = id === null ? undefined : this.#scripts.get(id)
    return id === null || !entry
      ? null
      : {
          id,
          number: Number(id.slice('policy-'.length)),
          form: null,
          entrypoints: [],
          generation: entry.generation,
          readsRaw: true,
        }
  }

  /** Where a script names the single rules of its package. */
  rules: DecidingRules[] = []
  decidingRules(): DecidingRules[] {
    return this.rules
  }

  readonly explained: { request: EvaluateRequest; member: JsonValue }[] = []

  explain(request: EvaluateRequest, _rule: string, member: JsonValue): Promise<Asked | null> {
    this.explained.push({ request, member })
    return Promise.resolve(null)
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

/** How a scripted action behaves; its name is `<effect>.<anything>`. */
export interface Behaviour {
  run?: (intent: Intent, signal: AbortSignal) => Promise<RunOutcome> | RunOutcome
  probe?: (intent: Intent) => ProbeOutcome
  plan?: (args: JsonObject) => ActionPlan
  isIdempotent?: boolean
  isIrreversible?: boolean
  isWayBack?: boolean
  expiry?: Expiry
  confirm?: (intent: Intent, accepted: JsonValue) => Confirmation
  verify?: () => Verification
  inverse?: string
}

/** Its targets: the argument `target`, one or several, else its own name. */
function namesOf(uses: string, args: JsonValue): Pick<ActionFacts, 'target' | 'targetKey' | 'targets' | 'names'> {
  const given = typeof args === 'object' && args !== null && !Array.isArray(args) ? args['target'] : undefined
  const targets = given === undefined ? [uses] : [given].flat().map(String)
  const target = targets.join(', ')
  return { target, targetKey: target, targets, names: targets }
}

/** Actions that count what reaches the outside world. */
export class ScriptedActions implements ActionPort {
  readonly #behaviours = new Map<string, Behaviour>()
  /** Every effect, by name, in order. */
  readonly calls: { uses: string; args: JsonObject; key: string }[] = []
  maxAtOnce = 0
  #atOnce = 0

  on(uses: string, behaviour: Behaviour): this {
    this.#behaviours.set(uses, behaviour)
    return this
  }

  describe(uses: string, args: JsonValue): ActionFacts | null {
    const effect = uses.split('.')[0] as Effect
    if (!['observe', 'notify', 'contain'].includes(effect)) return null
    if (typeof args === 'object' && args !== null && 'bad' in args)
      throw new TocsinError('invalid_args', 'bad is not an argument')
    const behaviour = this.#behaviours.get(uses) ?? {}
    return {
      uses,
      effect,
      title: `Do ${uses}`,
      ...namesOf(uses, args),
      effectSentence: '',
      isIdempotent: behaviour.isIdempotent ?? false,
      canProbe: behaviour.probe !== undefined,
      canVerify: behaviour.verify !== undefined,
      canPreview: true,
      isIrreversible: behaviour.isIrreversible ?? false,
      isWayBack: behaviour.isWayBack ?? false,
      expiry: behaviour.expiry ?? null,
      mustAsk: null,
      undo: behaviour.inverse === undefined ? null : { uses: behaviour.inverse, sentence: 'puts it back' },
      secretArgs: [],
      lockedArgs: ['locked'],
      argsSchema: {},
    }
  }

  async plan(uses: string, args: JsonObject): Promise<ActionPlan> {
    return this.#behaviours.get(uses)?.plan?.(args) ?? { rows: [], bound: null }
  }

  async run(intent: Intent, _subject: unknown, signal: AbortSignal): Promise<RunOutcome> {
    this.calls.push({ uses: intent.uses, args: intent.args, key: intent.key })
    this.#atOnce += 1
    this.maxAtOnce = Math.max(this.maxAtOnce, this.#atOnce)
    try {
      return (
        (await this.#behaviours.get(intent.uses)?.run?.(intent, signal)) ?? {
          outcome: 'succeeded',
          result: { done: intent.uses },
        }
      )
    } finally {
      this.#atOnce -= 1
    }
  }

  async probe(intent: Intent): Promise<ProbeOutcome> {
    return this.#behaviours.get(intent.uses)?.probe?.(intent) ?? { state: 'unknown', message: 'no probe' }
  }

  async confirm(intent: Intent, accepted: JsonValue): Promise<Confirmation> {
    const { confirm } = this.#behaviours.get(intent.uses) ?? {}
    return confirm?.(intent, accepted) ?? { state: 'pending', isComing: false, message: 'not there yet' }
  }

  async verify({ uses }: { uses: string }): Promise<Verification> {
    return this.#behaviours.get(uses)?.verify?.() ?? { state: 'unreadable', message: 'cannot be read' }
  }

  inverse(uses: string, args: JsonObject): { uses: string; args: JsonObject } | null {
    const inverse = this.#behaviours.get(uses)?.inverse
    return inverse === undefined ? null : { uses: inverse, args }
  }
}

/** The writer as one process sees it: once that process is dead, none of its commits happens or returns. */
class Lifeline {
  readonly writer: Writer
  readonly #dead = Promise.withResolvers<undefined>()
  #isDead = false
  #left = Number.POSITIVE_INFINITY
  #when: 'before' | 'after' = 'before'

  constructor(real: Writer) {
    const commit = async <T>(label: string, work: (tx: Tx) => T, options?: { isPatient: boolean }): Promise<T> => {
      const isLast = (this.#left -= 1) <= 0
      if (isLast && this.#when === 'before') this.die()
      if (this.#isDead) return new Promise<T>(() => undefined)
      if (isLast) this.#isDead = true
      const value = await real.commit(label, work, options)
      if (isLast) this.die()
      return this.#isDead ? new Promise<T>(() => undefined) : value
    }
    this.writer = Object.create(real, { commit: { value: commit } }) as Writer // the same writer with another `commit`
  }

  get isDead(): boolean {
    return this.#isDead
  }

  dieAt(commits: number, when: 'before' | 'after'): Promise<undefined> {
    this.#left = commits
    this.#when = when
    return this.#dead.promise
  }

  die(): void {
    this.#isDead = true
    this.#dead.resolve(undefined)
  }
}

/** A chain service over a real store, with a policy and actions that a test writes down. */
export interface ChainWorld {
  store: TestStore
  bus: Bus
  policy: ScriptedPolicy
  actions: ScriptedActions
  service: ChainService
  chains: ChainStore
  approvals: ApprovalStore
  setMode(mode: ResponseMode): void
  /** Changes settings that bound containing. */
  set(changes: Partial<Settings>): void
  /** A stored alert with its queued chain, woken but not waited for. */
  queue(options?: { attrs?: Attribute[]; namespace?: string }): Promise<string>
  /** A stored alert with its queued chain, driven until it waits or ends. */
  alert(options?: { attrs?: Attribute[]; namespace?: string }): Promise<ChainRecord>
  /** Reads the chain again. */
  chain(id: string): ChainRecord
  actionsOf(chainId: string): ActionRecord[]
  /** `[policy id, state]` of every action of a chain, by round and position. */
  states(chainId: string): [string, ActionState][]
  /** Rejects what the card shows at this moment; does not wait for what follows. */
  reject(actionId: string, reason: string): Promise<Decided>
  approve(actionId: string, more?: { isStaleConfirmed?: boolean; editedArgs?: JsonObject | null }): Promise<ActionState>
  /** A new service on the same rows while the old one never comes back, as after a crash. */
  crash(): Promise<void>
  /** The process dies at the n-th commit from now, just before or just after it is durable; resolves when it has. */
  dieAt(commits: number, when: 'before' | 'after'): Promise<void>
  close(): Promise<void>
}

export async function openChainWorld({ isInMemory = true, isAttended = false } = {}): Promise<ChainWorld> {
  const store = await openTestStore({ isInMemory })
  const policy = new ScriptedPolicy()
  const actions = new ScriptedActions()
  const chains = new ChainStore(store.db)
  const approvals = new ApprovalStore(store.db)
  const bus = new Bus(store.clock)
  let current: ResponseMode = 'policy'
  const settings: Partial<Settings> = {}
  const deps: ChainDeps = {
    writer: store.writer,
    chains,
    approvals,
    containments: new ContainmentStore(store.db),
    decisions: store.decisions,
    attributes: store.attributes,
    alerts: new AlertInputs(store),
    policy,
    actions,
    limits: openLimits(
      () => ({ ...DEFAULT_SETTINGS, ...settings }),
      () => TEST_MACHINE,
    ),
    env: () => Promise.resolve({ GREETING: 'hello' }),
    mode: () => current,
    isUnderLoad: () => false,
    isAttended,
    expiryMs: () => 86_400_000,
    ...chainLists(store),
    clock: store.clock,
    ids: systemIds,
    bus,
    log: store.log,
  }
  let lifeline = new Lifeline(store.writer)
  let service = new ChainService({ ...deps, writer: lifeline.writer })
  await service.start()
  const world: ChainWorld = {
    store,
    bus,
    policy,
    actions,
    get service() {
      return service
    },
    chains,
    approvals,
    setMode: (next) => void (current = next),
    set: (changes) => void Object.assign(settings, changes),
    async queue({ attrs = [], namespace = '' } = {}) {
      const live = policy.live()
      if (!live) throw new Error('Publish a policy first')
      const chain = await store.writer.commit('event', (tx) => {
        if (!store.policies.get(live.id)) store.policies.insert(tx, newPolicyVersion({ id: live.id }))
        const { id: eventId } = store.events.insert(tx, newEvent({ outcome: 'alerts' }))
        const alert = store.alerts.insert(tx, newAlert({ eventId, attrs, namespace, policyVersionId: live.id }))
        return service.queueChain(tx, alert, live, { trigger: 'event', firstRound: null })
      })
      service.wake([chain], [], null)
      return chain.id
    },
    async alert(options) {
      const chainId = await world.queue(options)
      await service.whenIdle()
      return chains.chain(chainId)
    },
    chain: (id) => chains.chain(id),
    actionsOf: (chainId) => chains.actionsBefore(chainId, Number.MAX_SAFE_INTEGER),
    states: (chainId) => world.actionsOf(chainId).map((action) => [action.policyId, action.state]),
    async approve(actionId, { isStaleConfirmed = false, editedArgs = null } = {}) {
      const card = await service.card(actionId)
      const seen = editedArgs === null ? card : await service.planEdited(actionId, editedArgs)
      const answer = await service.approve({
        actionId,
        boundHash: seen.boundHash,
        isStaleConfirmed,
        editedArgs,
        why: '',
        typedTarget: seen.confirm,
      })
      await service.whenIdle()
      return answer.state
    },
    reject(actionId, reason) {
      const approval = approvals.ofAction(actionId)
      if (!approval) throw new Error(`Action ${actionId} was never asked about`)
      return service.reject({ actionId, boundHash: cardHash(approval, approval.staleReason ?? []), reason })
    },
    async dieAt(commits, when) {
      await lifeline.dieAt(commits, when)
    },
    async crash() {
      lifeline.die()
      lifeline = new Lifeline(store.writer)
      service = new ChainService({ ...deps, writer: lifeline.writer })
      await service.start()
      await service.whenIdle()
    },
    async close() {
      if (!lifeline.isDead) await service.stop()
      await store.close()
    },
  }
  return world
}

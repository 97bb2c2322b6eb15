import { errorCode, errorMessage, TocsinError } from '../../../shared/errors.ts'
import type { JsonObject } from '../../../shared/model/json.ts'
import type { ChainState } from '../../../shared/model/states.ts'
import { Bus } from '../news/bus.ts'
import { AlertInputs } from '../chain/rounds/alert-inputs.ts'
import { ApprovalStore } from '../chain/records/approval-store.ts'
import { ContainmentStore } from '../chain/records/containment-store.ts'
import { chainLists } from '../chain/chain-lists.ts'
import { ChainService, type QueuedChain } from '../chain/chain-service.ts'
import { ChainStore } from '../chain/records/chain-store.ts'
import type { ChainRecord } from '../chain/records/records.ts'
import type { IntakeAnswer } from '../intake/intake-answer.ts'
import { Intake } from '../intake/intake.ts'
import type { EventForms } from '../policy/evaluation.ts'
import type { Diagnostic, DiagnosticDetails } from '../policy/toolchain/types.ts'
import type { Clock, Ids, Log } from '../ports/ports.ts'
import type { StoredAlert } from '../store/alert-store.ts'
import { openStore } from '../store/store.ts'
import { MockedActions, type ActionNames } from './mocked-actions.ts'
import { PlayPolicy, type LoadedPolicy } from './play-policy.ts'
import { ScenarioAttributes } from './scenario-attributes.ts'
import { recordForm, type RecordForm } from './record-form.ts'
import type { PlayStore } from './recorded-actions.ts'
import { recordAlert, type ChainFailure } from './recorder.ts'
import type { Scenario, ScenarioEvent } from './scenario.ts'

/** What all scenarios share. */
export interface PlayerParts {
  policy: LoadedPolicy
  actionNames: ActionNames
  /** `input.env` of a scenario that has none of its own. */
  env: () => Promise<Record<string, string>>
  clock: Clock
  ids: Ids
  log: Log
}

/** Why a scenario failed. */
export interface PlayFailure {
  code: string
  message: string
  file?: string | undefined
  row?: number | undefined
  /** AlertChain's `values`: the action that failed. */
  values: JsonObject
  /** Which policy could not be evaluated, or gave a wrong type; null: it was something else. */
  policy: 'alert' | 'action' | null
}

export interface Played {
  /** Of each alert in order: AlertChain's `results`. */
  results: JsonObject[]
  /** Of the first event that failed; those behind it were not played. */
  failure: PlayFailure | null
  /** Which of AlertChain's forms its record has. */
  form: RecordForm
  /** What an author may want to know: no package for a schema, a decision that nobody asked for. */
  notes: string[]
}

/** Mocks answer at once; nothing waits but what a scenario decides. */
const EXPIRY_MS = 60_000

/** A store in memory that knows the policy version, by its name alone: what it holds is in the pool. */
export async function openPlayStore({ policy, clock, ids, log }: PlayerParts): Promise<PlayStore> {
  const store = await openStore({ dataDir: null, isAudited: false, clock, ids, log })
  const version = { id: policy.live.id, sources: [], dataFiles: [], compiled: null, compiledMeta: {}, compilerHash: '' }
  await store.writer.commit('policy', (tx) =>
    store.policies.insert(tx, { ...version, origin: 'command', testSummary: null }),
  )
  return { store, chains: new ChainStore(store.db), approvals: new ApprovalStore(store.db) }
}

/**
 * Plays scenarios one after the other through the intake and the chains. Each begins with an empty world: what chains share
 * is their namespaces' attributes, and those are scoped. Several players may use one store, so that their commits share
 * transactions.
 */
export class ScenarioPlayer {
  readonly #parts: PlayerParts
  readonly #shared: PlayStore
  readonly #attributes: ScenarioAttributes
  readonly #actions: MockedActions
  readonly #policy: PlayPolicy
  readonly #service: ChainService
  readonly #intake: Intake
  #env: Record<string, string> | null = null
  #played: Played
  /** What became of the event: its alerts, and their chains in the same order. */
  #arrived: { alerts: readonly StoredAlert[]; chains: readonly QueuedChain[]; forms: EventForms | null } = NOTHING

  /** @param shared knows the policy version (`openPlayStore`) */
  constructor(parts: PlayerParts, shared: PlayStore) {
    const { clock, ids, log } = parts
    const { store } = shared
    this.#parts = parts
    this.#shared = shared
    this.#attributes = new ScenarioAttributes(store.db)
    this.#actions = new MockedActions(parts.actionNames)
    this.#policy = new PlayPolicy(parts.policy)
    this.#played = this.#nothing()
    this.#service = new ChainService({
      ...store,
      attributes: this.#attributes,
      chains: shared.chains,
      approvals: shared.approvals,
      containments: new ContainmentStore(shared.store.db),
      alerts: new PlayAlerts(store),
      policy: this.#policy,
      actions: this.#actions,
      limits: null,
      env: () => (this.#env === null ? parts.env() : Promise.resolve(this.#env)),
      mode: () => 'policy',
      isUnderLoad: () => false,
      expiryMs: () => EXPIRY_MS,
      ...chainLists(store),
      clock,
      ids,
      bus: new Bus(clock),
      log,
    })
    this.#intake = new Intake({
      store,
      policy: this.#policy,
      queueChain: (tx, alert, live, from) => this.#service.queueChain(tx, alert, live, from),
      onAlerts: (alerts, chains, forms) => {
        this.#arrived = { alerts, chains, forms }
      },
      onChanged: () => undefined,
      clock,
      ids,
      log,
    })
  }

  /** Plays one scenario. Rejects only when the store or the policies cannot be used at all. */
  async play(scenario: Scenario): Promise<Played> {
    this.#played = { ...this.#nothing(), form: recordForm(this.#parts.policy.form, scenario) }
    this.#env = scenario.env
    this.#attributes.begin(this.#parts.ids.uuid())
    for (const [index, event] of scenario.events.entries()) {
      try {
        await this.#playEvent(event, index)
      } catch (error) {
        this.#fail(failureOf(error), index)
      }
      if (this.#played.failure !== null && this.#played.failure.code !== ROUND_LIMIT) break
    }
    return this.#played
  }

  /** The store stays open: it is not this player's own. */
  stop(): Promise<void> {
    return this.#service.stop()
  }

  #nothing(): Played {
    return { results: [], failure: null, form: this.#parts.policy.form, notes: [] }
  }

  async #playEvent(event: ScenarioEvent, index: number): Promise<void> {
    this.#actions.mock(event.actions)
    this.#policy.decide(event.decisions)
    this.#arrived = NOTHING
    const answer = await this.#intake.receive(deliveryOf(event))
    if (answer.kind !== 'stored') {
      const policy = answer.kind === 'problem' ? 'alert' : null
      return this.#fail({ ...failureOf(answerError(answer)), policy }, index)
    }
    if (!this.#policy.hasEntrypoint('', `alert/${event.schema.replaceAll('.', '/')}`))
      this.#played.notes.push(`events[${index}]: no policy has a package alert.${event.schema}`)
    for (const [place, alert] of this.#arrived.alerts.entries()) {
      this.#service.wake(this.#arrived.chains.slice(place, place + 1), [alert], this.#arrived.forms)
      const failure = await this.#playAlert(alert, event)
      if (failure === null) continue
      this.#fail(failure, index)
      // AlertChain ends there in silence, with what came before; everything else stops the event.
      if (failure.code !== ROUND_LIMIT) return
    }
  }

  async #playAlert(alert: StoredAlert, event: ScenarioEvent): Promise<PlayFailure | null> {
    const chain = await this.#settled(alert.id, event)
    const { result, failure } = recordAlert(this.#shared, this.#played.form, { alert, chain, input: event.input })
    this.#played.results.push(result)
    return failure === null ? null : this.#explained(failure)
  }

  /** The chain of an alert once it has ended; what waits is decided as the scenario says. */
  async #settled(alertId: string, event: ScenarioEvent): Promise<ChainRecord> {
    for (;;) {
      await this.#service.whenIdle()
      const [chain] = this.#shared.chains.chainsOf(alertId)
      if (chain === undefined) throw new TocsinError('chain_missing', 'The alert has no chain.')
      if (chain.state !== 'waiting') return chain
      const waiting = this.#shared.chains.actions(chain.id, chain.roundNo).filter(({ state }) => state === 'waiting')
      if (waiting.length === 0) throw new TocsinError('scenario_waits', `The chain waits: ${chain.state}.`)
      for (const { id, policyId } of waiting) {
        if (event.decisions.get(policyId) === 'expire') await this.#service.expire(id)
        else {
          const { boundHash } = await this.#service.card(id)
          await this.#service.reject({ actionId: id, boundHash, reason: 'The scenario rejects it' })
        }
      }
    }
  }

  async #explained(failure: ChainFailure): Promise<PlayFailure> {
    const { code, message, state, values, policy } = failure
    if (state !== ROUND_LIMIT) return { code, message, values, policy, ...placeIn(message) }
    const place = await this.#policy.lastRule()
    return {
      code,
      message: place === null ? message : `${place.file}:${place.row}: ${message}`,
      values,
      policy,
      ...place,
    }
  }

  #fail(failure: PlayFailure, index: number): void {
    this.#played.failure ??= { ...failure, values: { event: index, ...failure.values } }
  }
}

const ROUND_LIMIT = 'round_limit' satisfies ChainState

const NOTHING = { alerts: [], chains: [], forms: null }

/** Mocked actions look at no alert. */
class PlayAlerts extends AlertInputs {
  override forActions(): JsonObject {
    return {}
  }
}

function deliveryOf({ schema, input }: ScenarioEvent): Parameters<Intake['receive']>[0] {
  return {
    schema,
    route: 'command',
    body: new TextEncoder().encode(JSON.stringify(input)),
    sourceId: '',
    deliveryId: null,
    remote: '',
    headers: {},
    query: {},
    credentialsHash: null,
  }
}

function answerError(answer: Exclude<IntakeAnswer, { kind: 'stored' }>): TocsinError {
  if (answer.kind === 'refused') return new TocsinError(answer.code, answer.message)
  const { code, message, details } = answer.problem
  return new TocsinError(code, message, { details })
}

function failureOf(error: unknown): PlayFailure {
  const { diagnostics } = ((error instanceof TocsinError ? error.details : null) ?? {}) as Partial<DiagnosticDetails> // theirs have it
  const place: Diagnostic | undefined = diagnostics?.[0]
  const message = errorMessage(error)
  const where = place?.file === undefined ? '' : `${place.file}:${place.row ?? 1}: `
  return {
    code: errorCode(error),
    message: where + message,
    file: place?.file,
    row: place?.row,
    values: {},
    policy: null,
  }
}

/** A chain's failure has its place in its message (`round-evaluation.ts`). */
function placeIn(message: string): { file?: string; row?: number } {
  const [, file, row] = /^(\S+\.rego):(\d+): /.exec(message) ?? []
  return file === undefined ? {} : { file, row: Number(row) }
}

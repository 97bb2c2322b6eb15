import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { ActionPort } from '../actions/action-port.ts'
import { createActions } from '../actions/create-actions.ts'
import { chainLists } from '../chain/chain-lists.ts'
import { ChainService, type QueuedChain } from '../chain/chain-service.ts'
import { ApprovalStore } from '../chain/records/approval-store.ts'
import { ContainmentStore } from '../chain/records/containment-store.ts'
import { ChainStore } from '../chain/records/chain-store.ts'
import type { ActionRecord } from '../chain/records/records.ts'
import { AlertInputs } from '../chain/rounds/alert-inputs.ts'
import { Intake } from '../intake/intake.ts'
import type { IntakeAnswer } from '../intake/intake-answer.ts'
import { openLimits } from '../limits/limits.ts'
import { Bus } from '../news/bus.ts'
import { Environment } from '../secrets/env.ts'
import { Redactor } from '../secrets/redact.ts'
import type { StoredAlert } from '../store/alert-store.ts'
import { openStore, type Store } from '../store/store.ts'
import { Life } from './life.ts'
import { ProvePolicy, type Staging } from './prove-policy.ts'
import { ScratchClock } from './scratch-clock.ts'
import { StandInPort, Traffic } from './stand-in-port.ts'
import type { Stage } from './stand-in.ts'
import type { ProveWorld, SampleEvent } from './world.ts'

const HOUR_MS = 3_600_000

/** When every scenario begins: a fixed time, so that a report says the same again. */
const BEGINNING = Date.UTC(2026, 0, 1)

export interface DeskParts {
  stage: Stage
  staging: Staging
  /** What chains know as actions, made of the real registry. */
  actions: (registry: ActionPort) => ActionPort
}

interface Ground {
  store: Store
  clock: ScratchClock
  folder: string
}

/**
 * A desk in memory: the real store, intake, chains and registry over the analyst's policies, with the stand-in in place of
 * the network and a time that a scenario lets pass. It may die and start again on its rows.
 */
export class ScratchDesk {
  readonly world: ProveWorld
  readonly stage: Stage
  readonly clock: ScratchClock
  readonly traffic = new Traffic()
  readonly policy: ProvePolicy
  readonly store: Store
  readonly chains: ChainStore
  readonly approvals: ApprovalStore
  /** Targets that this desk protects beside those of the analyst's list. */
  readonly protected: string[] = []
  readonly #parts: DeskParts
  readonly #folder: string
  #life = new Life()
  #service: ChainService

  private constructor(world: ProveWorld, parts: DeskParts, { store, clock, folder }: Ground) {
    this.world = world
    this.clock = clock
    this.stage = parts.stage
    this.#parts = parts
    this.#folder = folder
    this.store = store
    this.policy = new ProvePolicy(world.policies, parts.staging)
    this.chains = new ChainStore(store.db)
    this.approvals = new ApprovalStore(store.db)
    this.#service = this.#newService()
  }

  /** @param folder of this desk's own */
  static async open(world: ProveWorld, folder: string, parts: DeskParts): Promise<ScratchDesk> {
    mkdirSync(join(folder, 'data'), { recursive: true, mode: 0o700 })
    const clock = new ScratchClock(BEGINNING)
    const store = await openStore({ dataDir: null, clock, ids: world.ids, log: world.log })
    await keepVersion(store, world.policies.live.id)
    const desk = new ScratchDesk(world, parts, { store, clock, folder })
    await desk.#service.start()
    return desk
  }

  /** The desk's present life: what a scenario decides on it. */
  get service(): ChainService {
    return this.#service
  }

  get life(): Life {
    return this.#life
  }

  /** Sends an event and drives its chains until they wait or end. @returns the actions that were proposed */
  async deliver(event: SampleEvent): Promise<{ answer: IntakeAnswer; actions: ActionRecord[] }> {
    let arrived: { alerts: readonly StoredAlert[]; chains: readonly QueuedChain[] } = { alerts: [], chains: [] }
    const { handles } = this.world.policies
    const intake = new Intake({
      store: this.store,
      policy: this.policy,
      broken: (body) => handles.brokenBytes(body),
      queueChain: (tx, alert, live, from) => this.#service.queueChain(tx, alert, live, from),
      onAlerts: (alerts, chains) => {
        arrived = { alerts, chains }
      },
      onChanged: () => undefined,
      clock: this.clock,
      ids: this.world.ids,
      log: this.world.log,
    })
    const answer = await intake.receive(deliveryOf(event))
    this.#service.wake(arrived.chains, arrived.alerts, null)
    await this.#service.whenIdle()
    const chains = arrived.alerts.flatMap(({ id }) => this.chains.chainsOf(id))
    const actions = chains.flatMap(({ id }) => this.chains.actionsBefore(id, Number.MAX_SAFE_INTEGER))
    return { answer, actions }
  }

  /** What waits to be decided and takes something back. */
  proposedUndos(): ActionRecord[] {
    const waiting = this.approvals.open().map(({ actionId }) => this.chains.action(actionId))
    return waiting.filter(({ chainId }) => this.chains.chain(chainId).trigger === 'undo')
  }

  action(id: string): ActionRecord {
    return this.chains.action(id)
  }

  /** The process dies, and another one starts on the same rows. */
  async restart(): Promise<void> {
    this.#life.die()
    this.#life = new Life()
    this.#service = this.#newService()
    await this.#service.start()
    await this.#service.whenIdle()
  }

  /** The live policies change: another version, which no longer proposes the action under test. */
  async changePolicy(): Promise<void> {
    await keepVersion(this.store, this.policy.change().id)
    this.policy.announce()
  }

  async close(): Promise<void> {
    if (!this.#life.isDead) await this.#service.stop()
    await this.store.close()
  }

  #newService(): ChainService {
    const { world, store } = this
    const { settings, policies } = world
    const life = this.#life
    const redactor = new Redactor()
    const environment = new Environment({
      secrets: world.secrets,
      handles: policies.handles,
      redactor,
      processEnv: world.env,
      settings: () => settings,
      log: world.log,
    })
    const registry = createActions({
      http: this.#port(life),
      environment,
      handles: policies.handles,
      redactor,
      settings: () => ({ ...settings, 'quarantine.roots': [...(this.stage.roots ?? [])] }),
      env: world.env,
      dataDir: join(this.#folder, 'data'),
      policyDir: world.policyDir,
      appDir: world.appDir,
      // What the workspace declares has no stand-in.
      declaredIn: () => null,
      knownValues: (asked) => store.reader.query('values.known', asked),
      clock: life.clock(this.stage.isRealTime === true ? this.clock.ofSlowActions : this.clock.ofActions),
      log: world.log,
    })
    return new ChainService({
      writer: life.writer(store.writer),
      chains: this.chains,
      approvals: this.approvals,
      containments: new ContainmentStore(store.db),
      decisions: store.decisions,
      attributes: store.attributes,
      alerts: new AlertInputs(store, policies.handles),
      policy: this.policy,
      actions: this.#parts.actions(registry),
      env: async () => (await environment.forPolicies()).env,
      mode: () => 'ask',
      limits: openLimits(
        () => ({ ...settings, 'contain.protected': [...settings['contain.protected'], ...this.protected] }),
        () => world.machine,
      ),
      isUnderLoad: () => false,
      expiryMs: () => settings['approval.expiryHours'] * HOUR_MS,
      ...chainLists(store),
      clock: life.clock(this.clock),
      ids: world.ids,
      bus: new Bus(life.clock(this.clock)),
      log: world.log,
    })
  }

  #port(life: Life): StandInPort {
    const { stage, traffic, clock, world } = this
    return new StandInPort({ stage, traffic, clock, life, netAllow: world.settings['net.allow'] })
  }
}

/** The pool has what is in it: the store knows its name. */
async function keepVersion(store: Store, id: string): Promise<void> {
  const version = { id, sources: [], dataFiles: [], compiled: null, compiledMeta: {}, compilerHash: '' }
  await store.writer.commit('policy', (tx) =>
    store.policies.insert(tx, { ...version, origin: 'command', testSummary: null }),
  )
}

function deliveryOf({ schema, body }: SampleEvent): Parameters<Intake['receive']>[0] {
  return {
    schema,
    route: 'command',
    body,
    sourceId: '',
    deliveryId: null,
    remote: '',
    headers: {},
    query: {},
    credentialsHash: null,
  }
}

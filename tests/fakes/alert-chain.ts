import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type {
  ActionFacts,
  ActionPort,
  ActionSubject,
  Intent,
  RunOutcome,
} from '../../electron/engine/actions/action-port.ts'
import { Bus } from '../../electron/engine/news/bus.ts'
import { AlertInputs } from '../../electron/engine/chain/rounds/alert-inputs.ts'
import { ApprovalStore } from '../../electron/engine/chain/records/approval-store.ts'
import { ContainmentStore } from '../../electron/engine/chain/records/containment-store.ts'
import { chainLists } from '../../electron/engine/chain/chain-lists.ts'
import { ChainService } from '../../electron/engine/chain/chain-service.ts'
import { ChainStore } from '../../electron/engine/chain/records/chain-store.ts'
import type { ActionRecord, ChainRecord } from '../../electron/engine/chain/records/records.ts'
import type { IntakeAnswer } from '../../electron/engine/intake/intake-answer.ts'
import { Intake } from '../../electron/engine/intake/intake.ts'
import { PolicyPool } from '../../electron/engine/policy/policy-pool.ts'
import { PolicyService } from '../../electron/engine/policy/policy-service.ts'
import { Toolchain } from '../../electron/engine/policy/toolchain/toolchain.ts'
import { openStore, type Store } from '../../electron/engine/store/store.ts'
import { systemClock, systemIds } from '../../electron/engine/ports/system-ports.ts'
import type { JsonObject, JsonValue } from '../../shared/model/json.ts'
import type { ResponseMode } from '../../shared/model/states.ts'
import { FakeLog } from './ports.ts'

/** An action that a test registers, as AlertChain's tests do. Throwing fails it. */
export type MockAction = (args: JsonObject, alert: JsonObject) => JsonValue | Promise<JsonValue>

/** What an action was called with. */
export interface MockCall {
  uses: string
  args: JsonObject
  alert: JsonObject
}

/** One alert of an event with its chain, driven to where it waits or ends. */
export interface HandledAlert {
  chain: ChainRecord
  actions: ActionRecord[]
  /** `[key, value]` of the chain's attributes at its end. */
  attrs: [string, JsonValue][]
}

const FIXTURES = fileURLToPath(new URL('../fixtures/alertchain', import.meta.url))

class MockActions implements ActionPort {
  readonly #mocks: Readonly<Record<string, MockAction>>
  readonly calls: MockCall[] = []

  constructor(mocks: Readonly<Record<string, MockAction>>) {
    this.#mocks = mocks
  }

  describe(uses: string): ActionFacts | null {
    if (!Object.hasOwn(this.#mocks, uses)) return null
    const texts = {
      uses,
      title: uses,
      target: '',
      targetKey: '',
      targets: [],
      names: [],
      effectSentence: '',
      undo: null,
    }
    const flags = {
      isIdempotent: true,
      canProbe: false,
      canVerify: false,
      canPreview: false,
      isIrreversible: false,
      isWayBack: false,
      expiry: null,
      mustAsk: null,
    }
    return { ...texts, ...flags, effect: 'observe', secretArgs: [], lockedArgs: [], argsSchema: {} }
  }

  plan(): ReturnType<ActionPort['plan']> {
    return Promise.resolve({ rows: [], bound: null })
  }

  async run({ uses, args }: Intent, { alert }: ActionSubject): Promise<RunOutcome> {
    this.calls.push({ uses, args, alert })
    try {
      return { outcome: 'succeeded', result: (await this.#mocks[uses]?.(args, alert)) ?? null }
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      return { outcome: 'failed', error: { code: 'mock_failed', message } }
    }
  }

  probe(): ReturnType<ActionPort['probe']> {
    return Promise.resolve({ state: 'not_done' })
  }

  confirm(): ReturnType<ActionPort['confirm']> {
    return Promise.resolve({ state: 'pending', isComing: false, message: '' })
  }

  verify(): ReturnType<ActionPort['verify']> {
    return Promise.resolve({ state: 'holds' })
  }

  inverse(): null {
    return null
  }
}

/** The real policies, intake, chains and store, with actions that a test registers. */
export class AlertChainWorld {
  readonly store: Store
  readonly policy: PolicyService
  readonly chains: ChainStore
  readonly #actions: MockActions
  readonly #service: ChainService
  readonly #intake: Intake
  readonly #folder: string
  #mode: ResponseMode = 'policy'

  /**
   * @param policies the name of a folder in `tests/fixtures/alertchain`, or files by path
   * @throws Error when the policies do not become live
   */
  static async open(
    policies: string | Record<string, string>,
    mocks: Readonly<Record<string, MockAction>> = {},
    env: Record<string, string> = {},
  ): Promise<AlertChainWorld> {
    const store = await openStore({ dataDir: null, clock: systemClock, ids: systemIds, log: new FakeLog() })
    const world = new AlertChainWorld(policies, new MockActions(mocks), env, store)
    await world.policy.start()
    if (world.policy.problem()) throw new Error(JSON.stringify(world.policy.problem()))
    return world
  }

  private constructor(
    policies: string | Record<string, string>,
    actions: MockActions,
    env: Record<string, string>,
    store: Store,
  ) {
    this.store = store
    this.#actions = actions
    this.#folder = folderOf(policies)
    const parts = { clock: systemClock, ids: systemIds, log: new FakeLog() }
    this.policy = new PolicyService({
      policies: store.policies,
      writer: store.writer,
      toolchain: new Toolchain(),
      pool: new PolicyPool({ log: parts.log }),
      policyDir: this.#folder,
      log: parts.log,
    })
    this.chains = new ChainStore(store.db)
    this.#service = new ChainService({
      ...store,
      ...parts,
      chains: this.chains,
      approvals: new ApprovalStore(store.db),
      containments: new ContainmentStore(store.db),
      alerts: new AlertInputs(store),
      policy: this.policy,
      actions,
      limits: null,
      env: () => Promise.resolve(env),
      mode: () => this.#mode,
      isUnderLoad: () => false,
      expiryMs: () => 1000,
      ...chainLists(store),
      bus: new Bus(systemClock),
    })
    this.#intake = new Intake({
      store,
      ...parts,
      policy: this.policy,
      queueChain: (...args) => this.#service.queueChain(...args),
      onAlerts: (alerts, chains, forms) => this.#service.wake(chains, alerts, forms),
      onChanged: () => undefined,
    })
  }

  get calls(): readonly MockCall[] {
    return this.#actions.calls
  }

  setMode(mode: ResponseMode): void {
    this.#mode = mode
  }

  /** The event as bytes, stored and judged; its chains run on. */
  receive(schema: string, data: JsonValue): Promise<IntakeAnswer> {
    const body = new TextEncoder().encode(JSON.stringify(data))
    const from = { sourceId: '', deliveryId: null, remote: '', headers: {}, query: {}, credentialsHash: null }
    return this.#intake.receive({ schema, route: 'command', body, ...from })
  }

  /** AlertChain's `HandleAlert`: resolves when the chains of all alerts wait or have ended. */
  async handle(schema: string, data: JsonValue): Promise<HandledAlert[]> {
    const answer = await this.receive(schema, data)
    if (answer.kind !== 'stored') throw new Error(JSON.stringify(answer))
    await this.idle()
    return answer.alerts.map(({ id }) => {
      const chain = this.chains.chainsOf(id)[0]
      if (!chain) throw new Error(`alert ${id} has no chain`)
      const actions = this.chains.actionsBefore(chain.id, Number.MAX_SAFE_INTEGER)
      return { chain, actions, attrs: chain.attrs.map(({ key, value }) => [key, value]) }
    })
  }

  idle(): Promise<void> {
    return this.#service.whenIdle()
  }

  /** `[key, value]` of what a namespace holds. */
  persistent(namespace: string): [string, JsonValue][] {
    return this.store.attributes.now(namespace, systemClock.now()).map(({ key, value }) => [key, value])
  }

  async close(): Promise<void> {
    await this.#service.stop()
    await this.policy.stop()
    await this.store.close()
    rmSync(this.#folder, { recursive: true })
  }
}

/** A copy, so that a test may change it. */
function folderOf(policies: string | Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'tocsin-alertchain-'))
  if (typeof policies === 'string') cpSync(join(FIXTURES, policies), folder, { recursive: true })
  else {
    for (const [path, text] of Object.entries(policies)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    }
  }
  return folder
}

/** `[key, value]` of an alert's attributes. */
export function attrsOf(alert: JsonObject): [string, JsonValue][] {
  const attrs = (alert['attrs'] ?? []) as { key: string; value: JsonValue }[] // as `AlertInputs` writes them
  return attrs.map(({ key, value }) => [key, value])
}

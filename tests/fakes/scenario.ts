import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JsonObject, JsonValue } from '../../shared/model/json.ts'
import type { ActionFacts, ActionPort, Intent, RunOutcome } from '../../electron/engine/actions/action-port.ts'
import { Bus } from '../../electron/engine/bus.ts'
import { AlertInputs } from '../../electron/engine/chain/alert-inputs.ts'
import { ApprovalStore } from '../../electron/engine/chain/approval-store.ts'
import { ChainService, type QueuedChain } from '../../electron/engine/chain/chain-service.ts'
import { ChainStore } from '../../electron/engine/chain/chain-store.ts'
import type { ActionRecord, ChainRecord } from '../../electron/engine/chain/records.ts'
import { Intake } from '../../electron/engine/intake/intake.ts'
import { PolicyPool } from '../../electron/engine/policy/policy-pool.ts'
import { PolicyService } from '../../electron/engine/policy/policy-service.ts'
import type { Toolchain } from '../../electron/engine/policy/toolchain/toolchain.ts'
import { openStore } from '../../electron/engine/store/store.ts'
import { systemClock, systemIds } from '../../electron/engine/system-ports.ts'
import { FakeLog } from './ports.ts'

export interface Scenario {
  id: string
  title: string
  events: { input: JsonValue; schema: string; actions?: Record<string, JsonValue[]> }[]
  env?: Record<string, string>
}

/** Names that AlertChain registers; every other one is `action_not_found`. */
const NAMES = [
  'http.fetch',
  'slack.post',
  'chatgpt.query',
  'github.create_issue',
  'github.create_comment',
  'otx.indicator',
]

/** Actions that answer from a scenario's queues, as AlertChain's play mode has them: exhausted means null. */
class QueuedActions implements ActionPort {
  queues: Record<string, JsonValue[]> = {}

  describe(uses: string): ActionFacts | null {
    if (!NAMES.includes(uses)) return null
    return {
      uses,
      effect: 'observe',
      title: uses,
      target: '',
      effectSentence: '',
      isIdempotent: true,
      canProbe: false,
      canPreview: false,
      undo: null,
      secretArgs: [],
      lockedArgs: [],
      argsSchema: {},
    }
  }

  plan(): ReturnType<ActionPort['plan']> {
    return Promise.resolve({ rows: [], bound: null })
  }

  run(intent: Intent): Promise<RunOutcome> {
    return Promise.resolve({ outcome: 'succeeded', result: this.queues[intent.uses]?.shift() ?? null })
  }

  probe(): ReturnType<ActionPort['probe']> {
    return Promise.resolve({ state: 'not_done' })
  }

  inverse(): null {
    return null
  }
}

/** Plays a scenario through the real tool chain, intake and chain. @returns what AlertChain writes as `data.json` */
export async function playScenario(
  toolchain: Toolchain,
  files: Record<string, string>,
  scenario: Scenario,
): Promise<JsonObject> {
  const policyDir = mkdtempSync(join(tmpdir(), 'tocsin-scenario-'))
  for (const [name, source] of Object.entries(files)) {
    mkdirSync(join(policyDir, name, '..'), { recursive: true })
    writeFileSync(join(policyDir, name), source)
  }
  const log = new FakeLog()
  const store = await openStore({ dataDir: null, clock: systemClock, ids: systemIds, log })
  const policy = new PolicyService({
    policies: store.policies,
    writer: store.writer,
    toolchain,
    pool: new PolicyPool({ log }),
    policyDir,
    log,
  })
  const actions = new QueuedActions()
  const chains = new ChainStore(store.db)
  const approvals = new ApprovalStore(store.db)
  const alerts = new AlertInputs(store)
  const service = new ChainService({
    ...store,
    chains,
    approvals,
    alerts,
    policy,
    actions,
    env: () => Promise.resolve(scenario.env ?? {}),
    mode: () => 'policy',
    isUnderLoad: () => false,
    expiryMs: () => 1000,
    recordProblem: () => undefined,
    clock: systemClock,
    ids: systemIds,
    bus: new Bus(systemClock),
    log,
  })
  const queued: QueuedChain[] = []
  const intake = new Intake({
    store,
    policy,
    queueChain: (...args) => service.queueChain(...args),
    onAlerts: (_alerts, fresh) => void queued.push(...fresh),
    onChanged: () => undefined,
    clock: systemClock,
    ids: systemIds,
    log,
  })
  try {
    await policy.start()
    if (policy.problem()) throw new Error(JSON.stringify(policy.problem()))
    return await playEvents(scenario, { intake, service, chains, actions, store, alerts, queued })
  } finally {
    await service.stop()
    await policy.stop()
    await store.close()
    rmSync(policyDir, { recursive: true })
  }
}

interface Played {
  intake: Intake
  service: ChainService
  chains: ChainStore
  actions: QueuedActions
  store: Awaited<ReturnType<typeof openStore>>
  alerts: AlertInputs
  queued: QueuedChain[]
}

async function playEvents(scenario: Scenario, played: Played): Promise<JsonObject> {
  const results: JsonObject[] = []
  for (const event of scenario.events) {
    played.actions.queues = structuredClone(event.actions ?? {})
    const body = new TextEncoder().encode(JSON.stringify(event.input))
    const answer = await played.intake.receive({
      schema: event.schema,
      route: 'command',
      body,
      sourceId: '',
      deliveryId: null,
      remote: '',
      headers: {},
      query: {},
      credentialsHash: null,
    })
    if (answer.kind !== 'stored') throw new Error(JSON.stringify(answer))
    for (const alert of answer.alerts) {
      // One alert after the other, as AlertChain has them.
      played.service.wake(played.queued.splice(0, 1), [], null)
      await played.service.whenIdle()
      const [chain] = played.chains.chainsOf(alert.id)
      if (!chain) throw new Error('No chain')
      const actions = played.chains.actionsBefore(chain.id, Number.MAX_SAFE_INTEGER)
      results.push({ alert: writtenAlert(played, alert.id), actions: writtenActions(played, chain, actions) })
      const failed = actions.find(({ state }) => state === 'failed')
      if (failed)
        return {
          id: scenario.id,
          title: scenario.title,
          results,
          error: { message: failed.error?.code.replaceAll('_', ' ') ?? '' },
        }
    }
  }
  return { id: scenario.id, title: scenario.title, ...(results.length > 0 ? { results } : {}) }
}

function writtenAlert({ alerts }: Played, id: string): JsonObject {
  const { data: _data, raw: _raw, attrs, refs, ...rest } = alerts.forActions(id)
  return { ...rest, attrs: attrs ?? [], refs: refs ?? [] }
}

function writtenActions(played: Played, chain: ChainRecord, actions: ActionRecord[]): JsonValue {
  const executed = actions.filter(({ state }) => state === 'succeeded')
  if (chain.generation === 'commit')
    return executed.length === 0
      ? null
      : executed.map((action) => ({
          seq: action.roundNo,
          ...called(action),
          abort: action.isAbort,
          commit: written(action.resolvedCommits),
        }))
  return Array.from({ length: chain.roundNo + 1 }, (_none, no) => writtenRound(played, chain, no, executed)).filter(
    (round) => 'init' in round || 'run' in round,
  )
}

/** One sequence of the older form: what `init`, `run` and `exit` gave, each only where it gave something. */
function writtenRound(played: Played, chain: ChainRecord, no: number, executed: ActionRecord[]): JsonObject {
  const rows = played.store.db
    .prepare("SELECT kind, output FROM decision WHERE chain_id = ? AND round_no = ? AND kind <> 'run' ORDER BY seq")
    .all(chain.id, no) as { kind: 'init' | 'exit'; output: string }[]
  const changes = (kind: 'init' | 'exit'): JsonValue[] =>
    rows
      .filter((row) => row.kind === kind)
      .flatMap(({ output }) => (JSON.parse(output) as Record<string, JsonObject[]>)[kind] ?? [])
      .map(change)
  const run = executed.filter(({ roundNo }) => roundNo === no).map(called)
  return { seq: no, ...list('init', changes('init')), ...list('run', run), ...list('exit', changes('exit')) }
}

function list(key: string, elements: JsonValue[]): JsonObject {
  return elements.length === 0 ? {} : { [key]: elements }
}

function change(element: JsonObject): JsonObject {
  return {
    abort: element['abort'] ?? false,
    attrs: ((element['attrs'] ?? []) as JsonObject[]).map((attr) => ({
      key: '',
      value: null,
      type: '',
      global: false,
      ttl: 0,
      ...attr,
      id: attr['id'] ?? '',
    })),
  }
}

function called(action: ActionRecord): JsonObject {
  return { id: action.policyId, name: action.name, uses: action.uses, args: action.args, force: action.isForced }
}

function written(commits: ActionRecord['resolvedCommits']): JsonValue {
  return commits.length === 0 ? null : commits.map((commit) => ({ ...commit }))
}

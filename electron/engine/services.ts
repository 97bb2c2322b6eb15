import { errorMessage } from '../../shared/errors.ts'
import type { ActionPort } from './actions/action-port.ts'
import { createActions } from './actions/create-actions.ts'
import type { KnownValues } from './actions/history.ts'
import { AlertNews } from './news/alert-news.ts'
import { authzHttp } from './http/authz-http.ts'
import type { LookupPort } from './actions/lookup.ts'
import type { Bus } from './news/bus.ts'
import { AlertInputs } from './chain/rounds/alert-inputs.ts'
import { ApprovalStore } from './chain/records/approval-store.ts'
import { ContainmentStore } from './chain/records/containment-store.ts'
import { chainLists } from './chain/chain-lists.ts'
import { ChainService } from './chain/chain-service.ts'
import { ChainStore } from './chain/records/chain-store.ts'
import type { EngineConfig } from './ports/config.ts'
import { openCache } from './files/disk-cache.ts'
import type { DeskContext } from './desk/context.ts'
import { HttpPort } from './http/http-port.ts'
import type { IntakeDeps } from './intake/intake-deps.ts'
import { Intake } from './intake/intake.ts'
import { PolicyPool } from './policy/policy-pool.ts'
import { PolicyService } from './policy/policy-service.ts'
import { Toolchain } from './policy/toolchain/toolchain.ts'
import { PrintingPool, type TellPrint } from './policy/policy-prints.ts'
import { keepMissingReferences, keepPolicyProblem } from './policy/policy-problem.ts'
import type { Clock, Ids, Log, SecretPort } from './ports/ports.ts'
import { beginGeneration } from './doubt/generation-start.ts'
import type { ProveRunner } from './prove/prove-runner.ts'
import type { Reading } from './graphql/reading.ts'
import { openLimits } from './limits/limits.ts'
import type { Machine } from './limits/own-machine.ts'
import type { Receiver } from './receiver/receiver.ts'
import { ReportStore } from './report/records/report-store.ts'
import { ReportInputs } from './report/report-inputs.ts'
import type { ReportService } from './report/report-service.ts'
import type { RuleFollower } from './rules/rule-follower.ts'
import { ModeSwitch } from './chain/response-mode.ts'
import { Environment } from './secrets/env.ts'
import { Handles } from './secrets/handles.ts'
import type { Redactor } from './secrets/redact.ts'
import type { SelfCheck } from './replay/self-check.ts'
import { openStore, type Store } from './store/store.ts'

const HOUR_MS = 3_600_000

export interface ServiceParts {
  config: EngineConfig
  /** The workspace was filled from the starter policies a moment ago. */
  isWorkspaceNew: boolean
  secrets: SecretPort
  redactor: Redactor
  bus: Bus
  clock: Clock
  ids: Ids
  log: Log
  /** The machine that the desk runs on, read anew at each use: it is protected. */
  machine: () => Machine
  /** Takes what policies print (`--enable-print`); without it the log does. */
  onPrint?: TellPrint
  /** Opens what others send to and read from; without it (`run`) nothing comes in but by `Intake.receive`. */
  openReception?: (running: Running) => Reception
}

/** What an engine that lives on has around its chains (`reception.ts`): senders, readers, and work for idle time. */
export interface Reception {
  receiver: Receiver | null
  reading: Reading | null
  selfCheck: SelfCheck | null
  ruleFollower: RuleFollower | null
  reports: ReportService | null
  prover: ProveRunner | null
}

const NO_RECEPTION: Reception = {
  receiver: null,
  reading: null,
  selfCheck: null,
  ruleFollower: null,
  reports: null,
  prover: null,
}

/** Everything that runs on an open store. */
export type Services = Running &
  Reception & {
    /** Ends what listens on the bus, which outlives a store. */
    unwatch: (() => void)[]
  }

/** What evaluates, decides and carries out. */
export type Running = ServiceParts &
  Omit<DeskContext, 'applySettings' | 'restore' | 'receiver' | 'ruleFollower' | 'reports' | 'prover' | 'actions'> & {
    actions: ActionPort & LookupPort
    reportStore: ReportStore
    reportInputs: ReportInputs
    environment: Environment
    chainStore: ChainStore
    approvals: ApprovalStore
    alerts: AlertInputs
    http: HttpPort
  }

/**
 * Opens the store, loads the policies, goes on with chains and events where the last run left off, and listens last.
 * @throws TocsinError what `openStore` throws
 */
export async function startServices(parts: ServiceParts): Promise<Services> {
  const store = await openStore({
    ...parts,
    dataDir: parts.config.dataDir,
    onDamage: () => parts.bus.changed(['state', 'problems']),
  })
  let services: Services | null = null
  try {
    await beginGeneration(store, parts)
    services = await buildServices(parts, store)
    await recordMode(parts, services.mode)
    await services.policy.start()
    await watchPolicies(parts, services)
    await services.chains.start()
    await services.intake.recover()
    await services.reports?.start()
    await services.receiver?.start()
    return services
  } catch (error) {
    const closing = services === null ? store.close() : stopServices(services)
    await closing.catch((failure: unknown) =>
      parts.log.error('What had started was not closed in order', { reason: errorMessage(failure) }),
    )
    throw error
  }
}

/** Takes nothing more, finishes what was acknowledged, and closes the database last. */
export async function stopServices(services: Services): Promise<void> {
  const { receiver, reading, chains, policy, http, selfCheck, ruleFollower, reports, prover, store, unwatch } = services
  for (const end of unwatch) end()
  await Promise.all([selfCheck?.stop(), ruleFollower?.stop(), prover?.stop()])
  await receiver?.stop()
  await reading?.close()
  await reports?.stop()
  await chains.stop()
  await policy.stop()
  await http.close()
  await store.close()
}

async function buildServices(parts: ServiceParts, store: Store): Promise<Services> {
  const { config, secrets, redactor, bus, clock, ids, log } = parts
  const settings = () => store.settings.all()
  const handles = new Handles(await secrets.handleKey())
  bus.prints = (text) => handles.print(text)
  const environment = new Environment({ secrets, handles, redactor, processEnv: config.env, settings, log })
  const http = new HttpPort({ settings, env: config.env, clock })
  const mode = new ModeSwitch(store, config)
  const policy = openPolicies(parts, store, { http, handles })
  const knownValues: KnownValues = (asked) => store.reader.query('values.known', asked)
  const actions = createActions({
    ...config,
    ...parts,
    http,
    environment,
    handles,
    settings,
    knownValues,
    declaredIn: (versionId) => policy.declaredIn(versionId),
  })
  const chainStore = new ChainStore(store.db)
  const approvals = new ApprovalStore(store.db)
  const subjects = openSubjects(store, handles)
  const { alerts } = subjects
  const chains = openChains(
    { ...parts, store, environment, mode, policy, actions, alerts, chainStore, approvals },
    () => intake.isUnderLoad(),
  )
  const intake = new Intake({
    store,
    policy,
    broken: (body) => handles.brokenBytes(body),
    queueChain: (tx, alert, live, from) => chains.queueChain(tx, alert, live, from),
    firstRoundBasis: async () => {
      const now = mode.current()
      return now === 'off' ? null : { mode: now, env: (await environment.forPolicies()).env }
    },
    onAlerts: alertTeller(parts, chains),
    onChanged: (what) => bus.changed([...what, 'state']),
    clock,
    ids,
    log,
  })
  const decides = { ...subjects, environment, handles, mode, policy, chains, chainStore, approvals }
  const running = { ...parts, ...decides, store, http, actions, intake }
  return { ...running, ...(parts.openReception?.(running) ?? NO_RECEPTION), unwatch: [] }
}

/** @param isUnderLoad whether the intake has more to do than it can store at once */
function openChains(
  parts: ServiceParts &
    Pick<Running, 'store' | 'environment' | 'mode' | 'policy' | 'actions' | 'alerts' | 'chainStore' | 'approvals'>,
  isUnderLoad: () => boolean,
): ChainService {
  const { config, store, environment, mode } = parts
  return new ChainService({
    ...parts,
    writer: store.writer,
    chains: parts.chainStore,
    containments: new ContainmentStore(store.db),
    decisions: store.decisions,
    attributes: store.attributes,
    limits: openLimits(() => store.settings.all(), parts.machine),
    env: async () => (await environment.forPolicies()).env,
    mode: () => mode.current(),
    isUnderLoad,
    isAttended: config.command === 'desk',
    expiryMs: () => store.settings.get('approval.expiryHours') * HOUR_MS,
    ...chainLists(store),
  })
}

/** What chains can be about. */
function openSubjects(store: Store, handles: Handles): Pick<Running, 'alerts' | 'reportStore' | 'reportInputs'> {
  const reportStore = new ReportStore(store.db)
  const reportInputs = new ReportInputs(reportStore, store, handles)
  return { reportStore, reportInputs, alerts: new AlertInputs(store, handles, reportInputs) }
}

function openPolicies(
  parts: ServiceParts,
  store: Store,
  { http, handles }: { http: HttpPort; handles: Handles },
): PolicyService {
  const { config, isWorkspaceNew, clock, log } = parts
  const toLog: TellPrint = (print) => log.info('rego print', { ...print })
  const { onPrint = toLog } = parts
  const tell: TellPrint = (print) => onPrint({ ...print, message: handles.print(print.message) })
  const toolchain = new Toolchain()
  const options = { log, answerHttpSend: authzHttp(http, clock), isInline: config.command === 'run' }
  return new PolicyService({
    policies: store.policies,
    writer: store.writer,
    toolchain,
    pool: config.isPrintEnabled ? new PrintingPool({ ...options, toolchain, tell }) : new PolicyPool(options),
    policyDir: config.policyDir,
    isWatched: config.command !== 'run',
    cache: openCache(config.cacheDir),
    handles,
    origin: isWorkspaceNew ? 'starter' : config.hasReceiver ? 'workspace' : 'command',
    log,
  })
}

/** Before anything of the chains runs, the screen hears of the alerts. */
function alertTeller({ bus, clock, log }: ServiceParts, chains: ChainService): IntakeDeps['onAlerts'] {
  const news = new AlertNews(bus, clock)
  return (alerts, queued, forms) => {
    const alertIds = alerts.map(({ id }) => id)
    for (const { id, schema, title, namespace } of alerts)
      log.debug('detect alert', { alert_id: id, schema, title, namespace })
    news.add(alerts)
    bus.changed(['alerts', 'chains', 'state'], { alertIds })
    chains.wake(queued, alerts, forms)
  }
}

/** As below: a full disk is said by the state, and the mode of the command line is in force all the same. */
async function recordMode({ config, log }: ServiceParts, mode: ModeSwitch): Promise<void> {
  await mode
    .recordGiven(config.mode)
    .catch((error: unknown) => log.error('The mode given at the start was not stored', { reason: errorMessage(error) }))
}

/** A store that cannot be written must not keep the engine from starting: `desk.state` says the same. */
async function showPolicyProblem({ log }: ServiceParts, store: Store, policy: PolicyService): Promise<void> {
  await keepPolicyProblem(store, 'policy_compile', policy.problem()).catch((error: unknown) =>
    log.error('The problem of the policy folder was not stored', { reason: errorMessage(error) }),
  )
}

/** Says what is wrong with the policies, at once and whenever they or what they ask for change. */
async function watchPolicies(parts: ServiceParts, services: Services): Promise<void> {
  const { store, policy, bus } = services
  await showPolicyProblem(parts, store, policy)
  await showMissingReferences(parts, services)
  policy.onChange(() => {
    void announcePolicy(parts, store, policy)
    void showMissingReferences(parts, services)
  })
  const off = bus.on((topic, payload) => {
    // Variables and secrets are settings.
    if (topic === 'changed' && 'what' in payload && payload.what.includes('settings'))
      void showMissingReferences(parts, services)
  })
  services.unwatch.push(off)
}

async function showMissingReferences({ bus, log }: ServiceParts, services: Services): Promise<void> {
  const { store, policy, environment } = services
  if (await keepMissingReferences(store, policy, environment, log)) bus.changed(['problems', 'state'])
}

async function announcePolicy(parts: ServiceParts, store: Store, policy: PolicyService): Promise<void> {
  await showPolicyProblem(parts, store, policy)
  const { bus } = parts
  const problem = policy.problem()?.[0]
  const live = policy.live()
  bus.changed(['problems', 'state'])
  if (problem !== undefined) bus.news('policy', `The policy folder is not live: ${problem.message}`)
  else if (live !== null) bus.news('policy', `Policy v${live.number} is live.`)
}

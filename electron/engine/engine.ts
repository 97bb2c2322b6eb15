import type { Answer, CallName, Contract } from '../../shared/contract.ts'
import { errorCode, errorMessage, TocsinError } from '../../shared/errors.ts'
import type { z } from 'zod'
import { Bus, type TopicListener } from './news/bus.ts'
import { ANALYST } from './chain/chain-deps.ts'
import type { EngineConfig } from './ports/config.ts'
import { NO_RECEIVER, type DeskContext, type Handlers } from './desk/context.ts'
import type { RecoveryContext } from './desk/recovery.ts'
import { sharedOnTheWay } from './files/open-folder.ts'
import { failureAnswer } from './threads/failure-answer.ts'
import { thisMachine, type Machine } from './limits/own-machine.ts'
import { openLog, type OpenLog } from './log/log.ts'
import type { Clock, Ids, SecretPort } from './ports/ports.ts'
import { processSecrets } from './secrets/env.ts'
import type { TellPrint } from './policy/policy-prints.ts'
import { Redactor } from './secrets/redact.ts'
import { startServices, stopServices, type ServiceParts, type Services } from './services.ts'
import { fillWorkspace } from './starter/starter.ts'
import { prepareRestore, replaceDatabase } from './store/backup.ts'
import { dataPaths } from './store/data-folder.ts'
import { systemClock, systemIds } from './ports/system-ports.ts'
import type { EngineStarted } from './threads/thread-protocol.ts'

/** What an engine that lives on has more than one that runs a command (`desk-parts.ts`). */
export interface DeskParts {
  openReception: NonNullable<ServiceParts['openReception']>
  handlers: (context: DeskContext) => Handlers<CallName>
  recovery: (context: RecoveryContext) => Partial<Handlers<CallName>>
}

export interface EngineParts {
  /** Main's vault. */
  secrets: SecretPort
  /** Without it nothing is received and no call is answered. */
  desk?: DeskParts
  clock?: Clock
  ids?: Ids
  /** What is protected as the desk's own; this machine unless told. */
  machine?: () => Machine
  /** Takes what policies print; without it the log does. */
  onPrint?: TellPrint
}

/** With these the file is left as it is and only what helps is answered. */
const RECOVERABLE = new Set(['store_corrupt', 'store_future'])

/** The whole product without a screen: built from one configuration, started and stopped in order. */
export class Engine {
  readonly #config: EngineConfig
  readonly #secrets: SecretPort
  readonly #clock: Clock
  readonly #ids: Ids
  readonly #machine: () => Machine
  readonly #onPrint: TellPrint | undefined
  readonly #desk: DeskParts | undefined
  readonly #redactor: Redactor
  readonly #bus: Bus
  #log: OpenLog | null = null
  #services: Services | null = null
  #handlers: Partial<Handlers<CallName>> = {}
  #failure: TocsinError | null = null

  constructor(config: EngineConfig, parts: EngineParts) {
    this.#config = config
    this.#secrets = parts.secrets
    this.#redactor = new Redactor(processSecrets(config.env))
    this.#clock = parts.clock ?? systemClock
    this.#ids = parts.ids ?? systemIds
    this.#machine = parts.machine ?? thisMachine
    this.#onPrint = parts.onPrint
    this.#desk = parts.desk
    this.#bus = new Bus(this.#clock)
  }

  /**
   * Starts everything. A damaged or newer database starts the engine in recovery: nothing is received, and only the state,
   * export and restore are answered.
   * @throws TocsinError `store_locked`, `store_unreadable`, `store_full`, `log_unwritable`, `start_failed`
   */
  async start(): Promise<EngineStarted> {
    this.#log ??= openLog(this.#config.log, (line) => this.#redactor.text(line))
    const { command, version, starterDir, policyDir, isPrintEnabled } = this.#config
    this.#log.info(`starting tocsin with ${command} mode`, { version, policyDir, dataDir: this.#config.dataDir })
    if (isPrintEnabled) this.#log.info('enable print mode')
    try {
      const isWorkspaceNew = starterDir !== null && fillWorkspace(policyDir, starterDir)
      if (isWorkspaceNew) {
        this.#log.info('The workspace was filled with the starter policies', { policyDir })
      }
      const shared = await sharedOnTheWay(this.#config.dataDir ?? policyDir)
      if (shared !== null)
        this.#log.warn('The data folder should lie where nobody else can replace it', { reason: shared })
      await this.#open(this.#log, isWorkspaceNew)
      return this.#started()
    } catch (error) {
      const failure = startFailure(error)
      this.#log.error('Tocsin could not start', { code: failure.code, reason: failure.message })
      await this.stop()
      throw failure
    }
  }

  /** Takes nothing more, finishes what was acknowledged, closes the database. */
  async stop(): Promise<void> {
    await this.#close()
    this.#bus.flush()
    this.#log?.close()
    this.#log = null
  }

  /** Answers a call whose argument the router has checked. Never throws. */
  async call(name: CallName, arg: unknown): Promise<Answer<unknown>> {
    // The router parsed `arg` by the schema of this very name.
    const handler = this.#handlers[name] as ((arg: z.output<Contract[CallName]['arg']>) => unknown) | undefined
    if (handler === undefined) return failureAnswer(this.#unavailable())
    try {
      return { ok: true, value: await handler(arg as z.output<Contract[CallName]['arg']>) }
    } catch (error) {
      if (!(error instanceof TocsinError)) {
        this.#log?.error('A call failed', { name, code: errorCode(error), reason: errorMessage(error) })
      }
      return failureAnswer(error)
    }
  }

  /** The machine woke up. @param sleptMs how long it slept */
  wokeUp(sleptMs: number): void {
    this.#services?.chains.wokeUp(sleptMs)
    this.#services?.reports?.lookAgain()
  }

  /** @returns a function that ends the subscription */
  onTopic(listener: TopicListener): () => void {
    return this.#bus.on(listener)
  }

  /**
   * What runs, for commands that use the engine in their own process.
   * @throws TocsinError why there is nothing
   */
  services(): Services {
    if (this.#services === null) throw this.#unavailable()
    return this.#services
  }

  async #open(log: OpenLog, isWorkspaceNew = false): Promise<void> {
    const parts = { config: this.#config, secrets: this.#secrets, clock: this.#clock, machine: this.#machine }
    try {
      this.#failure = null
      const own = { isWorkspaceNew, redactor: this.#redactor, bus: this.#bus, ids: this.#ids, log, ...this.#given() }
      const services = await startServices({ ...parts, ...own })
      this.#services = services
      this.#handlers =
        this.#desk?.handlers({
          ...services,
          applySettings: () => applySettings(services),
          restore: (backup) => this.#restore(backup),
        }) ?? {}
    } catch (error) {
      if (!(error instanceof TocsinError) || !RECOVERABLE.has(error.code) || this.#config.dataDir === null) throw error
      log.error('The database cannot be used', { code: error.code, reason: error.message })
      this.#failure = error
      const context = { ...parts, failure: error, restore: (backup: string) => this.#restore(backup) }
      this.#handlers = this.#desk?.recovery(context) ?? {}
    }
  }

  #given(): Pick<ServiceParts, 'onPrint' | 'openReception'> {
    return {
      ...(this.#onPrint ? { onPrint: this.#onPrint } : {}),
      ...(this.#desk ? { openReception: this.#desk.openReception } : {}),
    }
  }

  async #close(): Promise<void> {
    const services = this.#services
    this.#services = null
    this.#handlers = {}
    if (services !== null) await stopServices(services)
  }

  async #restore(backup: string): Promise<void> {
    const { dataDir } = this.#config
    const log = this.#log
    if (dataDir === null || log === null) throw this.#unavailable()
    const paths = dataPaths(dataDir)
    const replacement = await prepareRestore(paths, backup, this.#clock.now())
    await this.#noteRestore(backup, replacement.kept)
    await this.#close()
    try {
      replaceDatabase(paths, replacement)
      log.warn('A backup was restored', { backup })
    } finally {
      await this.#open(log)
      this.#bus.changed(['alerts', 'events', 'approvals', 'chains', 'problems', 'containments', 'settings', 'state'])
    }
  }

  /** The replaced database says by what it was replaced, where it can still be written. */
  async #noteRestore(backup: string, kept: string): Promise<void> {
    const store = this.#services?.store
    const act = { by: ANALYST, kind: 'store.restore', subjectKind: 'store', subjectId: backup, after: { kept } }
    await store?.writer
      .commit('restore', (tx) => tx.act(act))
      .catch((error: unknown) => this.#log?.warn('The restore could not be noted', { reason: errorMessage(error) }))
  }

  #started(): EngineStarted {
    const services = this.#services
    return {
      receiver: services?.receiver?.state() ?? NO_RECEIVER,
      failure: this.#failure === null ? null : failureAnswer(this.#failure).error,
      doubt: services?.store.generations.doubt()?.message ?? null,
      isPolicyLive: services !== null && services.policy.live() !== null,
      policyProblem: services?.policy.problem() ?? null,
    }
  }

  #unavailable(): TocsinError {
    return this.#failure ?? new TocsinError('engine_not_running', 'The engine is not running: try again in a moment.')
  }
}

/** What somebody reads who started it: a word of the file system names the file, and is better than a look into the log. */
function startFailure(error: unknown): TocsinError {
  if (error instanceof TocsinError) return error
  return new TocsinError('start_failed', `Tocsin could not start: ${errorMessage(error)}`, { cause: error })
}

/** An address that changed means listening anew; everything else is read at each use. */
async function applySettings({ receiver, store, config }: Services): Promise<void> {
  const address = store.settings.get('receiver.address')
  const isFromSetting = config.address === null
  if (receiver !== null && isFromSetting && receiver.state().address !== address) await receiver.retry(address)
}

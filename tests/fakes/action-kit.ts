import { createActions, type ActionsParts } from '../../electron/engine/actions/create-actions.ts'
import type { ActionPort, ActionSubject, Intent, RunOutcome } from '../../electron/engine/actions/action-port.ts'
import type { LookupPort } from '../../electron/engine/actions/lookup.ts'
import { HttpPort } from '../../electron/engine/http/http-port.ts'
import type { Clock, Log, SecretPort } from '../../electron/engine/ports/ports.ts'
import { Environment } from '../../electron/engine/secrets/env.ts'
import { Handles } from '../../electron/engine/secrets/handles.ts'
import { Redactor } from '../../electron/engine/secrets/redact.ts'
import { systemClock } from '../../electron/engine/ports/system-ports.ts'
import { TocsinError } from '../../shared/errors.ts'
import type { JsonObject, JsonValue } from '../../shared/model/json.ts'

const HANDLE_KEY = Buffer.alloc(32, 7)

/** The alert of `golden/actions.txt`. */
export const GOLDEN_ALERT: JsonObject = {
  id: '11111111-1111-4111-8111-111111111111',
  schema: 'sch',
  created_at: '2024-01-02T03:04:05.678Z',
  title: 'My Title',
  description: 'My Desc',
  source: 'src',
  namespace: '',
  attrs: [],
  refs: [],
  data: { k: 'v' },
  raw: '{\n  "k": "v"\n}\n',
}

export function secretsOf(values: Record<string, string>, hosts: Record<string, string[]> = {}): SecretPort {
  return {
    list: () =>
      Promise.resolve(
        Object.keys(values).map((name) => ({ name, hosts: hosts[name] ?? [], updatedAt: 0, isReadable: true })),
      ),
    reveal: async (name) => {
      const value = values[name]
      if (value === undefined) throw new TocsinError('secret_missing', `There is no secret named ${name}.`)
      return value
    },
    set: () => Promise.resolve(),
    remove: () => Promise.resolve(),
    handleKey: () => Promise.resolve(HANDLE_KEY),
    generations: () => Promise.resolve([]),
    keepGeneration: () => Promise.resolve(),
    backend: () => Promise.resolve({ backend: 'test', isWeak: false, message: '' }),
  }
}

export interface ActionKit {
  actions: ActionPort & LookupPort
  handles: Handles
  redactor: Redactor
  /** Every line of the log, as text. */
  logged: string[]
  /** Proposes, plans and runs one action as a chain does. */
  run(
    uses: string,
    args: JsonObject,
    more?: { key?: string; alert?: JsonObject; signal?: AbortSignal },
  ): Promise<RunOutcome>
  intent(uses: string, args: JsonObject, key?: string): Promise<Intent>
  close(): Promise<void>
}

/** For actions whose waits are longer than the kit cuts by itself: none waits, and time-outs stay. */
export const noWaits: Clock = {
  ...systemClock,
  after: (delayMs, callback) => systemClock.after(delayMs < 30_000 ? 0 : delayMs, callback),
}

/** The real registry over real parts, with loopback allowed and the retry waits cut to nothing. */
export function actionKit(
  options: Partial<ActionsParts> & {
    secrets?: SecretPort
    roots?: string[]
    urls?: Record<string, string>
    allow?: string[]
    trusted?: Record<string, string>
    handleKey?: Uint8Array
  } = {},
): ActionKit {
  const handles = new Handles(options.handleKey ?? HANDLE_KEY)
  const redactor = new Redactor()
  const logged: string[] = []
  const note = (message: string, fields?: Record<string, JsonValue>): void => {
    logged.push(`${message} ${JSON.stringify(fields ?? {})}`)
  }
  const log: Log = { debug: note, info: note, warn: note, error: note }
  const net = { 'net.allow': options.allow ?? ['127.0.0.1'], 'net.proxy': '', 'net.caFile': '' }
  const http = new HttpPort({ settings: () => net, env: {}, clock: systemClock })
  const environment = new Environment({
    secrets: options.secrets ?? secretsOf({}),
    handles,
    redactor,
    processEnv: {},
    settings: () => ({ 'env.variables': {}, 'env.process': [] }),
    log,
  })
  const actions = createActions({
    http,
    environment,
    handles,
    redactor,
    settings: () => ({
      'quarantine.roots': options.roots ?? [],
      'service.urls': options.urls ?? {},
      'scripts.trusted': options.trusted ?? {},
    }),
    env: {},
    dataDir: null,
    policyDir: '/nowhere/policies',
    knownValues: () => Promise.resolve({ alerts: null, reports: { count: 0, isMore: false, grades: {}, newest: [] } }),
    appDir: '/nowhere/app',
    declaredIn: () => null,
    clock: { ...systemClock, after: (delayMs, callback) => systemClock.after(delayMs < 5000 ? 0 : delayMs, callback) },
    log,
    ...options,
  })
  const intent = async (uses: string, args: JsonObject, key = 'run-1/0/0'): Promise<Intent> => ({
    key,
    uses,
    args,
    plan: await actions.plan(uses, args, subjectOf(GOLDEN_ALERT)),
  })
  return {
    actions,
    handles,
    redactor,
    logged,
    intent,
    async run(uses, args, more = {}) {
      const { key, alert = GOLDEN_ALERT, signal = new AbortController().signal } = more
      return actions.run(await intent(uses, args, key), subjectOf(alert), signal)
    },
    close: () => http.close(),
  }
}

export function subjectOf(alert: JsonObject): ActionSubject {
  return { alertId: 'alert-1', alert, chainId: 'chain-1' }
}

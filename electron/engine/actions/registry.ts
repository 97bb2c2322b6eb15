import { errorCode, errorMessage, TocsinError } from '../../../shared/errors.ts'
import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import type { Inspected } from '../../../shared/model/report.ts'
import type { Failure } from '../../../shared/model/views.ts'
import type { HttpFailure } from '../http/http-failure.ts'
import type { Clock, Log } from '../ports/ports.ts'
import type { Environment } from '../secrets/env.ts'
import type { Handles } from '../secrets/handles.ts'
import type { Redactor } from '../secrets/redact.ts'
import { writtenOutSecrets } from '../secrets/written-out.ts'
import {
  Accepted,
  UnknownOutcome,
  type Action,
  type Inverse,
  type PreparedAction,
  type ReadContext,
  type Reading,
  type RunContext,
} from './action-definition.ts'
import type {
  ActionFacts,
  ActionPlan,
  ActionPort,
  ActionSubject,
  Confirmation,
  Done,
  Intent,
  ProbeOutcome,
  RunOutcome,
  Verification,
} from './action-port.ts'
import type { Lookup, LookupPort } from './lookup.ts'
import type { OwnActions } from './own/own-actions.ts'
import { isRepeatSafe, isUnknown, repeat } from './repeat.ts'

export interface RegistryParts {
  environment: Environment
  handles: Handles
  redactor: Redactor
  clock: Clock
  log: Log
  /** What the workspace declares; without it there are the given actions alone. */
  own?: Pick<OwnActions, 'find'>
}

/** Of an error page, what a person needs to recognise it. */
const MAX_MESSAGE = 500

/** Waits between tries of reading a target for its plan: a person may be waiting for the card. */
const READ_DELAYS_MS = [500, 2000]

/** How long an answer stands for other reports, where the action does not say. */
const KEEP_MS = 600_000

/** One attempt with its secrets in place. */
interface Ready {
  action: Action
  prepared: PreparedAction
  context: RunContext
}

interface Revealed {
  args: JsonObject
  secrets: { name: string; hosts: readonly string[] }[]
}

/** The actions of this install. Secrets enter here at the last moment, and nothing leaves that still holds one. */
export class ActionRegistry implements ActionPort, LookupPort {
  readonly #actions = new Map<string, Action>()
  /** Names of actions that others name as their undo. */
  readonly #undos: ReadonlySet<string>
  readonly #parts: RegistryParts

  constructor(parts: RegistryParts, actions: readonly Action[]) {
    this.#parts = parts
    this.#undos = new Set(actions.flatMap(({ definition: { undo } }) => (undo === null ? [] : [undo.uses])))
    for (const action of actions) {
      for (const name of [action.definition.uses, ...(action.definition.aliases ?? [])]) this.#actions.set(name, action)
    }
  }

  describe(uses: string, args: JsonValue, policyVersionId?: string): ActionFacts | null {
    const action = this.#find(uses, policyVersionId)
    if (action === undefined) return null
    this.#checkHandles(action, args)
    const prepared = action.prepare(args)
    const { definition } = action
    return {
      uses: definition.uses,
      effect: prepared.effect,
      title: this.#print(prepared.title),
      target: this.#print(prepared.target),
      targetKey: prepared.targetKey,
      targets: prepared.targets,
      names: prepared.names(null).map((name) => this.#print(name)),
      effectSentence: this.#print(prepared.effectSentence),
      isIdempotent: prepared.isIdempotent,
      canProbe: prepared.probe !== null,
      canVerify: prepared.verify !== null,
      canPreview: true,
      isIrreversible: definition.irreversible === true,
      isWayBack: definition.undo === null && this.#undos.has(definition.uses),
      expiry: prepared.expiry,
      mustAsk: prepared.mustAsk,
      undo: definition.undo,
      secretArgs: [...definition.secretArgs],
      lockedArgs: [...definition.lockedArgs],
      argsSchema: action.argsSchema,
    }
  }

  async plan(uses: string, args: JsonObject, subject: ActionSubject): Promise<ActionPlan> {
    const action = this.#action(uses, subject.policyVersionId)
    this.#checkHandles(action, args)
    const reading = action.definition.read === undefined ? null : await this.#read(action, args)
    const prepared = action.prepare(args)
    const plan = await prepared.plan(this.#withoutHandles(subject), reading)
    const rows = plan.rows.map(({ key, value }) => ({ key, value: this.#print(value) }))
    if (reading === null) return { ...plan, rows }
    return { ...plan, rows, names: prepared.names(reading).map((name) => this.#print(name)) }
  }

  /** What the target is at present. Reading changes nothing, so that it is tried again as the action itself would be. */
  async #read(action: Action, args: JsonObject): Promise<Reading | null> {
    try {
      const { prepared, context } = await this.#open(action, args, new AbortController().signal)
      const { read } = prepared
      if (read === null) return null
      const rule = {
        delaysMs: READ_DELAYS_MS,
        isSafe: (error: unknown): error is HttpFailure => isRepeatSafe(error, true),
      }
      // What is cleaned keeps its form.
      return this.#clean(await repeat(() => read(context), rule, context)) as Reading
    } catch (error) {
      const { code, message } = this.#failure(error)
      throw new TocsinError(code, message)
    }
  }

  async run(intent: Intent, subject: ActionSubject, signal: AbortSignal): Promise<RunOutcome> {
    const outcome = await this.#attempt(intent, subject, signal)
    const error = outcome.outcome === 'succeeded' ? null : outcome.error.code
    const about = { alert_id: subject.alertId, uses: intent.uses, key: intent.key }
    this.#parts.log.info('action ran', { ...about, outcome: outcome.outcome, error })
    return outcome
  }

  async probe(intent: Intent, subject: ActionSubject, signal: AbortSignal): Promise<ProbeOutcome> {
    try {
      const { action, prepared, context } = await this.#prepare(intent, subject, signal)
      if (prepared.probe === null) {
        return {
          state: 'unknown',
          message: `${action.definition.uses} cannot say whether it was done: look at the remote.`,
        }
      }
      const outcome = await prepared.probe(intent, context)
      switch (outcome.state) {
        case 'done':
          return { ...outcome, result: this.#clean(outcome.result) }
        case 'accepted':
          return { ...outcome, accepted: this.#clean(outcome.accepted), error: this.#told(outcome.error) }
        case 'unknown':
          return { ...outcome, message: this.#message(outcome.message) }
        case 'not_done':
          return outcome
      }
    } catch (error) {
      return { state: 'unknown', message: this.#failure(error).message }
    }
  }

  async confirm(
    intent: Intent,
    accepted: JsonValue,
    subject: ActionSubject,
    signal: AbortSignal,
  ): Promise<Confirmation> {
    try {
      const { prepared, context } = await this.#prepare(intent, subject, signal)
      if (prepared.confirm === null) throw new Error(`${intent.uses} cannot be confirmed`)
      const found = await prepared.confirm(accepted, context)
      switch (found.state) {
        case 'confirmed':
          return { ...found, result: this.#clean(found.result) }
        case 'pending':
          return { ...found, message: this.#message(found.message) }
        case 'failed':
          return { ...found, error: this.#told(found.error) }
      }
    } catch (error) {
      return { state: 'pending', isComing: false, message: this.#failure(error).message }
    }
  }

  async verify({ uses, args, result, policyVersionId }: Done, signal: AbortSignal): Promise<Verification> {
    try {
      const { prepared, context } = await this.#open(this.#action(uses, policyVersionId), args, signal)
      if (prepared.verify === null) throw new Error(`${uses} cannot read its target again`)
      const found = await prepared.verify(result, context)
      if (found.state !== 'drifted') return found
      return { ...found, differences: found.differences.map((difference) => this.#message(difference)) }
    } catch (error) {
      return { state: 'unreadable', message: this.#failure(error).message }
    }
  }

  isPartly(uses: string, args: JsonObject, { planned, present }: { planned: JsonValue; present: JsonValue }): boolean {
    return this.#find(uses)?.prepare(args).isPartly(planned, present) ?? false
  }

  inverse(uses: string, args: JsonObject, result: JsonValue, policyVersionId?: string): Inverse | null {
    const action = this.#find(uses, policyVersionId)
    return action === undefined ? null : action.prepare(args).inverse(result)
  }

  lookup(uses: string): Pick<Lookup<never>, 'keepMs' | 'rate'> | null {
    const action = this.#find(uses)
    if (action === undefined) return null
    return action.definition.lookup ?? { keepMs: KEEP_MS, rate: null }
  }

  inspected(uses: string, args: JsonObject, result: JsonValue): Inspected {
    return this.#action(uses).prepare(args).inspected(result)
  }

  async #attempt(intent: Intent, subject: ActionSubject, signal: AbortSignal): Promise<RunOutcome> {
    let ready: Ready | null = null
    try {
      ready = await this.#prepare(intent, subject, signal)
      const { action, prepared, context } = ready
      const isSafe = (error: unknown): error is HttpFailure => isRepeatSafe(error, prepared.isIdempotent)
      const rule = { delaysMs: action.definition.retryDelaysMs, isSafe }
      return this.#ran(await repeat(() => prepared.run(context), rule, context))
    } catch (error) {
      const failure = this.#failure(error)
      const isOpen = isUnknown(error, ready?.prepared.isIdempotent === true)
      // A defect or a full disk may strike after the effect as well: then the action itself knows best.
      if (ready !== null && (isOpen || !(error instanceof TocsinError)))
        return await this.#askProbe(ready, failure, isOpen)
      return { outcome: error instanceof UnknownOutcome ? 'unknown' : 'failed', error: failure }
    }
  }

  async #askProbe({ prepared, context }: Ready, error: Failure, isOpen: boolean): Promise<RunOutcome> {
    if (!isOpen) this.#parts.log.error('action threw', { uses: context.intent.uses, message: error.message })
    try {
      const found = await prepared.probe?.(context.intent, context)
      if (found?.state === 'done') return this.#ran(found.result)
      if (found?.state === 'accepted') return this.#ran(new Accepted(found))
      if (found?.state === 'not_done') return { outcome: 'failed', error }
      return { outcome: isOpen || found !== undefined ? 'unknown' : 'failed', error }
    } catch {
      return { outcome: 'unknown', error }
    }
  }

  #ran(result: JsonValue | Accepted): RunOutcome {
    if (!(result instanceof Accepted)) return { outcome: 'succeeded', result: this.#clean(result) }
    const { accepted, isTaken, error } = result.acceptance
    return { outcome: 'accepted', accepted: this.#clean(accepted), isTaken, error: this.#told(error) }
  }

  /** A result goes into policies, the database and exports: it holds neither a secret nor what stands for one. */
  #clean(result: JsonValue): JsonValue {
    const { redactor, handles } = this.#parts
    return handles.brokenValue(redactor.json(result))
  }

  /** What an action writes of its alert goes to others, who must not learn what stands for a secret. */
  #withoutHandles(subject: ActionSubject): ActionSubject {
    const { handles } = this.#parts
    let alert: JsonObject | undefined
    return {
      alertId: subject.alertId,
      chainId: subject.chainId,
      // Many actions never look at it.
      get alert() {
        return (alert ??= handles.brokenValue(subject.alert))
      },
    }
  }

  async #wait(delayMs: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const wake = (): void => resolve()
    signal.addEventListener('abort', wake)
    const cancel = this.#parts.clock.after(delayMs, wake)
    await promise
    cancel()
    signal.removeEventListener('abort', wake)
  }

  async #prepare(intent: Intent, subject: ActionSubject, signal: AbortSignal): Promise<Ready> {
    const action = this.#action(intent.uses, subject.policyVersionId)
    this.#checkHandles(action, intent.args)
    const { prepared, context } = await this.#open(action, intent.args, signal)
    return { action, prepared, context: { ...context, intent, subject: this.#withoutHandles(subject) } }
  }

  /** One action with its secrets in place, and its time-out begun. */
  async #open(
    action: Action,
    given: JsonObject,
    signal: AbortSignal,
  ): Promise<{ prepared: PreparedAction; context: ReadContext }> {
    const deadline = this.#parts.clock.now() + action.definition.timeoutMs
    const { args, secrets } = await this.#reveal(action, given)
    const remainingMs = (): number => Math.max(1, deadline - this.#parts.clock.now())
    const check = (): void => {
      if (signal.aborted) throw new TocsinError('stopped', 'The action was stopped.')
      if (this.#parts.clock.now() >= deadline) {
        throw new TocsinError('timed_out', `It was not done within ${action.definition.timeoutMs / 1000} s.`)
      }
    }
    const wait = async (delayMs: number): Promise<void> => {
      check()
      await this.#wait(delayMs, signal)
      check()
    }
    check()
    const protect = (secret: string): void => this.#parts.redactor.add(secret)
    return { prepared: action.prepare(args), context: { secrets, signal, remainingMs, check, wait, protect } }
  }

  /** Own actions have no built-in's name: declarations that take one are refused. */
  #find(uses: string, policyVersionId?: string): Action | undefined {
    return this.#actions.get(uses) ?? this.#parts.own?.find(uses, policyVersionId ?? null)
  }

  #action(uses: string, policyVersionId?: string): Action {
    const action = this.#find(uses, policyVersionId)
    if (action !== undefined) return action
    throw new TocsinError(
      'action_not_found',
      `There is no action named "${uses}": \`tocsin actions\` lists those there are.`,
    )
  }

  /** A handle stands only in values of arguments whose schema takes a secret; never in a name inside them. */
  #checkHandles(action: Action, args: JsonValue): void {
    const { secretArgs, uses } = action.definition
    const isObject = typeof args === 'object' && args !== null && !Array.isArray(args)
    for (const [arg, value] of isObject ? Object.entries(args) : [['the arguments', args] as const]) {
      const rest = secretArgs.includes(arg) ? this.#parts.handles.replace(value, () => '') : value
      const [name] = this.#parts.handles.find([arg, rest])
      if (name === undefined) continue
      const places = secretArgs.length === 0 ? 'it takes none' : `it takes them in ${secretArgs.join(', ')}`
      throw new TocsinError(
        'secret_not_allowed',
        `${uses}: the secret ${name} may not stand in ${this.#print(arg)}; ${places}.`,
      )
    }
  }

  async #reveal(action: Action, args: JsonObject): Promise<Revealed> {
    const { environment, handles, redactor } = this.#parts
    const taking = Object.fromEntries(
      Object.entries(args).filter(([arg]) => action.definition.secretArgs.includes(arg)),
    )
    const revealed = await Promise.all(handles.find(taking).map((name) => environment.reveal(name)))
    const values = new Map(revealed.map(({ name, value }) => [name, value]))
    // `find` named every handle that `replace` meets.
    const full = handles.replace(taking, (name) => values.get(name) ?? '') as JsonObject
    // Secrets that a policy wrote out instead of naming them: redacted all the same.
    for (const literal of writtenOutSecrets(full)) redactor.add(literal)
    return { args: { ...args, ...full }, secrets: revealed.map(({ name, hosts }) => ({ name, hosts })) }
  }

  #failure(error: unknown): Failure {
    return { code: errorCode(error), message: this.#message(errorMessage(error)) }
  }

  #told({ code, message }: Failure): Failure {
    return { code, message: this.#message(message) }
  }

  #message(message: string): string {
    const { redactor, handles } = this.#parts
    // Shortened last: half a secret is not recognised.
    const text = handles.print(redactor.text(message)).replace(/\s+/g, ' ').trim()
    return text.length > MAX_MESSAGE ? `${text.slice(0, MAX_MESSAGE)}…` : text
  }

  #print(text: string): string {
    return this.#parts.handles.print(text)
  }
}

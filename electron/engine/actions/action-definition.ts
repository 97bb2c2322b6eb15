import { z } from 'zod'
import { TocsinError } from '../../../shared/errors.ts'
import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import type { Inspected } from '../../../shared/model/report.ts'
import type { Effect } from '../../../shared/model/states.ts'
import type {
  Acceptance,
  ActionPlan,
  ActionSubject,
  Confirmation,
  Expiry,
  Intent,
  ProbeOutcome,
  Verification,
} from './action-port.ts'
import type { Lookup } from './lookup.ts'
import { changedNothing } from './prior-state.ts'
import { readInspected } from './read-inspected.ts'

/** What one attempt gets beside its arguments. */
export interface RunContext {
  intent: Intent
  subject: ActionSubject
  /** The secrets that were put into the arguments, for the HTTP port's host check. */
  secrets: readonly { name: string; hosts: readonly string[] }[]
  /** Aborted when the analyst stops the chain. */
  signal: AbortSignal
  /** What is left of the action's time-out. */
  remainingMs: () => number
  /** Throws TocsinError `stopped` or `timed_out` when the work should end; for loops that wait for nothing. */
  check: () => void
  /** Waits so many milliseconds. Throws like `check`, before and after. */
  wait: (delayMs: number) => Promise<void>
  /** Takes a secret that came up on the way (an access token) out of results, errors and the log. */
  protect: (secret: string) => void
}

/** What reading a target gets: there is no intent yet. */
export type ReadContext = Omit<RunContext, 'intent' | 'subject'>

/** What a target is at present. */
export type Reading = {
  /** The service's own name of the target, which no later look-up can lead elsewhere. */
  id: string
  /** What is compared: the plan's with the one when it runs, the one that was left with the one before an undo. */
  state: JsonObject
  /** What else a person wants to know of it. */
  rows: ActionPlan['rows']
}

/** The inverse of an action as a policy would write it. */
export interface Inverse {
  uses: string
  args: JsonObject
}

/** One action. All functions get validated arguments; handles are resolved in `run` only. */
export interface ActionDefinition<Args> {
  uses: string
  /** Older names of the same action. */
  aliases?: readonly string[]
  args: z.ZodType<Args>
  /** Arguments that take a secret. In all others a handle is refused. */
  secretArgs: readonly string[]
  /** Arguments that the analyst may not edit. */
  lockedArgs: readonly string[]
  timeoutMs: number
  /** Waits between tries, while a repeat is safe; empty means one try. */
  retryDelaysMs: readonly number[]
  undo: { uses: string; sentence: string } | null
  /** Why there is no undo, of one that contains and has none. */
  noUndo?: string
  /** Nothing gives back what it takes: it is confirmed by typing its target, and no policy waives that. */
  irreversible?: true
  /** Why nobody can tell after a crash whether it was done, of one that has no probe and may not simply be repeated. */
  noProbe?: string
  /** In words, where effect and idempotency depend on the arguments. */
  depends?: { effect: string; idempotent: string }
  effect(args: Args): Effect
  title(args: Args): string
  target(args: Args): string
  /** What acts on the same target have in common, where that is not `target`; '' where it has none of its own. */
  targetKey?: (args: Args) => string
  /** Each of the targets of one that has several; else it is the one of `targetKey`. */
  targets?: (args: Args) => string[]
  /**
   * The names by which a protected target is known (`limits/protected-targets.ts`), where they are others than the target's
   * and, of one that reads it, its id and rows.
   * @param reading null before it was read
   */
  names?: (args: Args, reading: Reading | null) => string[]
  effectSentence(args: Args): string
  /** Why it waits for the analyst whatever the policy says; null where it need not. */
  mustAsk?: () => string | null
  /** When it ends, of one whose arguments can say. */
  expiry?: (args: Args) => Expiry | null
  /** Whether doing it twice is the same as doing it once. */
  isIdempotent(args: Args): boolean
  /** Reads the target before the plan is made, with secrets in place. */
  read?: (args: Args, context: ReadContext) => Promise<Reading>
  /** @param reading what `read` found; null for an action without it */
  plan(args: Args, subject: ActionSubject, reading: Reading | null): Promise<ActionPlan>
  run(args: Args, context: RunContext): Promise<JsonValue | Accepted>
  /** What has become of what `run` left `Accepted`. */
  confirm?: (args: Args, accepted: JsonValue, context: ReadContext) => Promise<Confirmation>
  /** Whether the target is as a success left it. */
  verify?: (args: Args, result: JsonValue, context: ReadContext) => Promise<Verification>
  probe?: (args: Args, intent: Intent, context: RunContext) => Promise<ProbeOutcome>
  /** Whether all that differs between two bounds is what an earlier attempt has made so. */
  isPartly?: (args: Args, planned: JsonValue, present: JsonValue) => boolean
  inverse?: (args: Args, result: JsonValue) => Inverse | null
  /** Where reports can read more of its result than the bare value. */
  lookup?: Lookup<Args>
}

/** A definition with the type of its arguments closed over, as the registry keeps it. */
export interface Action {
  definition: Omit<ActionDefinition<never>, 'args'>
  argsSchema: JsonValue
  /** Effect and idempotency before there are arguments. */
  declared: { effect: string; idempotent: string }
  /** @throws TocsinError `invalid_args` */
  prepare(args: JsonValue): PreparedAction
}

export interface PreparedAction {
  effect: Effect
  title: string
  target: string
  targetKey: string
  targets: string[]
  names: (reading: Reading | null) => string[]
  effectSentence: string
  mustAsk: string | null
  isIdempotent: boolean
  expiry: Expiry | null
  read: ((context: ReadContext) => Promise<Reading>) | null
  plan(subject: ActionSubject, reading: Reading | null): Promise<ActionPlan>
  run(context: RunContext): Promise<JsonValue | Accepted>
  confirm: ((accepted: JsonValue, context: ReadContext) => Promise<Confirmation>) | null
  verify: ((result: JsonValue, context: ReadContext) => Promise<Verification>) | null
  probe: ((intent: Intent, context: RunContext) => Promise<ProbeOutcome>) | null
  isPartly(planned: JsonValue, present: JsonValue): boolean
  inverse(result: JsonValue): Inverse | null
  /** @throws Error when the answer is in no form that the action knows */
  inspected(result: JsonValue): Inspected
}

/** Nobody can tell whether it took effect: the analyst has to look. */
export class UnknownOutcome extends TocsinError {}

/** It was requested, and the target does not read so yet. */
export class Accepted {
  readonly acceptance: Acceptance

  constructor(acceptance: Acceptance) {
    this.acceptance = acceptance
  }
}

export function defineAction<Args>(definition: ActionDefinition<Args>): Action {
  let argsSchema: JsonValue | undefined
  return {
    definition,
    // JSON Schema is JSON. Made when somebody looks: no command that ends at once does.
    get argsSchema() {
      return (argsSchema ??= z.toJSONSchema(definition.args) as JsonValue)
    },
    get declared() {
      if (definition.depends) return definition.depends
      // Whose effect depends on no argument reads none: `every-verb.test.ts` asks each for it.
      const none = {} as Args
      return { effect: definition.effect(none), idempotent: definition.isIdempotent(none) ? 'yes' : 'no' }
    },
    prepare(input) {
      const args = parseArgs(definition, input)
      const { probe, read, confirm, verify } = definition
      const target = definition.target(args)
      const targetKey = definition.targetKey?.(args) ?? target
      const targets = definition.targets?.(args) ?? [targetKey]
      return {
        effect: definition.effect(args),
        title: definition.title(args),
        target,
        targetKey,
        targets,
        names: (reading) => definition.names?.(args, reading) ?? [target, ...targets, ...namesRead(reading)],
        effectSentence: definition.effectSentence(args),
        mustAsk: definition.mustAsk?.() ?? null,
        isIdempotent: definition.isIdempotent(args),
        expiry: definition.expiry?.(args) ?? null,
        read: read === undefined ? null : (context) => read(args, context),
        plan: (subject, reading) => definition.plan(args, subject, reading),
        run: (context) => definition.run(args, context),
        confirm: confirm === undefined ? null : (accepted, context) => confirm(args, accepted, context),
        verify: verify === undefined ? null : (result, context) => verify(args, result, context),
        probe: probe === undefined ? null : (intent, context) => probe(args, intent, context),
        isPartly: (planned, present) => definition.isPartly?.(args, planned, present) ?? false,
        // What was so already was somebody else's act: there is nothing of ours to take back.
        inverse: (result) => (changedNothing(result) ? null : (definition.inverse?.(args, result) ?? null)),
        inspected: (result) => definition.lookup?.inspected(args, result) ?? readInspected(result),
      }
    },
  }
}

/** What a service calls the target. */
function namesRead(reading: Reading | null): string[] {
  return reading === null ? [] : [reading.id, ...reading.rows.map(({ value }) => value)]
}

function parseArgs<Args>(definition: ActionDefinition<Args>, input: JsonValue): Args {
  const parsed = definition.args.safeParse(input ?? {})
  if (parsed.success) return parsed.data
  const issues = parsed.error.issues.map((issue) => ({ arg: issue.path.join('.'), message: sayIssue(issue) }))
  const sentences = issues.map(({ message }) => message).join('; ')
  throw new TocsinError('invalid_args', `${definition.uses}: ${sentences}.`, { details: { issues } })
}

function sayIssue(issue: z.core.$ZodIssue): string {
  const arg = issue.path.join('.')
  if (issue.code === 'unrecognized_keys') return `there is no argument ${issue.keys.join(', ')}`
  if (issue.code === 'invalid_key') return `${arg} ${issue.issues[0]?.message ?? 'is no valid name'}`
  if (arg === '') return `the arguments are not an object of names and values`
  if (isMissing(issue)) return `${arg} is required`
  return `${arg}: ${issue.message}`
}

function isMissing(issue: z.core.$ZodIssue): boolean {
  if (issue.code === 'invalid_union') return issue.errors.length > 0 && issue.errors.flat().every(isMissing)
  return issue.code === 'invalid_type' && issue.message.endsWith('received undefined')
}

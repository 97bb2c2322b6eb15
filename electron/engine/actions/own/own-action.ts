import type { JsonObject, JsonValue } from '../../../../shared/model/json.ts'
import type { Effect } from '../../../../shared/model/states.ts'
import { canonicalHash, canonicalJson } from '../../forms/canonical.ts'
import { readDuration } from '../../forms/duration.ts'
import {
  defineAction,
  type Action,
  type ActionDefinition,
  type ReadContext,
  type Reading,
  type RunContext,
} from '../action-definition.ts'
import { defineContainment, forArg } from '../containment.ts'
import type { Containment, PlanFacts, ServiceRequest, Standing } from '../containment-model.ts'
import { said } from '../../forms/said.ts'
import { readInspected } from '../read-inspected.ts'
import { argsSchemaOf } from './args-schema.ts'
import { isSecretName, readsTarget, type DeclaredAction } from './declaration.ts'
import { fillObject, fillText } from './template.ts'
import { isUnread, lookingLate } from './unread-target.ts'

/** What a kind of own action does; the rest is the same for all. */
export interface OwnKind<Request extends ServiceRequest> {
  /** What reading the target gives, of a kind that reads it. */
  read(args: JsonObject, context: ReadContext): Promise<Reading>
  request(args: JsonObject): Request
  /** @returns what came of it */
  send(request: Request, args: JsonObject, context: RunContext): Promise<JsonValue>
  /** Whether it was done, asked after a crash; null where nobody can be asked. */
  probe: ((args: JsonObject, context: ReadContext) => Promise<boolean>) | null
  /** What the plan shows, and binds, beside target and request; null: nothing. */
  facts: (() => PlanFacts) | null
  /** The effect in force: the declared one, or a stronger one. */
  effect: () => Effect
  /** Why it waits whatever the policy says; null where it need not. */
  mustAsk: () => string | null
  /** Who is changed, for a person. */
  who: string
}

/** @returns the action that a declaration makes, as the registry keeps built-in ones */
export function ownAction<Request extends ServiceRequest>(declared: DeclaredAction, kind: OwnKind<Request>): Action {
  return readsTarget(declared) ? containing(declared, kind) : plain(declared, kind)
}

function common(
  declared: DeclaredAction,
): Pick<
  ActionDefinition<JsonObject>,
  'uses' | 'secretArgs' | 'lockedArgs' | 'undo' | 'noUndo' | 'title' | 'target' | 'names' | 'effectSentence' | 'inverse'
> {
  const { name, args, undo, no_undo: noUndo } = declared
  const names = Object.keys(args)
  return {
    uses: name,
    secretArgs: names.filter(isSecretName),
    lockedArgs: names.filter((one) => args[one]?.locked === true),
    undo: undo === undefined ? null : { uses: undo.uses, sentence: undo.sentence },
    ...(noUndo === undefined ? {} : { noUndo }),
    title: (given) => fillText(declared.title, given),
    target: (given) => fillText(declared.target, given),
    // Whichever argument leads to it: a protected target is not reached by one that the title leaves out.
    names: (given, reading) => [
      fillText(declared.target, given),
      ...Object.entries(given).flatMap(([one, value]) => (isSecretName(one) ? [] : [value].flat().map(said))),
      ...(reading === null ? [] : [reading.id, ...reading.rows.map(({ value }) => value)]),
    ],
    effectSentence: (given) => fillText(declared.does, given),
    inverse: (given, result) =>
      undo === undefined ? null : { uses: undo.uses, args: inverseArgs(undo, given, result) },
  }
}

function inverseArgs(
  undo: NonNullable<DeclaredAction['undo']>,
  { for: _end, ...given }: JsonObject,
  result: JsonValue,
): JsonObject {
  if (undo.args === undefined) return given
  const before = typeof result === 'object' && result !== null && 'before' in result ? result.before : null
  const states = typeof before === 'object' && before !== null ? Object.entries(before) : []
  return fillObject(undo.args, {
    ...given,
    ...Object.fromEntries(states.map(([name, value]) => [`before.${name}`, value])),
  })
}

function containing<Request extends ServiceRequest>(declared: DeclaredAction, kind: OwnKind<Request>): Action {
  const schema = argsSchemaOf(declared)
  const isEnded = declared.ended_by_target
  const containment: Containment<JsonObject, Request> = {
    ...common(declared),
    args: isEnded ? (schema.extend({ for: forArg }) as unknown as typeof schema) : schema,
    ...(isEnded ? { isEndedByTarget: true } : {}),
    who: kind.who,
    ...(kind.facts === null ? {} : { facts: kind.facts }),
    mustAsk: kind.mustAsk,
    read: (args, context) => kind.read(args, context),
    standing: (state, args) => standingOf(declared, state, args),
    requests: (args) => [kind.request(withSeconds(args))],
    send: async (args, request, context) => void (await kind.send(request, withSeconds(args), context)),
  }
  return lookingLate(defineContainment(containment), kind.mustAsk)
}

/** `for` as a target takes it. */
function withSeconds(args: JsonObject): JsonObject {
  const ms = readDuration(args['for'])
  return ms === null ? args : { ...args, for_seconds: Math.ceil(ms / 1000) }
}

function standingOf({ so = {}, open }: DeclaredAction, state: JsonObject, args: JsonObject): Standing {
  if (isUnread(state)) return { is: 'open' }
  if (matches(fillObject(so, args), state)) return { is: 'so' }
  if (open === undefined || open.some((one) => matches(fillObject(one, args), state))) return { is: 'open' }
  const words = Object.entries(state).map(([name, value]) => `${name} is ${said(value)}`)
  return { is: 'barred', why: `The target is in a state that is not declared as open (${words.join(', ')})` }
}

function matches(wanted: JsonObject, state: JsonObject): boolean {
  return Object.entries(wanted).every(([name, value]) => {
    const present = Object.hasOwn(state, name) ? state[name] : undefined
    return present !== undefined && canonicalJson(present) === canonicalJson(value)
  })
}

const NO_PROBE = 'Its declaration names nobody who could be asked.'

function plain<Request extends ServiceRequest>(declared: DeclaredAction, kind: OwnKind<Request>): Action {
  const { probe } = kind
  const isIdempotent =
    declared.idempotent || (declared.kind === 'http' && ['GET', 'HEAD'].includes(declared.request.method))
  const keepMs = declared.keep_s === undefined ? null : declared.keep_s * 1000
  return defineAction<JsonObject>({
    ...common(declared),
    args: argsSchemaOf(declared),
    timeoutMs: declared.timeout_s * 1000,
    retryDelaysMs: isIdempotent ? [500, 2000] : [],
    ...(probe === null && !isIdempotent ? { noProbe: NO_PROBE } : {}),
    ...(declared.kind === 'script.run' && declared.effect !== 'contain'
      ? {
          depends: {
            effect: `contain until its script is trusted, then ${declared.effect}`,
            idempotent: isIdempotent ? 'yes' : 'no',
          },
        }
      : {}),
    effect: kind.effect,
    mustAsk: kind.mustAsk,
    isIdempotent: () => isIdempotent,
    // What an own action does to its target depends on all that it is given.
    targetKey: (args) => canonicalHash({ uses: declared.name, args }),
    plan(args) {
      const { rows = [], bound = null } = kind.facts?.() ?? {}
      const { call, body } = kind.request(args)
      const shown = body === undefined ? [] : [{ key: 'Body', value: JSON.stringify(body) }]
      return Promise.resolve({ rows: [...rows, { key: 'Request', value: call }, ...shown], bound })
    },
    run: (args, context) => kind.send(kind.request(args), args, context),
    ...(probe === null
      ? {}
      : {
          probe: async (args, _intent, context) =>
            (await probe(args, context)) ? { state: 'done', result: null } : { state: 'not_done' },
        }),
    ...(keepMs === null
      ? {}
      : { lookup: { keepMs, rate: null, inspected: (_args: JsonObject, result: JsonValue) => readInspected(result) } }),
  })
}

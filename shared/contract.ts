import { z } from 'zod'
import { occurrence } from './model/alert.ts'
import { containmentRow } from './model/containment.ts'
import { jsonObject } from './model/json.ts'
import { togetherResult, togetherRow } from './model/together.ts'
import { eventOutcome, responseMode, triageState, verdict } from './model/states.ts'
import {
  alertDetail,
  alertFilter,
  alertRow,
  approvalCard,
  asked,
  chainView,
  deskState,
  eventDetail,
  eventRow,
  facet,
  failure,
  policyVersionView,
  problemRow,
  receiverState,
  waitingRow,
} from './model/views.ts'
import { handshakeKind, refusedRow, sourceRow } from './model/source-views.ts'
import { proveRun } from './model/prove.ts'
import { reportDetail, reportFilter, reportRow, reportSeverity } from './model/report.ts'
import { scriptRow, secretRow, settings } from './model/settings.ts'

/** Public ids are UUIDv7; a length bound keeps hostile callers from sending novels. */
const id = z.string().min(1).max(64)
const reason = z.string().trim().min(1, 'Give a reason').max(2000)
const window = { offset: z.number().int().min(0), limit: z.number().int().min(1).max(200) }

function call<Arg extends z.ZodType, Result extends z.ZodType>(arg: Arg, result: Result): { arg: Arg; result: Result } {
  return { arg, result }
}

const nothing = z.object({}).strict()
/** Actions of one answer: as many as a person can still read. */
export const MOST_TOGETHER = 1000
/** The acts that one call wrote, from the first to the last. */
const actRange = z.object({ first: z.number().int(), last: z.number().int() }).strict()
/** `isYours`: this answer made it so; else somebody was first, and `state` is what they made. */
const settled = z.object({ state: z.string(), isYours: z.boolean() })
/** What of an earlier run is done again, and with `step` from which of its actions on. */
const rerunScope = { id, what: z.enum(['everything', 'step', 'failed']), fromActionId: id.optional() }

/**
 * Every call that the screen may make. Names, types, the preload's list, the router's checks and the fakes of tests all
 * derive from this one literal. Arguments are validated in the trusted process, results in tests.
 */
export const contract = {
  'desk.state': call(nothing, deskState),

  'alerts.page': call(
    z.object({ filter: alertFilter, upToSeq: z.number().int().nullable(), ...window }).strict(),
    z.object({ rows: z.array(alertRow), total: z.number(), newestSeq: z.number() }),
  ),
  'alerts.facets': call(
    z.object({ filter: alertFilter }).strict(),
    z.object({ triage: z.array(facet), severity: z.array(facet), source: z.array(facet) }),
  ),
  'alerts.get': call(z.object({ id }).strict(), alertDetail),
  /** The alerts of one key, newest first. */
  'alerts.occurrences': call(
    z.object({ id, ...window }).strict(),
    z.object({ rows: z.array(occurrence), total: z.number() }),
  ),
  'alerts.triage': call(
    z
      .object({
        ids: z.array(id).min(1).max(500),
        /** `row`: what is open of the alerts of each one's key, up to that one; `alert`: these alone. */
        scope: z.enum(['row', 'alert']),
        state: triageState,
        verdict: verdict.nullable(),
        /** Null: each keeps its own. */
        note: z.string().max(10_000).nullable(),
      })
      .strict(),
    /** `waiting` counts actions of these alerts that wait for the analyst: closing decides none. */
    z.object({ changed: z.number(), waiting: z.number(), acts: actRange.nullable() }),
  ),
  /** Puts back what a triage changed, where nobody has changed it since. */
  'alerts.untriage': call(z.object({ acts: actRange }).strict(), z.object({ changed: z.number(), kept: z.number() })),

  'chains.get': call(z.object({ id }).strict(), chainView),
  'chains.stop': call(z.object({ id, reason }).strict(), settled),
  'chains.rerunPreview': call(
    z.object(rerunScope).strict(),
    z.object({
      effects: z.array(z.object({ actionId: z.string(), name: z.string(), title: z.string(), at: z.number() })),
      currentPolicyNumber: z.number(),
      /** Why it cannot be made: what it would be evaluated from was deleted by age. */
      refusal: failure.nullable(),
    }),
  ),
  'chains.rerun': call(
    z
      .object({
        ...rerunScope,
        policy: z.enum(['same', 'current']),
        isConfirmed: z.boolean(),
      })
      .strict(),
    z.object({ chainId: z.string() }),
  ),
  'attempts.result': call(z.object({ id }).strict(), z.object({ text: z.string() })),

  'approvals.list': call(nothing, z.object({ rows: z.array(waitingRow), total: z.number() })),
  'approvals.get': call(z.object({ actionId: id }).strict(), approvalCard),
  'approvals.approve': call(
    z
      .object({
        actionId: id,
        boundHash: z.string().length(64),
        isStaleConfirmed: z.boolean(),
        editedArgs: jsonObject.nullable(),
        why: z.string().max(2000),
        /** What was typed to confirm what cannot be taken back. */
        typedTarget: z.string().max(10_000).nullable().default(null),
      })
      .strict(),
    settled,
  ),
  'approvals.reject': call(z.object({ actionId: id, boundHash: z.string().length(64), reason }).strict(), settled),
  /** Alike actions as they are now, before they are decided together. */
  'approvals.together': call(
    z.object({ actionIds: z.array(id).min(1).max(MOST_TOGETHER) }).strict(),
    z.object({ rows: z.array(togetherRow) }),
  ),
  'approvals.decide': call(
    z
      .object({
        decision: z.enum(['approve', 'reject']),
        items: z
          .array(z.object({ actionId: id, boundHash: z.string().length(64) }).strict())
          .min(1)
          .max(MOST_TOGETHER),
        reason,
      })
      .strict(),
    z.object({ results: z.array(togetherResult) }),
  ),
  'approvals.explain': call(z.object({ actionId: id }).strict(), z.object({ asked: asked.nullable() })),
  'approvals.plan': call(
    z.object({ actionId: id, args: jsonObject }).strict(),
    /** `boundHash` is what approving these very changes must carry, `confirm` what must be typed for it; '': nothing. */
    z.object({
      plan: z.array(z.object({ key: z.string(), value: z.string() })),
      boundHash: z.string(),
      confirm: z.string(),
    }),
  ),
  'actions.settleUnknown': call(
    z.object({ actionId: id, answer: z.enum(['done', 'not_done', 'again']), reason }).strict(),
    settled,
  ),

  'events.page': call(
    z.object({ outcomes: z.array(eventOutcome), upToSeq: z.number().int().nullable(), ...window }).strict(),
    z.object({ rows: z.array(eventRow), total: z.number(), newestSeq: z.number() }),
  ),
  'events.get': call(z.object({ id }).strict(), eventDetail),

  /** The latest ones; `total` counts all that are open. */
  'problems.list': call(nothing, z.object({ rows: z.array(problemRow), total: z.number() })),
  'problems.reprocess': call(
    z.object({ id }).strict(),
    /** `deleted` counts events that age has taken: they cannot be evaluated. */
    z.object({ processed: z.number(), deleted: z.number(), alerts: z.number(), isResolved: z.boolean() }),
  ),
  'problems.dismiss': call(z.object({ id, reason }).strict(), nothing),

  'containments.list': call(nothing, z.object({ rows: z.array(containmentRow), total: z.number() })),
  'containments.undo': call(
    z.object({ attemptId: id }).strict(),
    z.object({ chainId: z.string(), actionId: z.string() }),
  ),
  /** The analyst's word that it was ended elsewhere: it is listed no more, and nothing runs. */
  'containments.verify': call(z.object({ attemptId: id }).strict(), nothing),
  'containments.lift': call(z.object({ attemptId: id, reason }).strict(), nothing),

  'reports.page': call(
    z.object({ filter: reportFilter, upToSeq: z.number().int().nullable(), ...window }).strict(),
    z.object({ rows: z.array(reportRow), total: z.number(), newestSeq: z.number() }),
  ),
  'reports.get': call(z.object({ id }).strict(), reportDetail),
  /** The analyst's grade: it stands until the analyst gives another, whatever a policy says later. */
  'reports.override': call(z.object({ id, severity: reportSeverity, reason }).strict(), nothing),
  /** Asks the inspect policy again about every attribute; what was found stays. */
  'reports.reinspect': call(z.object({ id }).strict(), z.object({ attributes: z.number() })),
  /** Reviews what there is, without waiting for inspections. */
  'reports.review': call(z.object({ id }).strict(), nothing),
  /** Tries a failed inspection once more. */
  'inspections.retry': call(z.object({ id }).strict(), nothing),

  'policies.version': call(z.object({ id: z.string().min(1).max(64) }).strict(), policyVersionView),

  'scripts.list': call(nothing, z.object({ rows: z.array(scriptRow) })),
  'scripts.trust': call(z.object({ fingerprint: z.hash('sha256') }).strict(), nothing),
  'scripts.withdraw': call(z.object({ fingerprint: z.hash('sha256') }).strict(), nothing),

  'settings.get': call(nothing, settings),
  'settings.set': call(z.object({ changes: settings.partial().strict() }).strict(), settings),
  /** What nothing contains without anybody having listed it, and why. */
  'settings.protected': call(nothing, z.object({ rows: z.array(z.object({ value: z.string(), why: z.string() })) })),
  'mode.set': call(
    z.object({ mode: responseMode, held: z.enum(['run', 'close']).nullable() }).strict(),
    z.object({ mode: responseMode, heldChains: z.number() }),
  ),
  'receiver.retry': call(z.object({ address: z.string().max(64).nullable() }).strict(), receiverState),

  'secrets.list': call(nothing, z.object({ rows: z.array(secretRow) })),
  'secrets.set': call(
    z
      .object({
        name: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/),
        value: z.string().min(8, 'A secret has at least 8 characters').max(65_536),
        hosts: z.array(z.string().max(255)).max(50),
      })
      .strict(),
    nothing,
  ),
  'secrets.remove': call(z.object({ name: z.string().max(128) }).strict(), nothing),

  'sources.list': call(nothing, z.object({ rows: z.array(sourceRow), refused: z.array(refusedRow) })),
  'sources.create': call(
    z.object({ name: z.string().trim().min(1).max(100) }).strict(),
    z.object({ id: z.string(), token: z.string() }),
  ),
  'sources.revoke': call(z.object({ id }).strict(), nothing),
  /** Whether, and in whose form, a source is answered that asks if its events are wanted. */
  'sources.setHandshake': call(z.object({ id, handshake: handshakeKind.nullable() }).strict(), nothing),

  /** Makes the token that reads over HTTP; the one before it ends. */
  'reading.newToken': call(nothing, z.object({ token: z.string() })),

  'sample.send': call(nothing, z.object({ eventId: z.string(), alertId: z.string().nullable(), path: z.string() })),

  'prove.run': call(nothing, proveRun),
  /** Begins a run, unless one is under way. */
  'prove.start': call(nothing, proveRun),
  'prove.cancel': call(nothing, proveRun),
  /** Writes the last report into the data folder, as Markdown and as JSON. */
  'prove.save': call(nothing, z.object({ path: z.string() })),

  'store.verifyAudit': call(
    nothing,
    z.object({ isIntact: z.boolean(), rows: z.number(), firstBadSeq: z.number().nullable(), message: z.string() }),
  ),
  /** Writes number and hash of the trail's last row to a new file outside the data folder. */
  'store.exportHead': call(
    z.object({ path: z.string().trim().min(1, 'Give the path of a file').max(4096) }).strict(),
    z.object({ path: z.string(), seq: z.number() }),
  ),
  'store.export': call(nothing, z.object({ path: z.string() })),
  'store.restore': call(z.object({ backup: z.string().max(255) }).strict(), nothing),
} as const

export type Contract = typeof contract
export type CallName = keyof Contract
export type CallArg<Name extends CallName> = z.input<Contract[Name]['arg']>
export type CallResult<Name extends CallName> = z.output<Contract[Name]['result']>
export const callNames = Object.keys(contract) as CallName[]

/** What the engine tells every window: what changed (so that it asks again), and news for the live region. */
export const topics = {
  changed: z.object({
    what: z.array(
      z.enum([
        'alerts',
        'events',
        'approvals',
        'chains',
        'problems',
        'containments',
        'reports',
        'proof',
        'settings',
        'sources',
        'state',
      ]),
    ),
    alertIds: z.array(z.string()),
    chainIds: z.array(z.string()),
  }),
  news: z.object({
    kind: z.enum(['alert', 'waiting', 'decision', 'containment', 'receiver', 'policy', 'engine']),
    text: z.string(),
    alertId: z.string().nullable(),
    actionId: z.string().nullable(),
  }),
} as const

export type Topic = keyof typeof topics
export type TopicPayload<Name extends Topic> = z.output<(typeof topics)[Name]>

/** What every call answers: errors are values with a code, never thrown across the boundary. */
export type Answer<Value> =
  | { ok: true; value: Value }
  | { ok: false; error: { code: string; message: string; details?: unknown } }

/** `window.desk`: the whole surface that a window sees. */
export interface DeskBridge {
  call<Name extends CallName>(name: Name, arg: CallArg<Name>): Promise<Answer<CallResult<Name>>>
  /** @returns a function that ends the subscription */
  on<Name extends Topic>(topic: Name, listener: (payload: TopicPayload<Name>) => void): () => void
}

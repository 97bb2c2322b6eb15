import { z } from 'zod'
import { alert, attribute, triage } from './alert.ts'
import { jsonValue } from './json.ts'
import {
  actionState,
  chainState,
  effect,
  eventOutcome,
  responseMode,
  severity,
  triageState,
  verdict,
} from './states.ts'

/** A failure as it is stored and shown: `code` is a stable word, `message` says what happened and what to do. */
export const failure = z.object({ code: z.string(), message: z.string() })
export type Failure = z.infer<typeof failure>

/** A place in a policy file; rows and columns count from 1. */
export const diagnostic = z.object({
  code: z.string(),
  message: z.string(),
  file: z.string().optional(),
  row: z.number().optional(),
  col: z.number().optional(),
})
export type DiagnosticView = z.infer<typeof diagnostic>

/** One line of a rule that was evaluated, with the values it saw in words the author used. */
export const litLine = z.object({
  row: z.number(),
  text: z.string(),
  hit: z.enum(['lit', 'unlit', 'cold']),
  values: z.string(),
})

/** Which rule asked for an action (or made an alert), and why: computed by `explain` and stored with it. */
export const asked = z.object({
  rule: z.string(),
  file: z.string(),
  row: z.number(),
  endRow: z.number(),
  sentence: z.string(),
  lines: z.array(litLine),
})
export type Asked = z.infer<typeof asked>

/** One row of the inbox: the alerts of one key. What it shows is of the newest, `severity` and `triage` are of all. */
export const stateCount = z.object({ state: actionState, count: z.number() })
export type StateCount = z.infer<typeof stateCount>

export const alertRow = z.object({
  /** Stays when further alerts of the key come. */
  rowId: z.number(),
  seq: z.number(),
  /** Of the newest alert. */
  id: z.string(),
  createdAt: z.number(),
  title: z.string(),
  source: z.string(),
  schema: z.string(),
  severity,
  observable: z.string(),
  occurrences: z.number(),
  triage: triageState,
  verdict: verdict.nullable(),
  waiting: z.boolean(),
  /** Of the run that answers the alert: how many actions are in which state, the worst first. */
  actions: z.array(stateCount),
  chainState: chainState.nullable(),
})
export type AlertRow = z.infer<typeof alertRow>

export const alertFilter = z.object({
  triage: z.array(triageState).default([]),
  severities: z.array(severity).default([]),
  sources: z.array(z.string()).default([]),
  waitingOnly: z.boolean().default(false),
  text: z.string().max(500).default(''),
})
export type AlertFilter = z.infer<typeof alertFilter>

export const facet = z.object({ value: z.string(), count: z.number() })

export const attemptView = z.object({
  id: z.string(),
  no: z.number(),
  intentAt: z.number(),
  /** Of one that is not confirmed yet: what the last look at its target found. */
  pending: z.string().nullable(),
  outcome: z.enum(['succeeded', 'failed', 'unknown']).nullable(),
  outcomeAt: z.number().nullable(),
  outcomeBy: z.enum(['action', 'confirmation', 'probe', 'analyst', 'restart']).nullable(),
  args: jsonValue,
  plan: jsonValue,
  resultPreview: jsonValue.optional(),
  resultSize: z.number(),
  /** When age took the result; null: it is there, or there never was one. */
  resultDeletedAt: z.number().nullable(),
  isResultTruncated: z.boolean(),
  error: failure.nullable(),
})
export type AttemptView = z.infer<typeof attemptView>

export const commitView = z.object({ key: z.string(), value: jsonValue, persist: z.boolean() })

/** Something that a person or the system decided about an action or a chain; `kind` is the act's. */
export const actView = z.object({
  at: z.number(),
  by: z.string(),
  kind: z.string(),
  reason: z.string(),
  /** Arguments that an approval changed, or what differed when it turned out stale. */
  changes: z.array(z.object({ key: z.string(), before: jsonValue, after: jsonValue })),
  /** Of an answer to an unknown outcome: why nobody knew it. */
  cause: failure.nullable(),
})
export type ActView = z.infer<typeof actView>

export const actionView = z.object({
  id: z.string(),
  policyId: z.string(),
  label: z.string(),
  /** Equal for actions of one `uses` that one rule asked for. */
  alike: z.string(),
  name: z.string(),
  uses: z.string(),
  title: z.string(),
  target: z.string(),
  effect: effect.nullable(),
  isIrreversible: z.boolean(),
  args: jsonValue,
  /** What it would do or would have done; also of a dry-run. */
  plan: z.array(z.object({ key: z.string(), value: z.string() })),
  state: actionState,
  isAbort: z.boolean(),
  isForced: z.boolean(),
  proposedAt: z.number(),
  settledAt: z.number().nullable(),
  error: failure.nullable(),
  commits: z.array(commitView),
  acts: z.array(actView),
  decision: z.object({ outcome: z.string(), by: z.string(), why: z.string(), at: z.number() }).nullable(),
  attempts: z.array(attemptView),
  canBeUndone: z.boolean(),
})
export type ActionView = z.infer<typeof actionView>

export const roundView = z.object({
  no: z.number(),
  startedAt: z.number(),
  finishedAt: z.number().nullable(),
  isAborted: z.boolean(),
  newAttributes: z.number(),
  actions: z.array(actionView),
})
export type RoundView = z.infer<typeof roundView>

export const chainView = z.object({
  id: z.string(),
  alertId: z.string(),
  runNo: z.number(),
  rerunOf: z.string().nullable(),
  trigger: z.enum(['event', 'rerun', 'reprocess', 'undo']),
  state: chainState,
  error: failure.nullable(),
  policyNumber: z.number(),
  policyVersionId: z.string(),
  createdAt: z.number(),
  startedAt: z.number().nullable(),
  finishedAt: z.number().nullable(),
  attrs: z.array(attribute),
  acts: z.array(actView),
  rounds: z.array(roundView),
})
export type ChainView = z.infer<typeof chainView>

export const alertDetail = z.object({
  alert,
  triage,
  eventId: z.string(),
  event: z.object({
    receivedAt: z.number(),
    size: z.number(),
    sha256: z.string(),
    /** When age took its body; null: it is there. */
    deletedAt: z.number().nullable(),
    route: z.string(),
    remote: z.string(),
  }),
  policyNumber: z.number(),
  policyVersionId: z.string(),
  why: asked.nullable(),
  /** The rules that made it: `alert.aws/alert@alert/aws.rego#1`; without a file where no single one can be told. */
  rules: z.array(z.string()),
  /** Its row in the inbox, and the newest alert in it. */
  rowId: z.number(),
  newestId: z.string(),
  occurrences: z.number(),
  firstSeenAt: z.number(),
  prints: z.array(z.string()),
  attrs: z.array(attribute.extend({ addedBy: z.string().nullable() })),
  chains: z.array(z.object({ id: z.string(), runNo: z.number(), state: chainState, trigger: z.string() })),
})
export type AlertDetail = z.infer<typeof alertDetail>

/** One line of *Waiting for you*: an approval, or an attempt whose outcome nobody knows. */
export const waitingRow = z.object({
  actionId: z.string(),
  chainId: z.string(),
  kind: z.enum(['approval', 'unknown']),
  /** As in `actionView`. */
  label: z.string(),
  alike: z.string(),
  policyVersionId: z.string(),
  name: z.string(),
  title: z.string(),
  target: z.string(),
  uses: z.string(),
  effect,
  isIrreversible: z.boolean(),
  /** Of a chain about a report: the last alert of it, and the report. */
  alertId: z.string(),
  reportId: z.string().nullable(),
  alertTitle: z.string(),
  severity,
  sentence: z.string(),
  place: z.string(),
  createdAt: z.number(),
  expiresAt: z.number().nullable(),
  isStale: z.boolean(),
})
export type WaitingRow = z.infer<typeof waitingRow>

export const difference = z.object({ what: z.string(), before: z.string(), after: z.string() })

/** Everything that an approval is about. Secrets show as ‹NAME›. */
export const approvalCard = z.object({
  actionId: z.string(),
  chainId: z.string(),
  /** Of a chain about a report: the last alert of it, and the report. */
  alertId: z.string(),
  reportId: z.string().nullable(),
  alertTitle: z.string(),
  severity,
  name: z.string(),
  title: z.string(),
  target: z.string(),
  uses: z.string(),
  effect,
  effectSentence: z.string(),
  asked: asked.nullable(),
  /** Which rule asked is not known yet and can be found out (`approvals.explain`). */
  canExplain: z.boolean(),
  policyReason: z.string(),
  /** Why no approval counts; null where one does. */
  refusal: failure.nullable(),
  /** The attempt that it would undo. */
  undoes: z.string().nullable(),
  /** What must be typed to approve it, since nothing gives back what it takes; '' where nothing must. */
  confirm: z.string(),
  /** Which cap made it wait, where the policy would not have asked; else ''. */
  beyondCap: z.string(),
  args: z.array(
    z.object({
      key: z.string(),
      value: jsonValue,
      isSecret: z.boolean(),
      isEditable: z.boolean(),
      edited: jsonValue.optional(),
    }),
  ),
  plan: z.array(z.object({ key: z.string(), value: z.string() })),
  canPreview: z.boolean(),
  isIdempotent: z.boolean(),
  undo: z.object({ uses: z.string(), sentence: z.string() }).nullable(),
  history: z.array(
    z.object({ at: z.number(), name: z.string(), title: z.string(), state: actionState, by: z.string() }),
  ),
  boundHash: z.string(),
  policyNumber: z.number(),
  isEditable: z.boolean(),
  argsSchema: jsonValue,
  createdAt: z.number(),
  expiresAt: z.number(),
  stale: z.array(difference).nullable(),
  state: actionState,
})
export type ApprovalCard = z.infer<typeof approvalCard>

export const eventRow = z.object({
  seq: z.number(),
  id: z.string(),
  receivedAt: z.number(),
  schema: z.string(),
  source: z.string(),
  size: z.number(),
  outcome: eventOutcome,
  alertIds: z.array(z.string()),
})
export type EventRow = z.infer<typeof eventRow>

export const eventDetail = eventRow.extend({
  sha256: z.string(),
  /** Its bytes hold something that is no character, or what stands for a secret here: policies saw U+FFFD or ‹NAME› there. */
  isTextReplaced: z.boolean(),
  route: z.string(),
  remote: z.string(),
  deliveryId: z.string().nullable(),
  headers: z.record(z.string(), z.string()),
  query: z.record(z.string(), z.string()),
  body: z.string().nullable(),
  isBodyTruncated: z.boolean(),
  problemId: z.string().nullable(),
})
export type EventDetail = z.infer<typeof eventDetail>

export const problemRow = z.object({
  id: z.string(),
  code: z.string(),
  schema: z.string(),
  message: z.string(),
  diagnostics: z.array(diagnostic),
  eventId: z.string().nullable(),
  chainId: z.string().nullable(),
  alertId: z.string().nullable(),
  count: z.number(),
  firstAt: z.number(),
  lastAt: z.number(),
  canReprocess: z.boolean(),
})
export type ProblemRow = z.infer<typeof problemRow>

export const policyVersionView = z.object({
  number: z.number(),
  id: z.string(),
  createdAt: z.number(),
  origin: z.string(),
  isLive: z.boolean(),
  entrypoints: z.array(
    z.object({ path: z.string(), evaluator: z.enum(['wasm', 'full']), reasons: z.array(z.string()) }),
  ),
  sources: z.array(z.object({ path: z.string(), source: z.string() })),
})
export type PolicyVersionView = z.infer<typeof policyVersionView>

export const receiverState = z.object({
  state: z.enum(['starting', 'listening', 'port_taken', 'stopped', 'failed']),
  url: z.string().nullable(),
  address: z.string(),
  message: z.string(),
})
export type ReceiverState = z.infer<typeof receiverState>

/** What the frame of the desk shows: title bar, places with counts, status bar. */
export const deskState = z.object({
  version: z.string(),
  host: z.enum(['electron', 'browser']),
  dataDir: z.string(),
  policyDir: z.string(),
  receiver: receiverState,
  mode: responseMode,
  heldChains: z.number(),
  policy: z.object({ number: z.number(), id: z.string(), since: z.number() }).nullable(),
  policyProblem: z.array(diagnostic).nullable(),
  /** `unknown` of the waiting ones are outcomes that nobody knows. */
  counts: z.object({
    waiting: z.number(),
    unknown: z.number(),
    open: z.number(),
    problems: z.number(),
    containments: z.number(),
  }),
  lastEventAt: z.number().nullable(),
  store: z.object({
    state: z.enum(['ok', 'full', 'corrupt', 'future']),
    message: z.string(),
    bytes: z.number(),
    backups: z.array(z.object({ name: z.string(), at: z.number(), bytes: z.number() })),
  }),
  /** Why what the database says may be older than what has happened; stands until another mode than *Off* is chosen. */
  doubt: z
    .object({ kind: z.enum(['restored', 'copied', 'replaced', 'lost']), at: z.number(), message: z.string() })
    .nullable(),
  vault: z.object({ backend: z.string(), isWeak: z.boolean(), message: z.string() }),
  engine: z.enum(['running', 'restarting', 'stopped']),
  isFirstRun: z.boolean(),
})
export type DeskState = z.infer<typeof deskState>

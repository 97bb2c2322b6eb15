import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import type { Effect } from '../../../shared/model/states.ts'
import type { Failure } from '../../../shared/model/views.ts'

/** The alert that an action works for, as the policy saw it at the start of the round. */
export interface ActionSubject {
  alertId: string
  readonly alert: JsonObject
  chainId: string
  /** The policy version whose own actions are meant; the live one where it is not said. */
  policyVersionId?: string
}

/** What an action declares about one set of arguments, before anything is done. */
export interface ActionFacts {
  uses: string
  effect: Effect
  /** What will happen in plain words: "Quarantine invoice.exe". */
  title: string
  /** What it happens to, for history and containments: a path, a host, a channel. */
  target: string
  /** What tells one target from another where `target` alone does not (a URL is asked for many hosts); '' without a target. */
  targetKey: string
  /** Each target that it acts on, as its arguments name it. */
  targets: string[]
  /** Every name of them in its arguments: what protected targets are looked for among. */
  names: string[]
  effectSentence: string
  isIdempotent: boolean
  canProbe: boolean
  /** Its target can be read again later: `verify`. */
  canVerify: boolean
  canPreview: boolean
  /** Nothing gives back what it takes. */
  isIrreversible: boolean
  /** It takes back what another action does, and has no undo of its own: nothing bars the way back. */
  isWayBack: boolean
  /** When it ends, as its arguments say; null of what lasts until it is undone. */
  expiry: Expiry | null
  /** Why it waits for the analyst whatever the policy says; null where it need not. */
  mustAsk: string | null
  /** The inverse action's name and what undoing does, or null. */
  undo: { uses: string; sentence: string } | null
  /** Argument names whose schema says that they take a secret. */
  secretArgs: string[]
  /** Argument names that the analyst may not edit. */
  lockedArgs: string[]
  /** JSON Schema (2020-12) of the arguments, for the edit form. */
  argsSchema: JsonValue
}

/** The end of a containment, counted from its success. */
export interface Expiry {
  afterMs: number
  /** The target itself ends it, also while nothing runs here; else its inverse is proposed then. */
  isByTarget: boolean
}

/** What would be done, without doing it. `bound` is what must still be true when it runs; its hash is part of the approval. */
export interface ActionPlan {
  rows: { key: string; value: string }[]
  bound: JsonValue
  /** Names of the target that came up when it was read. */
  names?: string[]
}

/** The row that is committed before an effect. */
export interface Intent {
  /** Chain run / round / position: the same for every automatic attempt. */
  key: string
  uses: string
  args: JsonObject
  plan: ActionPlan
}

export type RunOutcome = SettledOutcome | ({ outcome: 'accepted' } & Acceptance)

export type SettledOutcome =
  | { outcome: 'succeeded'; result: JsonValue }
  | { outcome: 'failed'; error: Failure }
  /** The request has left and nobody knows whether it took effect. */
  | { outcome: 'unknown'; error: Failure }

/** It was requested, and its target does not read so yet: from here `confirm` tells what becomes of it, also after a restart. */
export interface Acceptance {
  /** What `confirm` needs of the run. */
  accepted: JsonValue
  /** Whether the service said that it took the request; else no answer came, or none that tells. */
  isTaken: boolean
  /** Why it is not there yet. */
  error: Failure
}

/** A succeeded attempt. */
export interface Done {
  uses: string
  args: JsonObject
  result: JsonValue
  /** Whose own actions are meant. */
  policyVersionId: string
}

export type ProbeOutcome =
  | { state: 'done'; result: JsonValue }
  | { state: 'not_done' }
  | { state: 'unknown'; message: string }
  | ({ state: 'accepted' } & Acceptance)

/** One look at a target of which something was requested. */
export type Confirmation =
  | { state: 'confirmed'; result: JsonValue }
  /** @property isComing the target itself shows that it is under way */
  | { state: 'pending'; isComing: boolean; message: string }
  /** The service gave it up. */
  | { state: 'failed'; error: Failure }

/** One look at a target that was contained. */
export type Verification =
  | { state: 'holds' }
  /**
   * @property differences one `name: was left A, is B` each
   * @property isReleased it is in force no more, and not only changed
   */
  | { state: 'drifted'; differences: string[]; isReleased: boolean }
  | { state: 'unreadable'; message: string }

/**
 * All that a chain knows about actions. The real one is the registry; scenarios and tests bring others.
 * `args` may hold secret handles everywhere; only `run` and `probe` resolve them, and what they return is redacted.
 */
export interface ActionPort {
  /**
   * @param policyVersionId whose own actions are meant; the live version's where it is not said
   * @returns null when no action has this name
   * @throws TocsinError `invalid_args` (names each argument), `secret_not_allowed`
   */
  describe(uses: string, args: JsonValue, policyVersionId?: string): ActionFacts | null
  /** @throws TocsinError when it can already be seen that the action would fail (missing file, wrong hash) */
  plan(uses: string, args: JsonObject, subject: ActionSubject): Promise<ActionPlan>
  /** Never throws: every failure is an outcome. Time-out, retries and redaction are inside. */
  run(intent: Intent, subject: ActionSubject, signal: AbortSignal): Promise<RunOutcome>
  /** After a crash between intent and outcome: was it done? */
  probe(intent: Intent, subject: ActionSubject, signal: AbortSignal): Promise<ProbeOutcome>
  /** Has come what was requested? Never throws. @param accepted of the attempt, as `run` or `probe` gave it */
  confirm(intent: Intent, accepted: JsonValue, subject: ActionSubject, signal: AbortSignal): Promise<Confirmation>
  /** Is the target still as a succeeded attempt left it? Never throws. */
  verify(done: Done, signal: AbortSignal): Promise<Verification>
  /**
   * Whether all that differs between what a plan bound and what it would bind now is what an attempt of this action has made
   * so that came to no end. Without it none is.
   */
  isPartly?(uses: string, args: JsonObject, bounds: { planned: JsonValue; present: JsonValue }): boolean
  /** The action that undoes a succeeded one, or null. */
  inverse(
    uses: string,
    args: JsonObject,
    result: JsonValue,
    policyVersionId?: string,
  ): { uses: string; args: JsonObject } | null
}

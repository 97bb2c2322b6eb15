import type { Alert, Attribute } from '../../../../shared/model/alert.ts'
import type { JsonObject, JsonValue } from '../../../../shared/model/json.ts'
import type { ActionState } from '../../../../shared/model/states.ts'
import type { Failure } from '../../../../shared/model/views.ts'
import { canonicalJson, canonicalObject, type CanonicalMembers } from '../../forms/canonical.ts'
import { rawForm } from '../../forms/event-forms.ts'
import type { EventForms } from '../../policy/evaluation.ts'
import { alertFacts } from '../../store/public-alert.ts'
import type { ActionRecord, ChainRecord, CommitSpec } from '../records/records.ts'

/** An executed action as later rounds see it. */
export interface Called {
  action: ActionRecord
  status: ActionState
  result: JsonValue
}

/** An action that did not run by decision: rejected, expired or skipped. */
export interface Declined {
  action: ActionRecord
  status: ActionState
  reason: string
}

/** What a chain is about, as its policy sees it: AlertChain's alert, or a state of a report. */
export interface SubjectInput {
  kind: ChainRecord['subjectKind']
  members: CanonicalMembers
}

/** Everything that the input of one evaluation is made of; a `decision` row keeps enough to make it again. */
export interface InputParts {
  subject: SubjectInput
  attrs: readonly Attribute[]
  env: Readonly<Record<string, string>>
  seq: number
  called: readonly Called[]
  declined: readonly Declined[]
  /** The older one's actions have neither `abort` nor `commit`. */
  generation: ChainRecord['generation']
}

/**
 * An alert as the action policy sees it: lists are null while empty, without `data` when the event is null.
 * @param withRaw whether it has `raw`, which is as large as the event and few policies read
 */
export function policyAlert(alert: Alert, forms: EventForms, withRaw: boolean): CanonicalMembers {
  const { attrs, refs, ...rest } = alertFacts(alert)
  const facts = { ...rest, attrs: nullWhileEmpty(attrs), refs: nullWhileEmpty(refs) }
  const members = Object.entries(facts).map(([key, fact]) => [key, canonicalJson(fact)] as const)
  return {
    ...Object.fromEntries(members),
    ...(withRaw ? { raw: rawForm(forms) } : {}),
    ...(forms.json.trim() === 'null' ? {} : { data: forms.json }),
  }
}

function nullWhileEmpty(list: JsonValue | undefined): JsonValue {
  return Array.isArray(list) && list.length > 0 ? list : null
}

/** The bytes that the policy sees; their SHA-256 is recorded. */
export function inputBytes(input: CanonicalMembers): Uint8Array {
  return new TextEncoder().encode(canonicalObject(input))
}

/** Input of `init`: before anything of the round is known. `attrs` is null while empty (`interfaces.md` §4). */
export function initInput({ subject, attrs, env, seq }: InputParts): CanonicalMembers {
  const present = canonicalJson(attrs.length === 0 ? null : attrs)
  const { kind, members } = subject
  const about: CanonicalMembers =
    kind === 'alert'
      ? { alert: canonicalObject({ ...members, attrs: present }) }
      : { report: canonicalObject(members), attrs: present }
  return { ...about, env: canonicalJson(env), seq: canonicalJson(seq) }
}

/** Input of `run`. `called` is null, not [], while nothing ran. */
export function runInput(parts: InputParts): CanonicalMembers {
  const called = canonicalJson(calledInput(parts))
  return { ...initInput(parts), called, declined: canonicalJson(parts.declined.map(declinedInput)) }
}

/** Input of `exit`: `run`'s, with the action that has just settled; `called` holds it already. */
export function exitInput(parts: InputParts, action: Called): CanonicalMembers {
  return { ...runInput(parts), action: canonicalJson(calledAction(action, parts.generation)) }
}

/** What rebuilds an input byte for byte: the alert is in its own rows, the called and declined actions in theirs. */
export function inputRecord(parts: Pick<InputParts, 'attrs' | 'env' | 'called' | 'declined'>): JsonObject {
  return {
    attrs: parts.attrs.map((attribute) => ({ ...attribute })),
    env: { ...parts.env },
    called: parts.called.map(({ action, status }) => ({ id: action.id, status })),
    declined: parts.declined.map(({ action, status }) => ({ id: action.id, status })),
  }
}

function calledInput({ called, generation }: Pick<InputParts, 'called' | 'generation'>): JsonValue {
  return called.length === 0 ? null : called.map((one) => calledAction(one, generation))
}

function calledAction({ action, status, result }: Called, generation: ChainRecord['generation']): JsonObject {
  return {
    id: action.policyId,
    name: action.name,
    uses: action.uses,
    args: action.args,
    force: action.isForced,
    ...(generation === 'commit' ? { abort: action.isAbort, commit: commitsInput(action.resolvedCommits) } : {}),
    ...(result === null ? {} : { result }),
    status,
    ...(action.error === null ? {} : { error: failureInput(action.error) }),
  }
}

function commitsInput(commits: readonly CommitSpec[]): JsonValue {
  return commits.length === 0 ? null : commits.map((commit) => ({ ...commit }))
}

function failureInput(failure: Failure): JsonObject {
  return { code: failure.code, message: failure.message }
}

function declinedInput({ action, status, reason }: Declined): JsonObject {
  return { id: action.policyId, uses: action.uses, args: action.args, status, reason }
}

import type { Attribute } from '../../../shared/model/alert.ts'
import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import { readAttribute } from '../policy/attributes.ts'
import { canonicalJson } from '../forms/canonical.ts'
import type { ApprovalStore } from '../chain/records/approval-store.ts'
import type { ChainStore } from '../chain/records/chain-store.ts'
import type { ActionRecord, ChainRecord } from '../chain/records/records.ts'
import { ruleElements, type ResultObject } from '../policy/policy-result.ts'
import { prepared } from '../store/queries/prepared.ts'
import type { Store } from '../store/store.ts'
import { hasCommits, type RecordForm } from './record-form.ts'

/** Where scenarios are played, and what `data.json` is made of; several players share one, so that statements are prepared once. */
export interface PlayStore {
  store: Store
  chains: ChainStore
  approvals: ApprovalStore
}

/** Of one chain. */
export interface ChainActions {
  chain: ChainRecord
  actions: readonly ActionRecord[]
  /** The round that the chain failed in; null: it did not. */
  failedRound: number | null
}

/** The oldest form has its times in nanoseconds. */
export const NS_PER_MS = 1_000_000

/** The `actions` of one alert in a form of AlertChain's; how an action ended that did not succeed stands beside its fields. */
export function recordedActions(parts: PlayStore, form: RecordForm, of: ChainActions): JsonObject[] {
  // The oldest form wrote each action down as it ran, whatever became of its round.
  if (form === 'v0.0.9')
    return of.actions
      .filter(({ roundNo, state }) => roundNo !== of.failedRound || state === 'succeeded')
      .map((action) => calledOnce(parts, action))
  const actions = of.actions.filter(({ roundNo }) => roundNo !== of.failedRound)
  return hasCommits(form)
    ? actions.map((action) => executed(parts, action, form))
    : rounds(parts, form, { ...of, actions })
}

/** One action as the forms with `commit` have it. */
export function executed(parts: PlayStore, action: ActionRecord, form: RecordForm): JsonObject {
  return {
    seq: action.roundNo,
    ...called(action),
    abort: action.isAbort,
    commit: commits(action, form),
    ...ending(parts, action),
  }
}

/** What an action was called with. */
export function called({ policyId, name, uses, args, isForced }: ActionRecord): JsonObject {
  return { id: policyId, name, uses, args, force: isForced }
}

/** `persist` was called `global` before v0.1.1. */
export function attributeForm({ id, key, value, type, persist, ttl }: Attribute, form: RecordForm): JsonObject {
  return { id, key, value, type, [form === 'v0.2.2' ? 'persist' : 'global']: persist, ttl }
}

/** One action as the oldest form has it: written down before it ran, so its `result` is always null. */
function calledOnce(parts: PlayStore, action: ActionRecord): JsonObject {
  const { policyId, uses, args } = action
  const sql = 'SELECT min(intent_at) AS startedAt, max(outcome_at) AS endedAt FROM attempt WHERE action_id = @id'
  const times = prepared<{ id: string }, Record<string, number | null>>(parts.store.db, sql)
  const { startedAt, endedAt } = times.get({ id: action.id }) ?? {}
  return {
    action: { id: policyId, uses, args, result: null },
    started_at: nanoseconds(startedAt),
    ended_at: nanoseconds(endedAt),
    ...ending(parts, action),
  }
}

/** Null: it did not run. */
function nanoseconds(ms: number | null = null): number | null {
  return ms === null ? null : ms * NS_PER_MS
}

/** Keys are in order, whatever order a mock has them in. v0.1.0 wrote an empty list where later ones write null, and no path. */
function commits({ resolvedCommits }: ActionRecord, form: RecordForm): JsonValue {
  if (form === 'v0.2.2' && resolvedCommits.length === 0) return null
  return resolvedCommits.map((commit) => ({
    ...attributeForm({ ...commit, value: JSON.parse(canonicalJson(commit.value)) as JsonValue }, form),
    path: form === 'v0.2.2' ? commit.path : '',
  }))
}

/** How an action ended that did not succeed; absent where it did. */
function ending({ approvals }: PlayStore, action: ActionRecord): JsonObject {
  const { state, error } = action
  if (state === 'succeeded') return {}
  const approval = approvals.ofAction(action.id)
  return {
    state,
    ...(error === null ? {} : { error: { message: error.message, code: error.code } }),
    ...(approval?.outcome ? { decision: { outcome: approval.outcome, reason: approval.why } } : {}),
  }
}

/** The form of the generation of `init`, `run` and `exit`: each only where it gave something. */
function rounds(parts: PlayStore, form: RecordForm, { chain, actions, failedRound }: ChainActions): JsonObject[] {
  return Array.from({ length: failedRound ?? chain.roundNo + 1 }, (_none, no) => {
    const run = actions
      .filter(({ roundNo }) => roundNo === no)
      .map((action) => ({ ...runElement(action, form), ...ending(parts, action) }))
    const [init, exit] = (['init', 'exit'] as const).map((kind) => changes(parts.store, chain, no, kind, form))
    return { seq: no, ...filled('init', init), ...filled('run', run), ...filled('exit', exit) }
  }).filter((round) => Object.keys(round).length > 1)
}

/** Actions have `force` since v0.0.19. */
function runElement(action: ActionRecord, form: RecordForm): JsonObject {
  const { force, ...rest } = called(action)
  return form === 'v0.0.16' ? rest : { ...rest, force: force ?? false }
}

function filled(key: string, elements: JsonObject[] = []): JsonObject {
  return elements.length === 0 ? {} : { [key]: elements }
}

function changes({ db }: Store, chain: ChainRecord, no: number, kind: 'init' | 'exit', form: RecordForm): JsonObject[] {
  const sql = `SELECT output FROM decision
    WHERE chain_id = @chain AND round_no = @no AND kind = @kind AND purpose = 'live' AND is_taken = 1 ORDER BY seq`
  const taken = prepared<{ chain: string; no: number; kind: string }, { output: string }>(db, sql)
  const rows = taken.all({ chain: chain.id, no, kind })
  return rows.flatMap(({ output }) => changesOf(JSON.parse(output) as JsonValue, kind, form))
}

/** None where the result has a wrong type: that is the chain's failure. */
function changesOf(output: JsonValue, kind: 'init' | 'exit', form: RecordForm): JsonObject[] {
  try {
    return ruleElements(output, kind).map((element) => change(element, form))
  } catch {
    return []
  }
}

/** Of attributes that were not given AlertChain writes null. */
function change(element: ResultObject, form: RecordForm): JsonObject {
  const attrs = element.objects('attrs').map((attr) => attributeForm(readAttribute(attr), form))
  return { abort: element.flag('abort'), attrs: element.any('attrs') === null ? null : attrs }
}

import type { Attribute } from '../../../shared/model/alert.ts'
import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import type { Failure } from '../../../shared/model/views.ts'
import { readAttribute } from '../attributes.ts'
import { canonicalJson } from '../canonical.ts'
import type { ApprovalStore } from '../chain/approval-store.ts'
import type { ChainStore } from '../chain/chain-store.ts'
import type { ActionRecord, ChainRecord } from '../chain/records.ts'
import { ruleElements, type ResultObject } from '../policy-result.ts'
import type { StoredAlert } from '../store/alert-store.ts'
import type { Store } from '../store/store.ts'

/** What of a chain `data.json` is made of. */
export interface RecorderParts {
  store: Store
  chains: ChainStore
  approvals: ApprovalStore
}

/** One alert's part of `data.json`, and why its chain failed. */
export interface RecordedAlert {
  result: JsonObject
  failure: ChainFailure | null
}

export interface ChainFailure extends Failure {
  state: ChainRecord['state']
  /** What failed, and what had run in its round before it: AlertChain records nothing of such a round. */
  values: JsonObject
  /** Whether evaluating the policy failed, rather than an action. */
  policy: 'action' | null
}

/** States that AlertChain's form has no word for: a finished chain says nothing of its own. */
const UNSAID = new Set<ChainRecord['state']>(['completed'])

/**
 * Forms AlertChain's record of one alert from the stored rows (`behaviour/alertchain.md` §6): the initial alert, and the
 * actions of each round that was completed. `state`, `error` and `decision` stand beside its fields.
 */
export function recordAlert(parts: RecorderParts, alert: StoredAlert, chain: ChainRecord): RecordedAlert {
  const actions = parts.chains.actionsBefore(chain.id, Number.MAX_SAFE_INTEGER)
  const error = chainError(parts.store, chain)
  // What `exit` fails on ends a chain *aborted*; for AlertChain it has failed.
  const isFailed = chain.state === 'failed' || (chain.state === 'aborted' && error !== null)
  const failedRound = isFailed ? chain.roundNo : null
  const recorded = actions.filter(({ roundNo, state }) => roundNo !== failedRound && state !== 'superseded')
  const list =
    chain.generation === 'exit'
      ? rounds(parts, chain, recorded, failedRound)
      : recorded.map((one) => executed(parts, one))
  const result = {
    alert: initialAlert(alert, chain.generation),
    actions: list.length === 0 ? null : list,
    ...(UNSAID.has(chain.state) ? {} : { state: chain.state }),
    ...(error === null ? {} : { error: { message: error.message, code: error.code } }),
  }
  if (error === null) return { result, failure: null }
  const ofRound = actions.filter(({ roundNo }) => roundNo === failedRound)
  const failed = ofRound.find(({ state }) => state === 'failed')
  const policy = isFailed && failed === undefined ? 'action' : null
  return { result, failure: { ...error, state: chain.state, policy, values: failedValues(parts, ofRound, failed) } }
}

function initialAlert(alert: StoredAlert, generation: ChainRecord['generation']): JsonObject {
  const { id, schema, createdAt, title, description, source, namespace, attrs, refs } = alert
  return {
    title,
    description,
    source,
    namespace,
    attrs: attrs.map((attribute) => attributeForm(attribute, generation)),
    refs: refs.map((ref) => ({ title: ref.title, url: ref.url })),
    id,
    schema,
    created_at: new Date(createdAt).toISOString(),
  }
}

/** `persist` was called `global` in the generation of `init` and `exit`. */
function attributeForm(attribute: Attribute, generation: ChainRecord['generation']): JsonObject {
  const { id, key, value, type, persist, ttl } = attribute
  return { id, key, value, type, [generation === 'exit' ? 'global' : 'persist']: persist, ttl }
}

function executed(parts: RecorderParts, action: ActionRecord): JsonObject {
  return {
    seq: action.roundNo,
    ...called(action),
    abort: action.isAbort,
    commit: commits(action),
    ...ending(parts, action),
  }
}

function called({ policyId, name, uses, args, isForced }: ActionRecord): JsonObject {
  return { id: policyId, name, uses, args, force: isForced }
}

function commits({ resolvedCommits }: ActionRecord): JsonValue {
  if (resolvedCommits.length === 0) return null
  // Keys in order, whatever order a mock has them in.
  return resolvedCommits.map((commit) => ({ ...commit, value: JSON.parse(canonicalJson(commit.value)) as JsonValue }))
}

/** How an action ended that did not succeed; absent where it did. */
function ending({ approvals }: RecorderParts, action: ActionRecord): JsonObject {
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
function rounds(
  parts: RecorderParts,
  chain: ChainRecord,
  actions: readonly ActionRecord[],
  failedRound: number | null,
): JsonObject[] {
  return Array.from({ length: failedRound ?? chain.roundNo + 1 }, (_none, no) => {
    const run = actions
      .filter(({ roundNo }) => roundNo === no)
      .map((action) => ({ ...called(action), ...ending(parts, action) }))
    const [init, exit] = [changes(parts.store, chain, no, 'init'), changes(parts.store, chain, no, 'exit')]
    return { seq: no, ...filled('init', init), ...filled('run', run), ...filled('exit', exit) }
  }).filter((round) => Object.keys(round).length > 1)
}

function filled(key: string, elements: JsonObject[]): JsonObject {
  return elements.length === 0 ? {} : { [key]: elements }
}

function changes({ db }: Store, chain: ChainRecord, no: number, kind: 'init' | 'exit'): JsonObject[] {
  const outputs = db
    .prepare(
      "SELECT output FROM decision WHERE chain_id = ? AND round_no = ? AND kind = ? AND purpose = 'live' AND is_taken = 1 ORDER BY seq",
    )
    .pluck()
    .all(chain.id, no, kind) as string[]
  return outputs.flatMap((output) => changesOf(JSON.parse(output) as JsonValue, kind))
}

/** None where the result has a wrong type: that is the chain's failure. */
function changesOf(output: JsonValue, kind: 'init' | 'exit'): JsonObject[] {
  try {
    return ruleElements(output, kind).map(change)
  } catch {
    return []
  }
}

/** Of attributes that were not given AlertChain writes null. */
function change(element: ResultObject): JsonObject {
  const attrs = element.objects('attrs').map((attr) => attributeForm(readAttribute(attr), 'exit'))
  return { abort: element.flag('abort'), attrs: element.any('attrs') === null ? null : attrs }
}

function chainError({ db }: Store, chain: ChainRecord): Failure | null {
  const error = db.prepare('SELECT error FROM chain WHERE id = ?').pluck().get(chain.id) as string | null // CHECK: JSON
  if (error !== null) return JSON.parse(error) as Failure | null
  // What `exit` failed on ends a chain without being its error.
  const problem = db.prepare('SELECT code, message FROM problem WHERE chain_id = ? LIMIT 1').get(chain.id)
  return (problem ?? null) as Failure | null
}

function failedValues(
  parts: RecorderParts,
  ofRound: readonly ActionRecord[],
  failed: ActionRecord | undefined,
): JsonObject {
  if (failed === undefined) return {}
  const before = ofRound.filter(({ state }) => state === 'succeeded').map((one) => executed(parts, one))
  const action = {
    ...called(failed),
    abort: failed.isAbort,
    commit: failed.commits.length === 0 ? null : failed.commits.map((commit) => ({ ...commit })),
  }
  return { action, uses: failed.uses, ...(before.length === 0 ? {} : { before }) }
}

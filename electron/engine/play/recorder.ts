import type { JsonObject, JsonValue } from '../../../shared/model/json.ts'
import type { Failure } from '../../../shared/model/views.ts'
import { canonicalJson } from '../forms/canonical.ts'
import type { ActionRecord, ChainRecord } from '../chain/records/records.ts'
import type { StoredAlert } from '../store/alert-store.ts'
import { prepared } from '../store/queries/prepared.ts'
import type { Store } from '../store/store.ts'
import type { RecordForm } from './record-form.ts'
import { attributeForm, called, executed, NS_PER_MS, recordedActions, type PlayStore } from './recorded-actions.ts'

/** An alert whose chain has ended, and the event that it came from. */
export interface PlayedAlert {
  alert: StoredAlert
  chain: ChainRecord
  input: JsonValue
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
export function recordAlert(parts: PlayStore, form: RecordForm, played: PlayedAlert): RecordedAlert {
  const { alert, chain } = played
  const actions = parts.chains.actionsBefore(chain.id, Number.MAX_SAFE_INTEGER)
  const error = chainError(parts.store, chain)
  // What `exit` fails on ends a chain *aborted*; for AlertChain it has failed.
  const isFailed = chain.state === 'failed' || (chain.state === 'aborted' && error !== null)
  const failedRound = isFailed ? chain.roundNo : null
  const recorded = actions.filter(({ state }) => state !== 'superseded')
  const list = recordedActions(parts, form, { chain, actions: recorded, failedRound })
  const result = {
    alert: initialAlert(played, form),
    ...(form === 'v0.0.9' ? { created_at: alert.createdAt * NS_PER_MS } : {}),
    actions: list.length === 0 ? null : list,
    ...(UNSAID.has(chain.state) ? {} : { state: chain.state }),
    ...(error === null ? {} : { error: { message: error.message, code: error.code } }),
  }
  if (error === null) return { result, failure: null }
  const ofRound = actions.filter(({ roundNo }) => roundNo === failedRound)
  const failed = ofRound.find(({ state }) => state === 'failed')
  const policy = isFailed && failed === undefined ? 'action' : null
  const values = failedValues(parts, form, ofRound, failed)
  return { result, failure: { ...error, state: chain.state, policy, values } }
}

/** Alerts have `refs` since v0.0.14; their event is in the record from v0.0.10 to v0.0.16. */
function initialAlert({ alert, input }: PlayedAlert, form: RecordForm): JsonObject {
  const { id, schema, createdAt, title, description, source, namespace, attrs, refs } = alert
  return {
    title,
    description,
    source,
    namespace,
    attrs: attrs.map((attribute) => attributeForm(attribute, form)),
    ...(form === 'v0.0.9' ? {} : { refs: refs.map((ref) => ({ title: ref.title, url: ref.url })) }),
    id,
    schema,
    ...(form === 'v0.0.16' ? { data: JSON.parse(canonicalJson(input)) as JsonValue } : {}),
    created_at: new Date(createdAt).toISOString(),
  }
}

function chainError({ db }: Store, chain: ChainRecord): Failure | null {
  const id = { id: chain.id }
  const row = prepared<typeof id, { error: string | null }>(db, 'SELECT error FROM chain WHERE id = @id').get(id)
  if (row?.error) return JSON.parse(row.error) as Failure // CHECK: JSON
  // What `exit` failed on ends a chain without being its error.
  const problems = 'SELECT code, message FROM problem WHERE chain_id = @id LIMIT 1'
  return prepared<typeof id, Failure>(db, problems).get(id) ?? null
}

function failedValues(
  parts: PlayStore,
  form: RecordForm,
  ofRound: readonly ActionRecord[],
  failed: ActionRecord | undefined,
): JsonObject {
  if (failed === undefined) return {}
  const before = ofRound.filter(({ state }) => state === 'succeeded').map((one) => executed(parts, one, form))
  const action = {
    ...called(failed),
    abort: failed.isAbort,
    commit: failed.commits.length === 0 ? null : failed.commits.map((commit) => ({ ...commit })),
  }
  return { action, uses: failed.uses, ...(before.length === 0 ? {} : { before }) }
}

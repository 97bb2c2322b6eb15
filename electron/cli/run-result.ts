import type { JsonObject, JsonValue } from '../../shared/model/json.ts'
import type { ChainState } from '../../shared/model/states.ts'
import type { ActionView, ChainView } from '../../shared/model/views.ts'
import { printed } from '../engine/desk/context.ts'
import type { IntakeAnswer } from '../engine/intake/intake-answer.ts'
import { withoutWrittenOut } from '../engine/secrets/written-out.ts'
import type { Services } from '../engine/services.ts'

/** What `tocsin run` prints (`interfaces.md` §2). */
export interface RunResult {
  event_id: string
  /** As it is answered over HTTP. */
  problem: { id: string; code: string; message: string; details: JsonObject | null } | null
  alerts: JsonObject[]
}

/** Everything that became of one event, once its chains wait or have ended. */
export async function runResult(
  services: Services,
  answer: Exclude<IntakeAnswer, { kind: 'refused' }>,
): Promise<RunResult> {
  if (answer.kind === 'problem') {
    return { event_id: answer.eventId, problem: { ...answer.problem }, alerts: [] }
  }
  const forms = services.store.alerts.publicForms(answer.eventId)
  const alerts = await Promise.all(
    forms.map(async (form, index) => withChain(services, form, answer.alerts[index]?.id)),
  )
  return { event_id: answer.eventId, problem: unjudged(services, answer.eventId), alerts }
}

/** Whether the command's exit status is 1. */
export function hasFailed({ problem, alerts }: RunResult): boolean {
  const failed: JsonValue[] = ['failed', 'round_limit'] satisfies ChainState[]
  return problem !== null || alerts.some(({ chain }) => failed.includes((chain as JsonObject)['state'] ?? null)) // made below
}

/** A schema without a package: over HTTP that is an empty answer, here somebody is waiting to hear why. */
function unjudged({ store }: Services, eventId: string): RunResult['problem'] {
  const event = store.events.get(eventId)
  const problem = event?.outcome === 'no_policy' ? store.problems.openNoPolicy(event.schema) : null
  return problem === null ? null : { id: problem.id, code: problem.code, message: problem.message, details: null }
}

async function withChain(services: Services, form: JsonObject, alertId: string | undefined): Promise<JsonObject> {
  const chain = alertId === undefined ? undefined : services.chainStore.chainsOf(alertId)[0]
  if (chain === undefined) return { ...form, chain: null }
  const view = await services.store.reader.query('chains.get', { id: chain.id })
  return { ...form, chain: printed(services.handles, await chainForm(services, view)) }
}

async function chainForm(services: Services, view: ChainView): Promise<JsonObject> {
  const rounds: JsonObject[] = []
  for (const { no, actions } of view.rounds) {
    rounds.push({ seq: no, actions: await Promise.all(actions.map((action) => actionForm(services, action))) })
  }
  return { state: view.state, ...(view.error === null ? {} : { error: view.error }), rounds }
}

async function actionForm({ store, chainStore }: Services, action: ActionView): Promise<JsonObject> {
  const { policyId, name, uses, args, plan, effect, state, error, decision, settledAt } = action
  const isOnlyPlanned = state === 'skipped' || state === 'waiting'
  const attempt = action.attempts.findLast(({ outcome }) => outcome === 'succeeded')
  const result = attempt === undefined ? null : await store.reader.query('attempts.result', { id: attempt.id })
  return {
    id: policyId,
    name,
    uses,
    args: withoutWrittenOut(args),
    effect,
    state,
    ...(isOnlyPlanned ? { plan } : {}),
    ...(result === null ? {} : { result: JSON.parse(result.text) as JsonValue }),
    ...(error === null ? {} : { error: { message: error.message, code: error.code } }),
    commit: chainStore.action(action.id).resolvedCommits.map((commit) => ({ ...commit })),
    ...(decision === null ? {} : { decision: { outcome: decision.outcome, reason: decision.why, by: decision.by } }),
    // What runs nothing (`uses: ""`) begins and ends at once.
    started_at: isoOf(action.attempts[0]?.intentAt ?? (state === 'succeeded' ? settledAt : null)),
    finished_at: isoOf(settledAt),
  }
}

function isoOf(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString()
}

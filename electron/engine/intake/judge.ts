import { errorCode, errorMessage } from '../../../shared/errors.ts'
import type { JsonObject } from '../../../shared/model/json.ts'
import type { Evaluation } from '../policy/evaluation.ts'
import { derivedIds } from '../forms/derived-id.ts'
import type { FirstRoundBasis } from '../chain/rounds/first-round-at-hand.ts'
import type { LivePolicy } from '../policy/policy-service.ts'
import type { Clock, Ids } from '../ports/ports.ts'
import { alertsOf, type AlertDraft } from './alert-policy.ts'
import type { PolicyPort } from './policy-port.ts'

/** Why an event could not be made into alerts. */
export interface JudgeFailure {
  code: string
  message: string
  details: JsonObject | null
}

/** What the alert policy of one version made of one event. Nothing is stored yet. */
export type Judged =
  | { kind: 'no_policy' }
  | { kind: 'malformed'; message: string }
  | {
      kind: 'judged'
      policy: LivePolicy
      evaluated: Evaluated | null
      alerts: AlertDraft[]
      failure: JudgeFailure | null
    }

/** One evaluation, as its `decision` row needs it. */
export interface Evaluated {
  nowNs: string
  seed: string
  answer: Evaluation
  /** When its alerts are made: epoch ms. */
  createdAt: number
  /** What their first rounds rested on, where they were asked for. */
  basis: FirstRoundBasis | null
}

export interface JudgeDeps {
  policy: PolicyPort
  /** What first rounds of new alerts rest on now; null while chains start nothing. Without it chains evaluate them. */
  firstRoundBasis?: () => Promise<FirstRoundBasis | null>
  clock: Clock
  ids: Ids
}

/** `a.b` is package `alert.a.b`: the schema is a path, and never becomes part of a query. */
export function entrypointOf(schema: string): string {
  return `alert/${schema.replaceAll('.', '/')}`
}

/**
 * Evaluates the alert policy of a schema on an event's bytes.
 * @param policy the version that decides, fixed for this event
 */
export async function judge(
  deps: JudgeDeps,
  policy: LivePolicy,
  event: { id: string; schema: string; body: Uint8Array },
): Promise<Judged> {
  const entrypoint = entrypointOf(event.schema)
  if (!deps.policy.hasEntrypoint(policy.id, entrypoint)) return { kind: 'no_policy' }
  const judged = { kind: 'judged', policy } as const
  try {
    // Where it cannot be had, a chain says so, and not its event.
    const basis = (await deps.firstRoundBasis?.().catch(() => null)) ?? null
    const stamp = { nowNs: deps.clock.nowNs(), seed: deps.ids.seed() }
    const createdAt = deps.clock.now()
    const { generation, readsRaw } = policy
    const { id: eventId, schema, body: input } = event
    const firstRounds = basis && { eventId, schema, createdAt, env: basis.env, generation, readsRaw }
    const request = { versionId: policy.id, entrypoint, input, ...stamp }
    const more = firstRounds ? { firstRounds } : { wantsForms: true }
    const answer = await deps.policy.evaluate({ ...request, ...more })
    if (answer.error?.code === 'malformed_json') return { kind: 'malformed', message: answer.error.message }
    return { ...judged, evaluated: { ...stamp, answer, createdAt, basis }, ...read(answer, event) }
  } catch (error) {
    // The policies could not be asked at all (the engine is stopping, a version is damaged): no decision was made.
    return { ...judged, evaluated: null, alerts: [], failure: failureOf(error) }
  }
}

function read(
  answer: Evaluation,
  event: { id: string; schema: string },
): { alerts: AlertDraft[]; failure: JudgeFailure | null } {
  if (answer.error) {
    const { code, message } = answer.error
    return { alerts: [], failure: { code, message, details: { diagnostics: [{ ...answer.error }] } } }
  }
  try {
    return {
      alerts: alertsOf(answer.result, event.schema, (position) => derivedIds('alert', event.id, position)),
      failure: null,
    }
  } catch (error) {
    return { alerts: [], failure: failureOf(error) }
  }
}

/** What the policy said cannot be stored: the evaluation is on record all the same, without its output. */
export function withoutOutput(
  judged: Extract<Judged, { kind: 'judged' }>,
  error: unknown,
): Extract<Judged, { kind: 'judged' }> {
  const failure = { ...failureOf(error), code: 'alert_not_stored' }
  const evaluated = judged.evaluated && {
    ...judged.evaluated,
    answer: { ...judged.evaluated.answer, text: null, prints: [], error: failure },
  }
  return { ...judged, evaluated, alerts: [], failure }
}

export function failureOf(error: unknown): JudgeFailure {
  return { code: errorCode(error), message: errorMessage(error), details: null }
}

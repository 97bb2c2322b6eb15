import { errorCode, errorMessage } from '../../../shared/errors.ts'
import type { JsonObject } from '../../../shared/model/json.ts'
import type { Evaluation } from '../policy/evaluation.ts'
import { derivedIds } from '../forms/derived-id.ts'
import type { FirstRoundBasis } from '../chain/rounds/first-round-at-hand.ts'
import type { LivePolicy } from '../policy/policy-service.ts'
import type { Clock, Ids } from '../ports/ports.ts'
import { readableText } from '../forms/readable-text.ts'
import { checkEventText } from '../policy/event-text.ts'
import { DEEPALERT_SCHEMA } from '../report/deepalert/deepalert-alert.ts'
import { readAlert, unwrapMessage } from '../report/deepalert/read-alert.ts'
import { alertsOf, type AlertDraft } from './alert-policy.ts'
import { draftOf } from './deepalert-alerts.ts'
import type { PolicyPort } from './policy-port.ts'

/** An event that is no alert in DeepAlert's form, where it should be one. */
const INVALID_ALERT = 'invalid_alert'

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
      /** Where alerts were made without an evaluation. */
      made?: Made
      alerts: AlertDraft[]
      failure: JudgeFailure | null
    }

/** What the ids and times of alerts are made of. */
export interface Made {
  seed: string
  /** When they are made: epoch ms. */
  createdAt: number
}

/** One evaluation, as its `decision` row needs it. */
export interface Evaluated extends Made {
  nowNs: string
  answer: Evaluation
  /** What their first rounds rested on, where they were asked for. */
  basis: FirstRoundBasis | null
}

export interface JudgeDeps {
  policy: PolicyPort
  /** What first rounds of new alerts rest on now; null while chains start nothing. Without it chains evaluate them. */
  firstRoundBasis?: () => Promise<FirstRoundBasis | null>
  /** Bytes as policies see them: what stands for a secret there is broken. */
  broken?: (body: Uint8Array) => Uint8Array
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
  if (!deps.policy.hasEntrypoint(policy.id, entrypoint)) {
    return event.schema === DEEPALERT_SCHEMA ? judgeDeepAlert(deps, policy, event) : { kind: 'no_policy' }
  }
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

/** DeepAlert's form says itself what alert it is: without a package no policy needs to. */
function judgeDeepAlert(
  { broken = (bytes) => bytes, ids, clock }: JudgeDeps,
  policy: LivePolicy,
  { id, body }: { id: string; body: Uint8Array },
): Judged {
  const event = checkEventText(broken(body))
  if ('malformed' in event) return { kind: 'malformed', message: event.malformed }
  const judged = { kind: 'judged', policy, evaluated: null } as const
  // A message inside has escapes of its own.
  const message = broken(Buffer.from(unwrapMessage(event.text).text))
  const given = readAlert(readableText(message).text)
  if (!('alert' in given)) {
    return { ...judged, alerts: [], failure: { code: INVALID_ALERT, message: given.message, details: null } }
  }
  const made = { seed: ids.seed(), createdAt: clock.now() }
  return { ...judged, made, alerts: [draftOf(given.alert, derivedIds('alert', id, 0))], failure: null }
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

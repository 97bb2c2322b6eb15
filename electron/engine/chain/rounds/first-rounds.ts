import type { Alert } from '../../../../shared/model/alert.ts'
import { sha256 } from '../../forms/canonical.ts'
import { alertIdOf, derivedIds } from '../../forms/derived-id.ts'
import { alertsOf } from '../../intake/alert-policy.ts'
import { NEEDS_FULL, type FirstEvaluation, type FirstRound } from '../../policy/evaluation.ts'
import type { EvaluateAction, EventWithAlerts } from '../../policy/thread-evaluator.ts'
import { inputBytes, policyAlert } from './policy-input.ts'
import { NOTHING_SETTLED } from './proposals.ts'
import { roundSteps, type RoundAnswer, type RoundQuestion } from './round-evaluation.ts'

/** More alerts of one event, more text in all of their inputs, or more time would hold up the answers of others: their chains evaluate. */
const MAX_ALERTS = 16
const MAX_CHARACTERS = 512 * 1024
const MAX_MS = 50

/**
 * The first round of each alert of an event, from the parse that is at hand: exactly what its chain would evaluate while
 * nothing of its namespace is on record.
 * @param evaluate the action policy
 * @returns by position of the alert; null where the chain has to
 */
export function firstRounds(event: EventWithAlerts, evaluate: EvaluateAction): (FirstRound | null)[] {
  const alerts = alertsAtHand(event)
  const { json, raw } = event.forms
  const isTooMuch = alerts.length > MAX_ALERTS || alerts.length * (json.length + (raw?.length ?? 0)) > MAX_CHARACTERS
  const until = performance.now() + MAX_MS
  return alerts.map((alert, position) =>
    isTooMuch || performance.now() > until ? null : firstRound(event, alert, position, evaluate),
  )
}

/** The alerts as the intake will store them; none where what the policy said cannot be used. */
function alertsAtHand({ request, document, seed }: EventWithAlerts): Alert[] {
  const { eventId, schema, createdAt } = request
  try {
    return alertsOf(document, schema, (position) => derivedIds('alert', eventId, position)).map((draft, position) => ({
      ...draft,
      id: alertIdOf(createdAt, { eventId, seed, position }),
      schema,
      createdAt,
    }))
  } catch {
    // The intake comes to the same, and says so.
    return []
  }
}

function firstRound(
  { request, forms, nowNs, seed: eventSeed }: EventWithAlerts,
  alert: Alert,
  position: number,
  evaluate: EvaluateAction,
): FirstRound | null {
  const stamp = { nowNs, seed: firstSeed(eventSeed, position) }
  const { env, generation } = request
  const alone = { seq: 0, called: [], declined: [] }
  const subject = { kind: 'alert', members: policyAlert(alert, forms, request.readsRaw) } as const
  const parts = { subject, attrs: alert.attrs, env, generation, ...alone }
  const steps = roundSteps<FirstAnswer>({ parts, settled: NOTHING_SETTLED, subjectId: alert.id })
  let step = steps.next()
  while (!step.done) {
    const answer = answered(step.value, stamp, evaluate)
    if (answer.evaluation.error?.code === NEEDS_FULL) return null
    step = steps.next(answer)
  }
  const { evaluations, proposals, failure } = step.value
  const isQuiet = generation === 'commit' && failure === null && proposals.length === 0
  return { ...stamp, evaluations: evaluations.map(({ recorded }) => recorded), isQuiet }
}

interface FirstAnswer extends RoundAnswer {
  recorded: FirstEvaluation
}

function answered(
  { kind, input }: RoundQuestion,
  stamp: { nowNs: string; seed: string },
  evaluate: EvaluateAction,
): FirstAnswer {
  const bytes = inputBytes(input)
  const inputSha256 = sha256(bytes)
  const startedAt = performance.now()
  const evaluation = evaluate(bytes, stamp)
  const durationUs = Math.round((performance.now() - startedAt) * 1000)
  const { result, evaluator, prints, error } = evaluation
  const text = result === undefined ? null : JSON.stringify(result)
  return { evaluation, recorded: { kind, inputSha256, text, evaluator, prints, error, durationUs } }
}

/** Another one than the event's: what the alert policy drew says nothing of what the action policy draws. */
function firstSeed(eventSeed: string, position: number): string {
  return sha256(JSON.stringify(['first round', eventSeed, position])).slice(0, eventSeed.length)
}

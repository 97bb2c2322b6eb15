import type { EventOutcome } from '../../../shared/model/states.ts'
import { sha256 } from '../forms/canonical.ts'
import type { QueuedChain } from '../chain/chain-service.ts'
import type { FirstRoundAtHand } from '../chain/rounds/first-round-at-hand.ts'
import { alertIdOf } from '../forms/derived-id.ts'
import type { EventForms } from '../policy/evaluation.ts'
import type { LivePolicy } from '../policy/policy-service.ts'
import { readableBytes } from '../forms/readable-text.ts'
import type { AlertRecord, StoredAlert } from '../store/alert-store.ts'
import type { AlertDecision } from '../store/event-store.ts'
import { NO_POLICY, type ProblemRecord } from '../store/problem-store.ts'
import type { Store } from '../store/store.ts'
import type { Tx } from '../store/writer.ts'
import type { Evaluated, Judged, JudgeFailure } from './judge.ts'

export type Settleable = Exclude<Judged, { kind: 'malformed' }>

/** The rows that a judged event leaves beside its own. */
export interface Settled {
  alerts: StoredAlert[]
  chains: QueuedChain[]
  problem: ProblemRecord | null
}

/** Writes the chain of an alert in the transaction that stores it (`ChainService.queueChain`). */
export type QueueChain = (
  tx: Tx,
  alert: StoredAlert,
  policy: LivePolicy,
  from: { trigger: 'event' | 'reprocess'; firstRound: FirstRoundAtHand | null },
) => QueuedChain

export interface SettleDeps {
  store: Pick<Store, 'alerts' | 'decisions' | 'problems'>
  queueChain: QueueChain
}

/** An event whose row is there already. */
export interface SettledEvent {
  id: string
  schema: string
  body: Uint8Array
  /** SHA-256 of the body as it came. */
  sha256: string
  /** The problem that is being re-processed, or null when the event is judged for the first time. */
  reprocessOf: string | null
}

export function outcomeOf(judged: Settleable): EventOutcome {
  if (judged.kind === 'no_policy') return 'no_policy'
  if (judged.failure) return 'problem'
  return judged.alerts.length === 0 ? 'no_alert' : 'alerts'
}

/** The event as the policy thread made it ready for its alerts. */
export function formsOf(judged: Settleable): EventForms | null {
  return (judged.kind === 'judged' && judged.evaluated?.answer.forms) || null
}

/**
 * Writes what came of an event: alerts with their chains, or a problem.
 * @param decisionId of the decision that was written about it; '' where nothing was evaluated
 */
export function settle(tx: Tx, deps: SettleDeps, event: SettledEvent, judged: Settleable, decisionId: string): Settled {
  if (judged.kind === 'no_policy') return failed(addProblem(tx, deps, event, noPolicy(event.schema)))
  if (judged.failure) return failed(addProblem(tx, deps, event, judged.failure))
  const { evaluated } = judged
  const made = evaluated ?? judged.made
  if (!made) return { alerts: [], chains: [], problem: null }
  const { createdAt, seed } = made
  const trigger = event.reprocessOf === null ? 'event' : 'reprocess'
  const chains: QueuedChain[] = []
  const alerts = judged.alerts.map((draft, position) => {
    const record: AlertRecord = {
      ...draft,
      id: alertIdOf(createdAt, { eventId: event.id, seed, position }),
      eventId: event.id,
      position,
      schema: event.schema,
      createdAt,
      policyVersionId: judged.policy.id,
      decisionId,
    }
    const alert = deps.store.alerts.insert(tx, record)
    const firstRound = evaluated && firstRoundOf(evaluated, position)
    chains.push(deps.queueChain(tx, alert, judged.policy, { trigger, firstRound }))
    return alert
  })
  return { alerts, chains, problem: null }
}

function firstRoundOf({ basis, answer, createdAt }: Evaluated, position: number): FirstRoundAtHand | null {
  const round = answer.firstRounds?.[position] ?? null
  if (!basis || !round) return null
  return { ...basis, round, at: createdAt, form: answer.form, evaluatorHash: answer.evaluatorHash }
}

function failed(problem: ProblemRecord): Settled {
  return { alerts: [], chains: [], problem }
}

/** What the alert policy decided about an event, to be stored with it; null where nothing was evaluated. */
export function decisionOf(judged: Settleable, body: Uint8Array): AlertDecision | null {
  if (judged.kind === 'no_policy' || !judged.evaluated) return null
  const { nowNs, seed, answer } = judged.evaluated
  const { form, evaluator, evaluatorHash, text: output, durationUs, prints, error } = answer
  const seen = readableBytes(body)
  return {
    policyVersionId: judged.policy.id,
    policyForm: form,
    evaluator,
    evaluatorHash,
    inputSha256: seen === body ? null : sha256(seen),
    output,
    nowNs,
    seed,
    durationUs,
    prints,
    error: error === null ? null : { ...error },
  }
}

/**
 * Writes the decision about an event that was stored before.
 * @returns the decision's id, or '' where nothing was evaluated
 */
export function insertDecision(
  tx: Tx,
  { store }: Pick<SettleDeps, 'store'>,
  { id: eventId, body, sha256: bodySha256, reprocessOf }: SettledEvent,
  judged: Settleable,
): string {
  const decision = decisionOf(judged, body)
  if (decision === null) return ''
  return store.decisions.insert(tx, {
    ...decision,
    kind: 'alert',
    purpose: 'live',
    isTaken: true,
    eventId,
    chainId: null,
    roundNo: null,
    actionId: null,
    mode: null,
    inputParts: reprocessOf === null ? null : { reprocessOf },
    inputSha256: decision.inputSha256 ?? bodySha256,
  })
}

function addProblem(tx: Tx, { store }: SettleDeps, event: SettledEvent, failure: JudgeFailure): ProblemRecord {
  return store.problems.add(tx, { ...failure, schema: event.schema, eventId: event.id, chainId: null })
}

function noPolicy(schema: string): JudgeFailure {
  return {
    code: NO_POLICY,
    message: `Events of schema ${schema} came, and no policy has a package alert.${schema}: add one and re-process`,
    details: null,
  }
}

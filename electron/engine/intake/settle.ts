import type { EventOutcome } from '../../../shared/model/states.ts'
import { sha256 } from '../canonical.ts'
import type { QueuedChain } from '../chain/chain-service.ts'
import type { EventForms } from '../policy/evaluation.ts'
import type { LivePolicy } from '../policy/policy-service.ts'
import type { Ids } from '../ports.ts'
import { readableBytes } from '../readable-text.ts'
import type { AlertRecord, StoredAlert } from '../store/alert-store.ts'
import { NO_POLICY, type ProblemRecord } from '../store/problem-store.ts'
import type { Store } from '../store/store.ts'
import type { Tx } from '../store/writer.ts'
import type { Judged, JudgeFailure } from './judge.ts'

export type Settleable = Exclude<Judged, { kind: 'malformed' }>

/** The rows that a judged event leaves beside its own. */
export interface Settled {
  alerts: StoredAlert[]
  chains: QueuedChain[]
  problem: ProblemRecord | null
}

/** Queues the chain of an alert in the transaction that stores it (`ChainService.queueChain`). */
export type QueueChain = (tx: Tx, alert: StoredAlert, policy: LivePolicy, trigger: 'event' | 'reprocess') => QueuedChain

export interface SettleDeps {
  store: Pick<Store, 'alerts' | 'decisions' | 'problems'>
  ids: Ids
  queueChain: QueueChain
}

/** An event whose row is in this transaction already. */
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

/** Writes what was decided about an event: decision, alerts with their chains, or a problem. */
export function settle(tx: Tx, deps: SettleDeps, event: SettledEvent, judged: Settleable): Settled {
  if (judged.kind === 'no_policy') return failed(addProblem(tx, deps, event, noPolicy(event.schema)))
  const decisionId = insertDecision(tx, deps, event, judged)
  if (judged.failure) return failed(addProblem(tx, deps, event, judged.failure))
  const chains: QueuedChain[] = []
  const alerts = judged.alerts.map((draft, position) => {
    const record: AlertRecord = {
      ...draft,
      id: deps.ids.uuid(),
      eventId: event.id,
      position,
      schema: event.schema,
      createdAt: tx.at,
      policyVersionId: judged.policy.id,
      decisionId,
    }
    const alert = deps.store.alerts.insert(tx, record)
    chains.push(deps.queueChain(tx, alert, judged.policy, event.reprocessOf === null ? 'event' : 'reprocess'))
    return alert
  })
  return { alerts, chains, problem: null }
}

function failed(problem: ProblemRecord): Settled {
  return { alerts: [], chains: [], problem }
}

/** @returns the decision's id, or '' where nothing was evaluated */
export function insertDecision(
  tx: Tx,
  { store }: Pick<SettleDeps, 'store'>,
  event: SettledEvent,
  judged: Extract<Settleable, { kind: 'judged' }>,
): string {
  if (!judged.evaluated) return ''
  const { nowNs, seed, answer } = judged.evaluated
  return store.decisions.insert(tx, {
    kind: 'alert',
    purpose: 'live',
    isTaken: true,
    policyVersionId: judged.policy.id,
    policyForm: answer.form,
    evaluator: answer.evaluator,
    evaluatorHash: answer.evaluatorHash,
    eventId: event.id,
    chainId: null,
    roundNo: null,
    actionId: null,
    mode: null,
    inputParts: event.reprocessOf === null ? null : { reprocessOf: event.reprocessOf },
    inputSha256: inputSha256(event),
    output: answer.text,
    nowNs,
    seed,
    durationUs: answer.durationUs,
    prints: answer.prints,
    error: answer.error === null ? null : { ...answer.error },
  })
}

function inputSha256({ body, sha256: whole }: SettledEvent): string {
  const seen = readableBytes(body)
  return seen === body ? whole : sha256(seen)
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

import type { JsonValue } from '../../../shared/model/json.ts'
import type { ResponseMode } from '../../../shared/model/states.ts'
import type { Asked } from '../../../shared/model/views.ts'
import type { ActionPort } from '../actions/action-port.ts'
import type { Bus } from '../news/bus.ts'
import type { EvaluateRequest, Evaluation } from '../policy/evaluation.ts'
import type { DecidingRules } from '../policy/toolchain/types.ts'
import type { LivePolicy } from '../policy/policy-service.ts'
import type { Limits } from '../limits/limits.ts'
import type { Clock, Ids, Log } from '../ports/ports.ts'
import type { DecisionStore } from '../store/decision-store.ts'
import type { PersistentAttributeStore } from '../store/persistent-attribute-store.ts'
import type { Tx, Writer } from '../store/writer.ts'
import type { AlertInputs } from './rounds/alert-inputs.ts'
import type { ApprovalStore } from './records/approval-store.ts'
import type { ContainmentStore } from './records/containment-store.ts'
import type { ChainStore } from './records/chain-store.ts'

/** What the chain needs of the policies; `PolicyService` is it. */
export interface ChainPolicy {
  evaluate(request: EvaluateRequest): Promise<Evaluation>
  version(id: string): Promise<LivePolicy>
  live(): LivePolicy | null
  /** Which rules make actions, by entrypoint; empty where that cannot be told. */
  decidingRules(versionId: string): DecidingRules[]
  explain(request: EvaluateRequest, rule: string, member: JsonValue): Promise<Asked | null>
  onChange(listener: () => void): () => void
}

export interface ChainProblem {
  code: string
  chainId: string
  message: string
  /** Where it is about one action. */
  actionId?: string
}

export interface ChainDeps {
  writer: Writer
  chains: ChainStore
  approvals: ApprovalStore
  containments: ContainmentStore
  decisions: DecisionStore
  attributes: PersistentAttributeStore
  /** The alert in the forms that policies and actions get. */
  alerts: Pick<AlertInputs, 'forPolicy' | 'forActions' | 'isComplete' | 'eventId' | 'attributes' | 'remember'>
  policy: ChainPolicy
  actions: ActionPort
  /** Null where actions touch nothing (`play`). */
  limits: Limits | null
  /** `input.env`: variables as they are, secrets as handles. */
  env(): Promise<Record<string, string>>
  mode(): ResponseMode
  /** Whether more events come than are stored at once: chains give way then. */
  isUnderLoad(): boolean
  /** Whether an analyst is there to ask (`desk`): then what was due long ago is held until the answer. */
  isAttended?: boolean
  /** How long an approval waits when the policy does not say (milliseconds). */
  expiryMs(): number
  /** Lists what ended a chain, or the action of which nobody knows the outcome, in the same transaction. */
  recordProblem(tx: Tx, problem: ChainProblem): void
  /**
   * Takes the problems of a chain off the list, or those of one of its actions. What made them none is the act.
   * @param how `answered`, `rerun`
   */
  resolveProblems(tx: Tx, about: { chainId: string; actionId?: string }, how: 'answered' | 'rerun'): void
  /** In the transaction of a decision: the analyst works on these alerts, so they are new no more. */
  takeUp(tx: Tx, alertIds: readonly string[]): void
  clock: Clock
  ids: Ids
  bus: Bus
  log: Log
}

export { ANALYST, SYSTEM } from './records/actors.ts'

import type { z } from 'zod'
import type { CallName, CallResult, Contract } from '../../../shared/contract.ts'
import type { JsonValue } from '../../../shared/model/json.ts'
import type { ReceiverState } from '../../../shared/model/views.ts'
import type { ActionPort } from '../actions/action-port.ts'
import type { Bus } from '../news/bus.ts'
import type { ChainService } from '../chain/chain-service.ts'
import type { EngineConfig } from '../ports/config.ts'
import type { Machine } from '../limits/own-machine.ts'
import type { Intake } from '../intake/intake.ts'
import type { PolicyService } from '../policy/policy-service.ts'
import type { ProveRunner } from '../prove/prove-runner.ts'
import type { Clock, Log, SecretPort } from '../ports/ports.ts'
import type { Receiver } from '../receiver/receiver.ts'
import type { ModeSwitch } from '../chain/response-mode.ts'
import type { ReportService } from '../report/report-service.ts'
import type { RuleFollower } from '../rules/rule-follower.ts'
import type { Handles } from '../secrets/handles.ts'
import type { Store } from '../store/store.ts'

/** What the handlers of the screen's calls stand on. */
export interface DeskContext {
  config: EngineConfig
  store: Store
  policy: PolicyService
  chains: ChainService
  intake: Intake
  /** Null where events come by `run` alone. */
  receiver: Receiver | null
  actions: ActionPort
  secrets: SecretPort
  handles: Handles
  mode: ModeSwitch
  machine: () => Machine
  bus: Bus
  clock: Clock
  log: Log
  /** Null where nobody stays to inspect and review (`run`). */
  reports: ReportService | null
  /** Null where nobody stays to look at a proof. */
  prover: ProveRunner | null
  /** Names the rules of alerts; null where nobody stays to look. */
  ruleFollower: Pick<RuleFollower, 'run'> | null
  /** Makes changed settings take effect in what has read them already. */
  applySettings: () => Promise<void>
  /** Ends everything, puts a backup in the database's place, and starts again. */
  restore: (backup: string) => Promise<void>
}

/** The answer of one call, from an argument that the router has checked. */
export type Handler<Name extends CallName> = (
  arg: z.output<Contract[Name]['arg']>,
) => CallResult<Name> | Promise<CallResult<Name>>

export type Handlers<Names extends CallName> = { [Name in Names]: Handler<Name> }

/** A view as a person may see it: handles of secrets read ‹NAME›. */
export function printed<View>(handles: Handles, view: View): View {
  // A view is JSON (its schema in the contract says so), and only texts inside it change.
  return handles.replace(view as JsonValue, (name) => `‹${name}›`) as View
}

export const NO_RECEIVER: ReceiverState = {
  state: 'stopped',
  url: null,
  address: '',
  message: 'Nothing is received.',
}

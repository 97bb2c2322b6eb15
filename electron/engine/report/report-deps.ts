import type { ActionPort } from '../actions/action-port.ts'
import type { LookupPort } from '../actions/lookup.ts'
import type { ChainService, QueuedChain } from '../chain/chain-service.ts'
import type { ResponseMode } from '../../../shared/model/states.ts'
import type { Bus } from '../news/bus.ts'
import type { PolicyPort } from '../intake/policy-port.ts'
import type { Clock, Ids, Log } from '../ports/ports.ts'
import type { Store } from '../store/store.ts'
import type { LookupStore } from './records/lookup-store.ts'
import type { ReportStore } from './records/report-store.ts'
import type { ReportInputs } from './report-inputs.ts'

/** Milliseconds of the pipeline's waits, read anew at each use. */
export interface ReportTimes {
  windowMs: number
  inspectDelayMs: number
  reviewDelayMs: number
}

/** What reports stand on. */
export interface ReportDeps {
  store: Pick<Store, 'writer' | 'alerts' | 'events' | 'decisions' | 'problems'>
  reports: ReportStore
  lookups: LookupStore
  inputs: ReportInputs
  policy: PolicyPort
  actions: ActionPort & LookupPort
  /** Chains that carry out what `emit` says of a state. */
  chains: Pick<ChainService, 'queueReportChain' | 'wakeReportChains'>
  /** `input.env`: variables as they are, secrets as handles. */
  env: () => Promise<Record<string, string>>
  mode: () => ResponseMode
  times: () => ReportTimes
  /** Whether more events come than are stored at once: reports give way then. */
  isUnderLoad: () => boolean
  clock: Clock
  ids: Ids
  bus: Bus
  log: Log
}

export type { QueuedChain }

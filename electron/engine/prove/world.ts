import type { Settings } from '../../../shared/model/settings.ts'
import type { ActionEntry } from '../actions/action-list.ts'
import type { Action } from '../actions/action-definition.ts'
import type { Machine } from '../limits/own-machine.ts'
import type { LoadedPolicies } from './prove-policy.ts'
import type { ScratchSecrets } from './scratch-secrets.ts'
import type { Ids, Log } from '../ports/ports.ts'

/** What all scenarios of a run share. */
export interface ProveWorld {
  policies: LoadedPolicies
  secrets: ScratchSecrets
  /** The analyst's settings: services' addresses, variables. */
  settings: Settings
  /** Process variables: what names addresses, what policies may see as it is, and stand-ins for what they see as handles. */
  env: Readonly<Record<string, string>>
  /** What is protected without anybody listing it. */
  machine: Machine
  policyDir: string
  appDir: string
  /** A folder of the run's own, removed at its end. */
  folder: string
  /** The built-in ones. */
  actions: readonly Action[]
  /** What the workspace declares itself: no service of it is known. */
  declared: readonly Pick<ActionEntry, 'uses' | 'effect'>[]
  ids: Ids
  log: Log
}

/** An event as a detector would send it. */
export interface SampleEvent {
  schema: string
  body: Uint8Array
  /** Its file in the workspace; null for the made-up one. */
  file: string | null
}

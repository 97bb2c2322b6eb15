import type { JsonObject } from '../../../../shared/model/json.ts'
import type { ActionFacts } from '../../actions/action-port.ts'
import type { Stage } from '../stand-in.ts'
import type { Trial } from '../trial.ts'
import type { SampleEvent } from '../world.ts'

/** One proposal that is tried in every way. */
export interface Case {
  uses: string
  args: JsonObject
  event: SampleEvent
  facts: Pick<ActionFacts, 'secretArgs' | 'canProbe' | 'isIdempotent' | 'names'> & {
    isContaining: boolean
    isIrreversible: boolean
    /** It takes `for`. */
    canExpire: boolean
  }
  /** The case as it is staged, to see what can go wrong with it. */
  stage: Pick<Stage, 'http' | 'changeElsewhere'>
}

/** One thing that goes wrong, and what must hold all the same. */
export interface Scenario {
  id: string
  title: string
  /** Why it cannot be tried on this action; null where it can. */
  unless: (tried: Case) => string | null
  /** The proposal's arguments, where the scenario is about those. @param handle a genuine one */
  args?: (tried: Case, handle: string) => JsonObject
  /** What is protected before the event comes. */
  protects?: (tried: Case) => readonly string[]
  run: (trial: Trial, tried: Case) => Promise<void>
}

export const ALWAYS = (): null => null

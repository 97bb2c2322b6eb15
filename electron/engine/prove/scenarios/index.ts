import { CRASHES } from './crashes.ts'
import { DECISIONS } from './decisions.ts'
import { LIMITS } from './limits.ts'
import { NETWORK } from './network.ts'
import type { Scenario } from './scenario.ts'
import { SECRETS } from './secrets.ts'

/** Every fault scenario, in the order of the report. */
export const SCENARIOS: readonly Scenario[] = [...NETWORK, ...CRASHES, ...DECISIONS, ...LIMITS, ...SECRETS]

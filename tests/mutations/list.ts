import { ACCOUNT_MUTATIONS } from './account-mutations.ts'
import { AWS_MUTATIONS } from './aws-mutations.ts'
import { CHAIN_MUTATIONS } from './chain-mutations.ts'
import { CONTAINMENT_MUTATIONS } from './containment-mutations.ts'
import { EFFECT_MUTATIONS } from './effect-mutations.ts'
import { FIRST_ROUND_MUTATIONS } from './first-round-mutations.ts'
import { LIMIT_MUTATIONS } from './limit-mutations.ts'
import type { Mutation } from './mutation.ts'
import { NETWORK_MUTATIONS } from './network-mutations.ts'
import { OWN_ACTION_MUTATIONS } from './own-action-mutations.ts'
import { RECORD_MUTATIONS } from './record-mutations.ts'
import { REPORT_MUTATIONS } from './report-mutations.ts'
import { SEARCH_MUTATIONS } from './search-mutations.ts'

/** Every fault that the tests are known to notice. */
export const MUTATIONS: readonly Mutation[] = [
  ...ACCOUNT_MUTATIONS,
  ...AWS_MUTATIONS,
  ...CHAIN_MUTATIONS,
  ...CONTAINMENT_MUTATIONS,
  ...EFFECT_MUTATIONS,
  ...FIRST_ROUND_MUTATIONS,
  ...LIMIT_MUTATIONS,
  ...NETWORK_MUTATIONS,
  ...OWN_ACTION_MUTATIONS,
  ...RECORD_MUTATIONS,
  ...REPORT_MUTATIONS,
  ...SEARCH_MUTATIONS,
]

import type { PolicyService } from '../policy/policy-service.ts'

/** What receiver and intake ask of the policies. */
export type PolicyPort = Pick<PolicyService, 'live' | 'hasEntrypoint' | 'evaluate'>

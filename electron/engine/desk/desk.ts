import type { CallName } from '../../../shared/contract.ts'
import { alertHandlers } from './alerts.ts'
import { approvalHandlers } from './approvals.ts'
import { chainHandlers } from './chains.ts'
import { containmentHandlers } from './containments.ts'
import type { DeskContext, Handlers } from './context.ts'
import { eventHandlers } from './events.ts'
import { policyHandlers } from './policies.ts'
import { problemHandlers } from './problems.ts'
import { proofHandlers } from './proofs.ts'
import { reportHandlers } from './reports.ts'
import { sampleHandlers } from './samples.ts'
import { secretHandlers } from './secrets.ts'
import { scriptHandlers } from './scripts.ts'
import { settingHandlers } from './settings.ts'
import { sourceHandlers } from './sources.ts'
import { stateHandlers } from './state.ts'
import { storeHandlers } from './stores.ts'

/** Every call of the contract. */
export function deskHandlers(context: DeskContext): Handlers<CallName> {
  return {
    ...stateHandlers(context),
    ...alertHandlers(context),
    ...chainHandlers(context),
    ...approvalHandlers(context),
    ...eventHandlers(context),
    ...problemHandlers(context),
    ...containmentHandlers(context),
    ...reportHandlers(context),
    ...policyHandlers(context),
    ...settingHandlers(context),
    ...scriptHandlers(context),
    ...secretHandlers(context),
    ...sourceHandlers(context),
    ...sampleHandlers(context),
    ...proofHandlers(context),
    ...storeHandlers(context),
  }
}

import type { ActionSubject } from '../actions/action-port.ts'
import type { ChainDeps } from './chain-deps.ts'
import type { ChainRecord } from './records.ts'

/** What an action works for: the alert with the chain's present attributes. */
export function subjectOf(deps: ChainDeps, chain: ChainRecord): ActionSubject {
  const attrs = chain.attrs.map((attribute) => ({ ...attribute }))
  return { alert: { ...deps.alerts.forActions(chain.subjectId), attrs }, chainId: chain.id }
}

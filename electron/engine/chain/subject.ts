import type { ActionSubject } from '../actions/action-port.ts'
import type { ChainDeps } from './chain-deps.ts'
import type { ChainRecord } from './records.ts'

/** What an action works for: the alert as its round's policy saw it. What the round commits is seen from the next one on. */
export function subjectOf(deps: ChainDeps, chain: ChainRecord): ActionSubject {
  const attrs = deps.chains.round(chain.id, chain.roundNo)?.attrsBefore ?? chain.attrs
  const alert = { ...deps.alerts.forActions(chain.subjectId), attrs: attrs.map((one) => ({ ...one })) }
  return { alert, chainId: chain.id }
}

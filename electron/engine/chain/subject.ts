import type { ActionSubject } from '../actions/action-port.ts'
import type { ChainDeps } from './chain-deps.ts'
import type { ChainRecord } from './records.ts'

/** What an action works for: the alert as its round's policy saw it. What the round commits is seen from the next one on. */
export function subjectOf(deps: ChainDeps, chain: ChainRecord): ActionSubject {
<<<<<<< electron/engine/chain/subject.ts
  const attrs = chain.attrs.map((attribute) => ({ ...attribute }))
  return { alert: { ...deps.alerts.forActions(chain.subjectId), attrs }, chainId: chain.id }
=======
  const attrs = deps.chains.round(chain.id, chain.roundNo)?.attrsBefore ?? chain.attrs
  return { alert: { ...deps.alertInput(chain.subjectId), attrs: attrs.map((one) => ({ ...one })) }, chainId: chain.id }
>>>>>>> /tmp/perf/mg/theirs.subject.ts
}

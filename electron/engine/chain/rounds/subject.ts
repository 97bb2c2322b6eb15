import type { Attribute } from '../../../../shared/model/alert.ts'
import type { JsonObject } from '../../../../shared/model/json.ts'
import type { ActionSubject } from '../../actions/action-port.ts'
import type { ChainDeps } from '../chain-deps.ts'
import type { ChainRecord } from '../records/records.ts'

/**
 * What an action works for: the alert as its round's policy saw it. What the round commits is seen from the next one on.
 * @param attrs the attributes that the round began with, where the caller has them
 */
export function subjectOf(deps: ChainDeps, chain: ChainRecord, attrs?: readonly Attribute[]): ActionSubject {
  let alert: JsonObject | undefined
  return {
    alertId: chain.subjectId,
    chainId: chain.id,
    policyVersionId: chain.policyVersionId,
    // Many actions never look at it.
    get alert() {
      return (alert ??= alertOf(deps, chain, attrs))
    },
  }
}

function alertOf(deps: ChainDeps, chain: ChainRecord, given: readonly Attribute[] | undefined): JsonObject {
  const attrs = given ?? deps.chains.round(chain.id, chain.roundNo)?.attrsBefore ?? chain.attrs
  return { ...deps.alerts.forActions(chain), attrs: attrs.map((one) => ({ ...one })) }
}

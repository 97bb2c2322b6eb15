import type { Action } from './action-definition.ts'
import { defineContainment } from './containment.ts'
import { crowdstrikeHost, type CrowdstrikeClient } from './crowdstrike-client.ts'
import { said } from '../forms/said.ts'

/** Gives a contained host its network back: the inverse of `crowdstrike.contain_host`. */
export function crowdstrikeLiftContainment(client: CrowdstrikeClient): Action {
  return defineContainment({
    ...crowdstrikeHost(client, 'lift_containment'),
    uses: 'crowdstrike.lift_containment',
    lockedArgs: ['base_url', 'device_id'],
    undo: null,
    noUndo: 'It is the way back: to contain the host again is another containment.',
    title: ({ device_id: device }) => `Lift the containment of host ${device.toLowerCase()} by CrowdStrike`,
    effectSentence: () => 'The host reaches its network again.',
    standing({ status }) {
      if (status === 'normal') return { is: 'so' }
      if (status === 'lift_containment_pending') return { is: 'coming' }
      if (status === 'contained') return { is: 'open' }
      return { is: 'barred', why: `The host is ${said(status)}, not contained` }
    },
  })
}

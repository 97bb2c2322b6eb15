import type { Action } from './action-definition.ts'
import { defineContainment } from './containment.ts'
import { crowdstrikeHost, type CrowdstrikeClient } from './crowdstrike-client.ts'
import { said } from '../forms/said.ts'

/** Cuts a host off from the network by its CrowdStrike sensor. */
export function crowdstrikeContainHost(client: CrowdstrikeClient): Action {
  return defineContainment({
    ...crowdstrikeHost(client, 'contain'),
    uses: 'crowdstrike.contain_host',
    lockedArgs: ['base_url'],
    undo: {
      uses: 'crowdstrike.lift_containment',
      sentence: 'Gives the host back its network, unless its containment was lifted since. Asks again.',
    },
    title: ({ device_id: device }) => `Contain host ${device.toLowerCase()} by CrowdStrike`,
    effectSentence: () =>
      'The host reaches nothing but CrowdStrike’s cloud and what the containment policy there allows; connections break. It keeps running.',
    standing({ status }) {
      if (status === 'contained') return { is: 'so' }
      if (status === 'containment_pending') return { is: 'coming' }
      if (status === 'normal') return { is: 'open' }
      return { is: 'barred', why: `The host is ${said(status)}, and only one that is normal is contained` }
    },
    inverse: ({ base_url: base, ...args }) => ({
      uses: 'crowdstrike.lift_containment',
      args: base === undefined ? args : { ...args, base_url: base },
    }),
  })
}

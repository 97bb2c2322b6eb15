import type { Action } from '../action-definition.ts'
import { httpRequest } from '../containment-model.ts'
import { defineContainment } from '../containment.ts'
import { said } from '../../forms/said.ts'
import { cloudflareItem, normalIp, type CloudflareClient } from './cloudflare-client.ts'

/** What tells an item of ours from others in the list: the comment stands beside it in Cloudflare's dashboard. */
const COMMENT = 'Blocked by Tocsin (cloudflare.block_ip)'

/** Puts an address or range on a list that a rule of the account uses. */
export function cloudflareBlockIp(client: CloudflareClient): Action {
  return defineContainment({
    ...cloudflareItem(client),
    uses: 'cloudflare.block_ip',
    lockedArgs: ['account_id', 'list_id'],
    undo: {
      uses: 'cloudflare.unblock_ip',
      sentence: 'Takes the item off the list, unless it was changed since. Asks again.',
    },
    title: (args) => `Block ${normalIp(args)} by a list of Cloudflare`,
    effectSentence: (args) =>
      `What the account’s rules do with the list befalls all requests from ${normalIp(args)}, at every zone that these rules cover.`,
    standing({ status }) {
      if (status === 'listed') return { is: 'so' }
      if (status === 'not listed') return { is: 'open' }
      return { is: 'barred', why: `It is ${said(status)}, and addresses are put only in one of kind ip` }
    },
    requests: (args) => [httpRequest('POST', client.itemsUrl(args), [{ ip: normalIp(args), comment: COMMENT }])],
    inverse: (args) => ({ uses: 'cloudflare.unblock_ip', args: { ...args, ip: normalIp(args) } }),
  })
}

import type { Action } from '../action-definition.ts'
import { httpRequest } from '../containment-model.ts'
import { defineContainment } from '../containment.ts'
import { said } from '../../forms/said.ts'
import { cloudflareItem, normalIp, type CloudflareClient } from './cloudflare-client.ts'

/** Takes an address or range off a list: the inverse of `cloudflare.block_ip`. */
export function cloudflareUnblockIp(client: CloudflareClient): Action {
  return defineContainment({
    ...cloudflareItem(client),
    uses: 'cloudflare.unblock_ip',
    lockedArgs: ['account_id', 'list_id', 'ip'],
    undo: null,
    noUndo: 'It is the way back: to block the address again is another block.',
    title: (args) => `Take ${normalIp(args)} off a list of Cloudflare`,
    effectSentence: (args) =>
      `The account’s rules do nothing more with requests from ${normalIp(args)} because of this item. A wider range in the list stays.`,
    standing({ status }) {
      if (status === 'not listed') return { is: 'so' }
      if (status === 'listed') return { is: 'open' }
      return { is: 'barred', why: `It is ${said(status)}, and addresses are taken only off one of kind ip` }
    },
    requests: (args, { state }) => [
      httpRequest('DELETE', client.itemsUrl(args), { items: [{ id: state['item_id'] ?? '' }] }),
    ],
  })
}

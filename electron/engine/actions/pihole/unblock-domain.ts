import { z } from 'zod'
import type { JsonObject } from '../../../../shared/model/json.ts'
import type { Action } from '../action-definition.ts'
import { httpRequest, type HttpRequest } from '../containment-model.ts'
import { defineContainment } from '../containment.ts'
import { asciiDomain, domainInWords } from '../domain-arg.ts'
import { canonicalJson } from '../../forms/canonical.ts'
import { said } from '../../forms/said.ts'
import { apiUrl, PIHOLE, piholeArgs, type PiholeClient } from './pihole-client.ts'

/** What an entry was like before it was put in force. */
export const restoredEntry = z.object({
  enabled: z.boolean(),
  groups: z.array(z.number().int().nonnegative()).max(1000),
  comment: z.string().nullable(),
})

const unblockArgs = piholeArgs.extend({
  restore: restoredEntry
    .strict()
    .optional()
    .describe('What the entry on the deny list was like before; without it there was none'),
})
type UnblockArgs = z.infer<typeof unblockArgs>

/** Takes one name off Pi-hole's deny list, or gives its entry back as it was: the inverse of `pihole.block_domain`. */
export function piholeUnblockDomain(client: PiholeClient): Action {
  return defineContainment<UnblockArgs, HttpRequest>({
    who: PIHOLE,
    args: unblockArgs,
    secretArgs: ['secret_password'],
    uses: 'pihole.unblock_domain',
    lockedArgs: ['base_url', 'domain', 'restore'],
    undo: null,
    noUndo: 'It is the way back: to block the name again is another block.',
    title: (args) =>
      args.restore === undefined
        ? `Take ${domainInWords(args)} off the deny list of Pi-hole`
        : `Give the deny entry of ${domainInWords(args)} in Pi-hole back as it was`,
    target: asciiDomain,
    effectSentence: (args) =>
      `Pi-hole no longer keeps the addresses of ${asciiDomain(args)} back by this entry. Other lists and patterns stay.`,
    read: (args, context) => client.read(args, context),
    standing: (state, { restore }) => releasedStanding(state, restore),
    requests({ restore, ...args }) {
      const url = `${apiUrl(args)}/domains/deny/exact/${asciiDomain(args)}`
      if (restore === undefined) return [httpRequest('DELETE', url)]
      return [httpRequest('PUT', url, { type: 'deny', kind: 'exact', ...restore })]
    },
    send: (args, request, context) => client.change(args, request, context),
  })
}

function releasedStanding({ status, enabled, groups, comment }: JsonObject, restore: UnblockArgs['restore']) {
  if (restore === undefined) return { is: status === 'not denied' ? 'so' : 'open' } as const
  const present = canonicalJson({ enabled: enabled ?? null, groups: groups ?? null, comment: comment ?? null })
  if (present === canonicalJson(restore)) return { is: 'so' } as const
  if (status === 'denied') return { is: 'open' } as const
  return { is: 'barred', why: `The name is ${said(status)}, and no longer as it was left` } as const
}

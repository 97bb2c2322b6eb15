import { z } from 'zod'
import type { JsonObject } from '../../../../shared/model/json.ts'
import type { Action } from '../action-definition.ts'
import { httpRequest, type HttpRequest, type Standing } from '../containment-model.ts'
import { defineContainment } from '../containment.ts'
import { asciiDomain, domainInWords, neededHost } from '../domain-arg.ts'
import { said } from '../../forms/said.ts'
import { apiUrl, DEFAULT_GROUP, PIHOLE, piholeArgs, type PiholeArgs, type PiholeClient } from './pihole-client.ts'
import { restoredEntry } from './unblock-domain.ts'

const COMMENT = 'Blocked by Tocsin (pihole.block_domain)'

const beforeSchema = z.object({ before: z.looseObject({}) })
const presentSchema = z.object({ groups: z.array(z.number()), comment: z.string().nullable() })

/** Puts one name on Pi-hole's deny list, in force for every client of the default group. */
export function piholeBlockDomain(client: PiholeClient, needed: () => readonly string[]): Action {
  return defineContainment<PiholeArgs, HttpRequest>({
    who: PIHOLE,
    args: piholeArgs,
    secretArgs: ['secret_password'],
    uses: 'pihole.block_domain',
    lockedArgs: ['base_url'],
    undo: {
      uses: 'pihole.unblock_domain',
      sentence:
        'Takes the name off the deny list, or gives its entry back as it was, unless it was changed since. Asks again.',
    },
    title: (args) => `Block ${domainInWords(args)} by Pi-hole`,
    target: asciiDomain,
    effectSentence: (args) =>
      `Clients of Pi-hole’s default group get no address of ${asciiDomain(args)} any more; names below it are not affected.`,
    read: (args, context) => client.read(args, context),
    standing(state, args) {
      const why = neededHost(args, needed(), false)
      return why === null ? blockedStanding(state) : { is: 'barred', why }
    },
    requests: (args, { state }) => [requestFor(args, state)],
    send: (args, request, context) => client.change(args, request, context),
    inverse(args, result) {
      const done = beforeSchema.safeParse(result)
      const restore = restoredEntry.safeParse(done.data?.before)
      const found = done.success && done.data.before['status'] !== 'not denied'
      // An entry was there, and the result does not say what it was like.
      if (!done.success || (found && !restore.success)) return null
      const own: JsonObject = { ...args, domain: asciiDomain(args) }
      return { uses: 'pihole.unblock_domain', args: restore.success ? { ...own, restore: restore.data } : own }
    },
  })
}

function blockedStanding({ status, let_through_by: allowed, blocking }: JsonObject): Standing {
  if (blocking !== 'enabled') return { is: 'barred', why: `Pi-hole’s blocking is ${said(blocking)}` }
  if (Array.isArray(allowed)) {
    return {
      is: 'barred',
      why: `Pi-hole lets the name through by its allow list (${allowed.map(said).join(', ')})`,
    }
  }
  return { is: status === 'denied' ? 'so' : 'open' }
}

/** An entry that is there is put in force with all that it has; its inverse gives it back. */
function requestFor(args: PiholeArgs, state: JsonObject): HttpRequest {
  const url = `${apiUrl(args)}/domains/deny/exact`
  const domain = asciiDomain(args)
  const present = presentSchema.safeParse(state)
  if (!present.success) {
    return httpRequest('POST', url, { domain, comment: COMMENT, groups: [DEFAULT_GROUP], enabled: true })
  }
  const { groups, comment } = present.data
  const all = [...new Set([DEFAULT_GROUP, ...groups])]
  return httpRequest('PUT', `${url}/${domain}`, { type: 'deny', kind: 'exact', comment, groups: all, enabled: true })
}

import type { JsonObject } from '../../../../shared/model/json.ts'
import type { Action } from '../action-definition.ts'
import type { Standing } from '../containment-model.ts'
import { defineContainment } from '../containment.ts'
import { asciiDomain, domainInWords, neededHost } from '../domain-arg.ts'
import { said } from '../../forms/said.ts'
import { ADGUARD, adguardArgs, apiUrl, isRule, ruleOf, type AdguardArgs, type AdguardClient } from './adguard-client.ts'

/** What AdGuard Home says of a name that its rules block. */
const BLOCKED = 'FilteredBlackList'

/** Blocks a name, and all names below it, by a custom rule of AdGuard Home. */
export function adguardBlockDomain(client: AdguardClient, needed: () => readonly string[]): Action {
  return defineContainment<AdguardArgs>({
    who: ADGUARD,
    args: adguardArgs,
    secretArgs: ['secret_password'],
    uses: 'adguard.block_domain',
    lockedArgs: ['base_url'],
    undo: {
      uses: 'adguard.unblock_domain',
      sentence: 'Takes the rule out again and leaves all others, unless it was changed since. Asks again.',
    },
    title: (args) => `Block ${domainInWords(args)} and all names below it by AdGuard Home`,
    target: asciiDomain,
    effectSentence: (args) =>
      `Clients of AdGuard Home get no address of ${asciiDomain(args)} and of names below it any more, unless a client has settings of its own.`,
    read: (args, context) => client.read(args, context),
    standing(state, args) {
      const why = neededHost(args, needed(), true)
      return why === null ? blockedStanding(state) : { is: 'barred', why }
    },
    requests: (args) => [
      {
        call: `POST ${apiUrl(args)}/filtering/set_rules`,
        body: { rules: ['(all that are there by then, in their order)', ruleOf(args)] },
      },
    ],
    send: (args, _request, context) =>
      client.edit(
        args,
        (rules) => (rules.some((line) => isRule(line, ruleOf(args))) ? [...rules] : [...rules, ruleOf(args)]),
        context,
      ),
    inverse: (args) => ({ uses: 'adguard.unblock_domain', args: { ...args, domain: asciiDomain(args) } }),
  })
}

function blockedStanding({ status, reason, let_through_by: first, filtering }: JsonObject): Standing {
  if (filtering !== 'on') return { is: 'barred', why: 'AdGuard Home’s protection or filtering is off' }
  if (Array.isArray(first)) {
    return {
      is: 'barred',
      why: `AdGuard Home answers the name by something that goes first (${said(reason)}: ${said(first)})`,
    }
  }
  if (status !== 'listed') return { is: 'open' }
  // A new list of rules takes a moment to load.
  return { is: reason === BLOCKED ? 'so' : 'coming' }
}

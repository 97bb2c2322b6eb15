import type { Action } from '../action-definition.ts'
import { defineContainment } from '../containment.ts'
import { asciiDomain, domainInWords } from '../domain-arg.ts'
import { ADGUARD, adguardArgs, apiUrl, isRule, ruleOf, type AdguardArgs, type AdguardClient } from './adguard-client.ts'

/** Takes the rule of one name out of AdGuard Home's custom rules: the inverse of `adguard.block_domain`. */
export function adguardUnblockDomain(client: AdguardClient): Action {
  return defineContainment<AdguardArgs>({
    who: ADGUARD,
    args: adguardArgs,
    secretArgs: ['secret_password'],
    uses: 'adguard.unblock_domain',
    lockedArgs: ['base_url', 'domain'],
    undo: null,
    noUndo: 'It is the way back: to block the name again is another block.',
    title: (args) => `Take the rule of ${domainInWords(args)} out of AdGuard Home`,
    target: asciiDomain,
    effectSentence: (args) =>
      `AdGuard Home no longer keeps the addresses of ${asciiDomain(args)} and of names below it back by this rule. Other rules and lists stay.`,
    read: (args, context) => client.read(args, context),
    standing: ({ status }) => ({ is: status === 'listed' ? 'open' : 'so' }),
    requests: (args) => [
      {
        call: `POST ${apiUrl(args)}/filtering/set_rules`,
        body: { rules: [`(all that are there by then, in their order, but ${ruleOf(args)})`] },
      },
    ],
    send: (args, _request, context) =>
      client.edit(args, (rules) => rules.filter((line) => !isRule(line, ruleOf(args))), context),
  })
}

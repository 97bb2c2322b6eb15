import type { JsonObject } from '../../../../shared/model/json.ts'
import { argText, headerOf, placeOf, textOf, type StandIn, type StandInAnswer } from '../stand-in.ts'

const OTHERS = ['! of the stand-in', '||ads.stand-in.example^']

/** AdGuard Home: its custom rules, with the rule of one name or without it. */
export const adguard: StandIn = {
  uses: ['adguard.block_domain', 'adguard.unblock_domain'],
  service: 'AdGuard Home',
  args: (_uses, secret) => ({
    base_url: 'https://stand-in.adguard.example',
    username: 'stand-in',
    secret_password: secret,
    domain: 'evil.stand-in.example',
  }),
  open({ uses, args, hasSecret }) {
    const rule = `||${argText(args, 'domain').toLowerCase()}^`
    let rules = uses === 'adguard.block_domain' ? OTHERS : [...OTHERS, rule]
    let isProtecting = true
    const made: string[] = []
    const write = (body: string): StandInAnswer => {
      rules = (JSON.parse(body) as { rules: string[] }).rules // as it was sent
      made.push(rules.includes(rule) ? `add ${rule}` : `remove ${rule}`)
      return { status: 200 }
    }
    const read: Record<string, () => JsonObject> = {
      '/filtering/status': () => ({ enabled: true, user_rules: rules }),
      '/filtering/check_host': () =>
        rules.includes(rule)
          ? { reason: 'FilteredBlackList', rules: [{ text: rule }] }
          : { reason: 'NotFilteredNotFound', rules: [] },
      '/status': () => ({ protection_enabled: isProtecting }),
    }
    return {
      args,
      made: () => made,
      changeElsewhere: () => void (isProtecting = false),
      http: {
        changes: ({ method }) => method !== 'GET',
        answer(request) {
          const logIn = headerOf(request, 'authorization').replace(/^Basic /, '')
          if (!hasSecret(Buffer.from(logIn, 'base64').toString('utf8'))) return { status: 401, body: 'Unauthorized' }
          if (request.method !== 'GET') return write(textOf(request))
          const place = placeOf(request).path.replace(/^.*\/control/, '')
          return { status: 200, body: read[place]?.() ?? null }
        },
      },
    }
  },
}

import type { Mutation } from './mutation.ts'

const ACTIONS = 'electron/engine/actions'
const CLOUDFLARE = `${ACTIONS}/cloudflare/cloudflare-client.ts`
const CLOUDFLARE_TEST = `${ACTIONS}/cloudflare/cloudflare.test.ts`
const LISTED_TEST = `${ACTIONS}/cloudflare/listed-ip.test.ts`
const PIHOLE_TEST = `${ACTIONS}/pihole/pihole.test.ts`
const ADGUARD = `${ACTIONS}/adguard/adguard-client.ts`
const ADGUARD_TEST = `${ACTIONS}/adguard/adguard.test.ts`
const DEFENDER = `${ACTIONS}/defender/isolation-state.ts`
const DEFENDER_TEST = `${ACTIONS}/defender/defender.test.ts`
const ISOLATION_TEST = `${ACTIONS}/defender/isolation-state.test.ts`

/** What cuts addresses, names and machines off. */
export const NETWORK_MUTATIONS: readonly Mutation[] = [
  {
    name: 'an IPv4 address in IPv6 clothes is blocked as the network of all of them',
    file: `${ACTIONS}/cloudflare/listed-ip.ts`,
    from: 'parseAddress(host) ?? ipaddr.parse(host)',
    to: 'ipaddr.parse(host)',
    test: LISTED_TEST,
  },
  {
    name: 'an item of Cloudflare that was not reached counts as absent',
    file: CLOUDFLARE,
    from: "if (cursor === '') return onlyOne(found, ip)",
    to: 'return onlyOne(found, ip)',
    test: CLOUDFLARE_TEST,
  },
  {
    name: 'an operation of Cloudflare that failed is waited for',
    file: CLOUDFLARE,
    from: "if (status === 'failed') throw",
    to: "if (status === 'gone') throw",
    test: CLOUDFLARE_TEST,
  },
  {
    name: 'an allow entry of Pi-hole is not looked for',
    file: `${ACTIONS}/pihole/block-domain.ts`,
    from: 'if (Array.isArray(allowed))',
    to: 'if (Array.isArray(allowed) && allowed.length > 99)',
    test: PIHOLE_TEST,
  },
  {
    name: 'an entry of Pi-hole that was there is deleted by the undo',
    file: `${ACTIONS}/pihole/unblock-domain.ts`,
    from: 'if (restore === undefined) return [httpRequest',
    to: 'if (restore !== null) return [httpRequest',
    test: PIHOLE_TEST,
  },
  {
    name: 'sessions of Pi-hole stay open',
    file: `${ACTIONS}/pihole/pihole-client.ts`,
    from: 'if (sid !== null) await this.#logOut',
    to: "if (sid === '') await this.#logOut",
    test: PIHOLE_TEST,
  },
  {
    name: 'two writes of AdGuard Home’s rules go at the same time',
    file: ADGUARD,
    from: '(this.#writes.get(base) ?? Promise.resolve()).then(work)',
    to: 'Promise.resolve().then(work)',
    test: ADGUARD_TEST,
  },
  {
    name: 'rules that somebody wrote over count as written',
    file: ADGUARD,
    from: '      await this.#assertKept(args, next, context)\n',
    to: '',
    test: ADGUARD_TEST,
  },
  {
    name: 'a rule that stands there counts as a name that is blocked',
    file: `${ACTIONS}/adguard/block-domain.ts`,
    from: "reason === BLOCKED ? 'so' : 'coming'",
    to: "reason !== '' ? 'so' : 'coming'",
    test: ADGUARD_TEST,
  },
  {
    name: 'a request that Defender has under way counts as isolated',
    file: DEFENDER,
    from: "const done = newestFirst.find(({ status }) => status === 'Succeeded')",
    to: "const done = newestFirst.find(({ status }) => status !== 'Failed')",
    test: ISOLATION_TEST,
  },
  {
    name: 'a request of Defender that failed before ours counts as ours',
    file: DEFENDER,
    from: "if (before === null || id === before['request_id'] || type !== verb) return null",
    to: 'if (before === null || type !== verb) return null',
    test: ISOLATION_TEST,
  },
  {
    name: 'a release that failed bars the next one',
    file: `${ACTIONS}/prior-state.ts`,
    from: 'names.filter((name) => !OF_REQUEST.test(name))',
    to: 'names',
    test: DEFENDER_TEST,
  },
  {
    name: 'another machine’s action counts as this one’s',
    file: `${ACTIONS}/defender/defender-client.ts`,
    from: 'other.toLowerCase() !== id',
    to: "other.toLowerCase() === ''",
    test: DEFENDER_TEST,
  },
]

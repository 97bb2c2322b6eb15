import {
  ADGUARD_DOMAIN,
  ADGUARD_RULES,
  ADGUARD_USER,
  RULES_PATH,
  SET_RULES_PATH,
  startFakeAdguard,
} from './fake-adguard.ts'
import { KEYED, SERVICE_KEY, type ContainedWorld } from './contained-world.ts'
import { CLOUDFLARE_ACCOUNT, CLOUDFLARE_LIST, LIST_PATH, startFakeCloudflare } from './fake-cloudflare.ts'
import { DENY_PATH, PIHOLE_DOMAIN, startFakePihole } from './fake-pihole.ts'

export async function cloudflareWorld(): Promise<ContainedWorld> {
  const fake = await startFakeCloudflare(SERVICE_KEY)
  const ip = '203.0.113.7'
  const kindOf = (status: string): string => /of kind (.*)/.exec(status)?.[1] ?? 'ip'
  return {
    ...fake,
    ...KEYED,
    looks: 2,
    showsLate: true,
    urls: { CLOUDFLARE_BASE_URL: fake.remote.url },
    stateOf: (status) => ({ status }),
    argsWith: (secret) => ({ account_id: CLOUDFLARE_ACCOUNT, list_id: CLOUDFLARE_LIST, secret_token: secret, ip }),
    target: { arg: 'ip', id: `${CLOUDFLARE_LIST}/${ip}`, inverse: ip },
    paths: { read: LIST_PATH, contain: `POST ${LIST_PATH}/items` },
    verbs: ['add', 'remove'],
    words: { free: 'not listed', contained: 'listed', barred: 'in a list of kind hostname' },
    set(status) {
      fake.setKind(kindOf(status))
      fake.remove(ip)
      if (status === 'listed') fake.add(ip)
    },
    status: () => (fake.items().some((item) => item.ip === ip) ? 'listed' : 'not listed'),
  }
}

/** Names that would be read as more than one name, or as a pattern. */
const NO_DOMAINS = [
  '*.example.com',
  '||evil.example.com^',
  'evil.example.com\n@@||example.com^',
  'evil.example.com evil2.example.com',
  'evil.example.com,evil2.example.com',
  '/evil/',
  '(^|\\.)evil\\.example\\.com$',
  'evil.example.com$important',
  '#evil.example.com',
  '203.0.113.7',
  'com',
  'evil..example.com',
  '-evil.example.com',
]

export async function piholeWorld(): Promise<ContainedWorld> {
  const fake = await startFakePihole(SERVICE_KEY)
  return {
    ...fake,
    ...KEYED,
    // Log-in, three questions, log-out; and one more log-in before the change.
    looks: 6,
    hostile: NO_DOMAINS,
    stateOf: (status) => ({ status }),
    argsWith: (secret) => ({ base_url: fake.remote.url, secret_password: secret, domain: PIHOLE_DOMAIN }),
    target: { arg: 'domain', id: PIHOLE_DOMAIN, inverse: PIHOLE_DOMAIN },
    paths: { read: `GET ${DENY_PATH}`, contain: 'POST /api/domains/deny/exact' },
    verbs: ['add', 'remove'],
    words: { free: 'not denied', contained: 'denied' },
    set(status) {
      fake.remove(PIHOLE_DOMAIN)
      if (status === 'denied') fake.put({})
    },
    status: () => (fake.entries().some(({ type, enabled }) => type === 'deny' && enabled) ? 'denied' : 'not denied'),
  }
}

export async function adguardWorld(): Promise<ContainedWorld> {
  const fake = await startFakeAdguard(SERVICE_KEY)
  const rule = `||${ADGUARD_DOMAIN}^`
  const status = (): string => (fake.rules().includes(rule) ? 'listed' : 'not listed')
  return {
    ...fake,
    ...KEYED,
    // Three questions; and one more look at the rules before they are written.
    looks: 4,
    hostile: NO_DOMAINS,
    stateOf: (word) => ({ status: word }),
    argsWith: (secret) => ({
      base_url: fake.remote.url,
      username: ADGUARD_USER,
      secret_password: secret,
      domain: ADGUARD_DOMAIN,
    }),
    target: { arg: 'domain', id: ADGUARD_DOMAIN, inverse: ADGUARD_DOMAIN },
    paths: { read: `GET ${RULES_PATH}`, contain: `POST ${SET_RULES_PATH}` },
    bodyOnCard(sent) {
      const { rules } = JSON.parse(sent) as { rules: string[] }
      const others = '(all that are there by then, in their order)'
      const isWhole = ADGUARD_RULES.every((one, index) => rules[index] === one)
      return JSON.stringify({ rules: isWhole ? [others, ...rules.slice(ADGUARD_RULES.length)] : rules })
    },
    verbs: ['add', 'remove'],
    words: { free: 'not listed', contained: 'listed' },
    set: (word) => fake.write(word === 'listed' ? [...ADGUARD_RULES, rule] : [...ADGUARD_RULES]),
    status,
  }
}

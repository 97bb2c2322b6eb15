import { KEYED, SERVICE_KEY, type ContainedWorld } from './contained-world.ts'
import { CLOUDFLARE_ACCOUNT, CLOUDFLARE_LIST, LIST_PATH, startFakeCloudflare } from './fake-cloudflare.ts'

export async function cloudflareWorld(): Promise<ContainedWorld> {
  const fake = await startFakeCloudflare(SERVICE_KEY)
  const ip = '203.0.113.7'
  const kindOf = (status: string): string => /of kind (.*)/.exec(status)?.[1] ?? 'ip'
  return {
    ...fake,
    ...KEYED,
    looks: 2,
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

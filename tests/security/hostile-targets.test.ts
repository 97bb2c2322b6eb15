import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { JsonObject, JsonValue } from '../../shared/model/json.ts'
import type { ActionView } from '../../shared/model/views.ts'
import { delivery, jsonOf } from '../fakes/delivery.ts'
import { openEngineWorld, type EngineWorld } from '../fakes/engine.ts'
import { FakeRemote } from '../fakes/fake-remote.ts'
import { MICROSOFT_CLIENT, MICROSOFT_TENANT } from '../fakes/fake-microsoft-login.ts'
import { HOSTILE_IDS } from '../fakes/hostile-ids.ts'

const KEY = 'the-key-of-every-service'

/** One alert of each list of acts: an action that fails ends its chain. */
const ALERT = `package alert.a

alert contains {"title": sprintf("Odd log-in %d", [no]), "attrs": [{"key": "no", "value": no}]} if some no, _ in input.lists
`

/** Acts on whatever the event names, as a careless policy does. */
const ACTION = `package action

run contains {
	"id": sprintf("act-%d", [i]), "uses": act.uses,
	"args": object.union(act.args, {act.secret: input.env.KEY}),
} if {
	input.seq == 0
	some i, act in input.alert.data.lists[input.alert.attrs[0].value]
}
`

/** A thousand looks at a service, beside whatever else the machine does. */
const TIMEOUT_MS = 180_000

interface Act {
  uses: string
  secret: string
  args: JsonObject
}

let remote: FakeRemote
let world: EngineWorld

beforeAll(async () => {
  remote = await FakeRemote.start({ service: ({ path }) => oktaUser(path) })
  const at = remote.url
  world = await openEngineWorld((folder) => {
    const policyDir = join(folder, 'policy')
    for (const [name, source] of Object.entries({ alert: ALERT, action: ACTION })) {
      mkdirSync(join(policyDir, name), { recursive: true })
      writeFileSync(join(policyDir, name, 'a.rego'), source)
    }
    const urls = { LOGIN_BASE_URL: at, GRAPH_BASE_URL: at, GOOGLE_BASE_URL: at, GITHUB_API_URL: at }
    const others = { DEFENDER_BASE_URL: at, CLOUDFLARE_BASE_URL: at, AWS_ENDPOINT_URL: at }
    const env = { TOCSIN_NET_ALLOW: '127.0.0.1', ...urls, ...others }
    return { policyDir, starterDir: null, hasReceiver: false, mode: 'policy', env }
  })
  await world.ask('secrets.set', { name: 'KEY', value: KEY, hosts: [] })
})
afterAll(async () => {
  await world.close()
  await remote.close()
})

/** Okta, where every name is a user's. */
function oktaUser(path: string): { status?: number; body: string } {
  const [, who = '', verb] = /^\/api\/v1\/users\/([^/]+)(\/lifecycle\/suspend)?$/.exec(path) ?? []
  if (who === '') return { status: 404, body: '{}' }
  if (verb !== undefined) suspended.push(who)
  const status = suspended.includes(who) ? 'SUSPENDED' : 'ACTIVE'
  return { body: JSON.stringify({ id: who, status, statusChanged: null, profile: { login: decodeURIComponent(who) } }) }
}
let suspended: string[] = []
beforeEach(() => void (suspended = []))

const oktaArgs = (): JsonObject => ({ base_url: remote.url })
const DOMAIN = 'evil.example.com'
const MACHINE = '1e5bc9d7e413ddd7902c2932e418702b84d0cc07'
const CLOUDFLARE = { account_id: 'a'.repeat(32), list_id: 'b'.repeat(32), ip: '203.0.113.7' }
const adguardArgs = (): JsonObject => ({ base_url: remote.url, username: 'desk' })
const ENTRA: JsonObject = { tenant_id: MICROSOFT_TENANT, client_id: MICROSOFT_CLIENT }

const AWS: JsonObject = { region: 'eu-central-1', access_key_id: 'AKIADESKDESKDESKDESK' }
const AWS_ACL: JsonObject = { ...AWS, network_acl_id: 'acl-0123456789abcdef0' }

/** Each action, without the argument that the event fills. */
const ACTIONS: [uses: string, secret: string, filled: string, args: () => JsonObject][] = [
  ['okta.suspend_user', 'secret_token', 'user_id', oktaArgs],
  ['okta.unsuspend_user', 'secret_token', 'user_id', oktaArgs],
  ['okta.clear_sessions', 'secret_token', 'user_id', oktaArgs],
  ['entra.disable_user', 'secret_client_secret', 'user_id', () => ENTRA],
  ['entra.enable_user', 'secret_client_secret', 'user_id', () => ENTRA],
  ['entra.revoke_sessions', 'secret_client_secret', 'user_id', () => ENTRA],
  ['entra.disable_user', 'secret_client_secret', 'tenant_id', () => ({ ...ENTRA, user_id: 'jane.doe@example.com' })],
  ['google.suspend_user', 'secret_service_account', 'user_email', () => ({ admin_email: 'soar@example.com' })],
  ['google.restore_user', 'secret_service_account', 'user_email', () => ({ admin_email: 'soar@example.com' })],
  ['google.suspend_user', 'secret_service_account', 'admin_email', () => ({ user_email: 'jane.doe@example.com' })],
  ['github.block_user', 'secret_token', 'user_name', () => ({ org: 'acme-corp' })],
  ['github.unblock_user', 'secret_token', 'user_name', () => ({ org: 'acme-corp' })],
  ['github.block_user', 'secret_token', 'org', () => ({ user_name: 'mallory' })],
  ['cloudflare.block_ip', 'secret_token', 'ip', () => CLOUDFLARE],
  ['cloudflare.block_ip', 'secret_token', 'list_id', () => CLOUDFLARE],
  ['cloudflare.block_ip', 'secret_token', 'account_id', () => CLOUDFLARE],
  ['cloudflare.unblock_ip', 'secret_token', 'ip', () => CLOUDFLARE],
  ['pihole.block_domain', 'secret_password', 'domain', oktaArgs],
  ['pihole.unblock_domain', 'secret_password', 'domain', oktaArgs],
  ['adguard.block_domain', 'secret_password', 'domain', adguardArgs],
  ['adguard.unblock_domain', 'secret_password', 'domain', adguardArgs],
  ['adguard.block_domain', 'secret_password', 'base_url', () => ({ username: 'desk', domain: DOMAIN })],
  ['defender.isolate_machine', 'secret_client_secret', 'machine_id', () => ENTRA],
  ['defender.release_machine', 'secret_client_secret', 'machine_id', () => ENTRA],
  ['defender.isolate_machine', 'secret_client_secret', 'tenant_id', () => ({ ...ENTRA, machine_id: MACHINE })],
  ['aws.quarantine_instance', 'secret_access_key', 'instance_id', () => AWS],
  ['aws.quarantine_instance', 'secret_access_key', 'region', () => ({ ...AWS, instance_id: 'i-0123456789abcdef0' })],
  ['aws.release_instance', 'secret_access_key', 'instance_id', () => AWS],
  ['aws.stop_instance', 'secret_access_key', 'instance_id', () => AWS],
  ['aws.start_instance', 'secret_access_key', 'instance_id', () => AWS],
  ['aws.disable_access_key', 'secret_access_key', 'user_name', () => ({ ...AWS, key_id: 'AKIAIOSFODNN7EXAMPLE' })],
  ['aws.disable_access_key', 'secret_access_key', 'key_id', () => ({ ...AWS, user_name: 'deploy-bot' })],
  ['aws.enable_access_key', 'secret_access_key', 'key_id', () => ({ ...AWS, user_name: 'deploy-bot' })],
  ['aws.deny_role_sessions', 'secret_access_key', 'role_name', () => AWS],
  ['aws.allow_role_sessions', 'secret_access_key', 'role_name', () => AWS],
  ['aws.block_ip', 'secret_access_key', 'cidr', () => AWS_ACL],
  ['aws.block_ip', 'secret_access_key', 'network_acl_id', () => ({ ...AWS, cidr: '203.0.113.7' })],
  ['aws.unblock_ip', 'secret_access_key', 'cidr', () => AWS_ACL],
]

/** What an event puts where a target is meant, beside what is none anywhere. */
const HOSTILE: JsonValue[] = [
  ...HOSTILE_IDS,
  `secret:KEY:${'0'.repeat(64)}`,
  'jane.doe@example.com\u202e',
  '\u2066jane.doe@example.com',
  'jane.doe＠example.com',
  'jane.doe@exаmple.com',
  '00u1f2e3d4\u200bc5b6a7980h',
  '%0d%0aHost:%20evil',
  '${input.env.KEY}',
  { $ne: null },
]

/** Takes an event that names these, one chain for each list, and waits until they have run or wait. */
async function received(lists: Act[][]): Promise<ActionView[]> {
  const body = JSON.stringify({ lists })
  const { alerts } = jsonOf(await world.engine.services().intake.receive(delivery({ schema: 'a', body })))
  await world.idle()
  const actions: ActionView[] = []
  for (const { id } of z.array(z.object({ id: z.string() })).parse(alerts)) {
    const { chains } = await world.ask('alerts.get', { id })
    const { rounds } = await world.ask('chains.get', { id: chains[0]?.id ?? '' })
    actions.push(...rounds.flatMap((round) => round.actions))
  }
  return actions
}

describe('[S25] what an event names as a target', () => {
  it.each(ACTIONS)('%s (%s, %s) reaches nothing by what is none', async (uses, secret, filled, args) => {
    const actions = await received(HOSTILE.map((value) => [{ uses, secret, args: { ...args(), [filled]: value } }]))
    expect(actions).toHaveLength(HOSTILE.length)
    expect(actions.filter(({ state, error }) => state !== 'failed' || error?.code !== 'invalid_args')).toEqual([])
    expect(remote.calls).toEqual([])
    expect((await world.ask('approvals.list', {})).rows).toEqual([])
  })

  it(
    'is each its own card where there are a thousand, and one approval reaches one',
    async () => {
      const names = Array.from({ length: 1000 }, (_, no) => `00u${String(no).padStart(6, '0')}`)
      const acts = names.map((name) => ({
        uses: 'okta.suspend_user',
        secret: 'secret_token',
        args: { ...oktaArgs(), user_id: name },
      }))
      const actions = await received([acts])
      expect(actions.map(({ target, state }) => `${target} ${state}`)).toEqual(names.map((name) => `${name} waiting`))
      expect(suspended).toEqual([])
      const chosen = actions[417]
      const actionId = chosen?.id ?? ''
      const { boundHash, plan } = await world.ask('approvals.get', { actionId })
      const url = `${remote.url}/api/v1/users/${chosen?.target}/lifecycle/suspend`
      expect(plan).toContainEqual({ key: 'Request', value: `POST ${url}` })
      const before = remote.calls.length
      await world.ask('approvals.approve', { actionId, boundHash, isStaleConfirmed: false, editedArgs: null, why: '' })
      await world.engine.services().chains.whenIdle()
      expect(suspended).toEqual([chosen?.target])
      const touched = remote.calls.slice(before).filter(({ method }) => method === 'POST')
      expect(touched.map(({ path }) => `${remote.url}${path}`)).toEqual([url])
    },
    TIMEOUT_MS,
  )
})

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { actionKit, noWaits, secretsOf, type ActionKit } from '../../../../tests/fakes/action-kit.ts'
import { ROLE, USER, USER_KEY } from '../../../../tests/fakes/aws/fake-iam.ts'
import { ACL } from '../../../../tests/fakes/aws/ec2-world.ts'
import { AWS_KEY, AWS_REGION, startFakeAws, type FakeAws } from '../../../../tests/fakes/aws/fake-aws.ts'
import type { JsonObject } from '../../../../shared/model/json.ts'

const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'
const NOON = Date.parse('2026-01-02T12:00:00.000Z')

let fake: FakeAws
let kit: ActionKit
let now: number
let account: JsonObject
beforeEach(async () => {
  now = NOON
  fake = await startFakeAws(SECRET)
  const urls = { AWS_ENDPOINT_URL: fake.remote.url }
  kit = actionKit({ secrets: secretsOf({ KEY: SECRET }), clock: { ...noWaits, now: () => now }, urls })
  account = { region: AWS_REGION, access_key_id: AWS_KEY, secret_access_key: kit.handles.make('KEY') }
})
afterEach(async () => {
  await kit.close()
  await fake.remote.close()
})

async function succeeded(uses: string, args: JsonObject): Promise<JsonObject> {
  const outcome = await kit.run(uses, { ...account, ...args })
  expect(outcome).toMatchObject({ outcome: 'succeeded' })
  return (outcome as { result: JsonObject }).result // as it succeeded
}

function undo(uses: string, args: JsonObject, result: JsonObject): Promise<JsonObject> {
  const inverse = kit.actions.inverse(uses, { ...account, ...args }, result)
  return succeeded(inverse?.uses ?? '', inverse?.args ?? {})
}

describe('denying the sessions of a role', () => {
  const cutOff = (): unknown => {
    const text = fake.iam.policies.get('TocsinDenyOlderSessions')
    const { Statement: [statement] = [] } = JSON.parse(text ?? '{}') as { Statement?: { Condition: unknown }[] }
    return statement?.Condition
  }

  it('denies everything to those before the moment of sending, not of planning', async () => {
    const intent = await kit.intent('aws.deny_role_sessions', { ...account, role_name: ROLE })
    expect(JSON.stringify(intent.plan.rows)).toContain('the moment at which this is sent')
    now = NOON + 3_600_000
    await succeeded('aws.deny_role_sessions', { role_name: ROLE })
    expect(cutOff()).toEqual({ DateLessThan: { 'aws:TokenIssueTime': '2026-01-02T13:00:00.000Z' } })
  })

  it('moves the moment on with each denial, and back with each undo', async () => {
    const args = { role_name: ROLE }
    const first = await succeeded('aws.deny_role_sessions', args)
    now += 1
    const second = await succeeded('aws.deny_role_sessions', args)
    expect(second).toMatchObject({ changed: true, before: { denied_before: '2026-01-02T12:00:00.000Z' } })
    await undo('aws.deny_role_sessions', args, second)
    expect(cutOff()).toEqual({ DateLessThan: { 'aws:TokenIssueTime': '2026-01-02T12:00:00.000Z' } })
    await undo('aws.deny_role_sessions', args, first)
    expect([...fake.iam.policies]).toEqual([])
  })

  it('[S44] denies nothing while it works with temporary keys, whose role nobody tells', async () => {
    const temporary = { ...account, secret_session_token: kit.handles.make('KEY'), role_name: ROLE }
    const barred = { code: 'target_barred', message: expect.stringContaining('temporary keys') as string }
    await expect(kit.intent('aws.deny_role_sessions', temporary)).rejects.toMatchObject(barred)
    expect([...fake.iam.policies]).toEqual([])
    expect(await kit.run('aws.allow_role_sessions', temporary)).toMatchObject({ outcome: 'succeeded' })
  })

  it('touches no policy of another form under its name', async () => {
    fake.iam.policies.set(
      'TocsinDenyOlderSessions',
      '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}',
    )
    for (const uses of ['aws.deny_role_sessions', 'aws.allow_role_sessions']) {
      await expect(kit.intent(uses, { ...account, role_name: ROLE })).rejects.toMatchObject({ code: 'target_barred' })
    }
  })
})

describe('disabling an access key', () => {
  it('does not disable the key that the desk itself uses', async () => {
    const message = expect.stringContaining('the key that the desk itself uses') as string
    const own = kit.intent('aws.disable_access_key', { ...account, user_name: USER, key_id: AWS_KEY })
    await expect(own).rejects.toMatchObject({ code: 'target_barred', message })
    expect(fake.remote.calls).toEqual([])
  })

  it('is of the very key of the very user', async () => {
    const other = USER_KEY.replace(/E$/, 'F')
    const args = { ...account, user_name: USER, key_id: other }
    await expect(kit.intent('aws.disable_access_key', args)).rejects.toMatchObject({ code: 'target_missing' })
  })
})

describe('blocking an address', () => {
  const rules = (isEgress: boolean): number[] =>
    fake.ec2.entries
      .filter((entry) => entry.isEgress === isEgress && entry.cidr !== '0.0.0.0/0')
      .map(({ number }) => number)

  it('takes the highest free number before the first rule that allows', async () => {
    fake.ec2.entries.push({ number: 99, isEgress: false, action: 'deny', protocol: '6', cidr: '198.51.100.0/24' })
    await succeeded('aws.block_ip', { network_acl_id: ACL, cidr: '203.0.113.0/24' })
    expect([rules(false), rules(true)]).toEqual([[99, 98], [99]])
  })

  it('sends nothing when another rule took the number', async () => {
    const args = { ...account, network_acl_id: ACL, cidr: '203.0.113.0/24' }
    const intent = await kit.intent('aws.block_ip', args)
    fake.ec2.entries.push({ number: 99, isEgress: true, action: 'deny', protocol: '-1', cidr: '198.51.100.0/24' })
    const outcome = await kit.actions.run(
      intent,
      { alertId: 'a', alert: {}, chainId: 'c' },
      new AbortController().signal,
    )
    expect(outcome).toMatchObject({ outcome: 'failed', error: { code: 'target_changed' } })
    expect(fake.changes).toEqual([])
  })

  it('takes back only the rule that it made', async () => {
    fake.ec2.entries.push({ number: 7, isEgress: false, action: 'deny', protocol: '-1', cidr: '203.0.113.7/32' })
    const args = { network_acl_id: ACL, cidr: '203.0.113.7' }
    const result = await succeeded('aws.block_ip', args)
    expect([rules(false), rules(true)]).toEqual([[7], [99]])
    await undo('aws.block_ip', args, result)
    expect([rules(false), rules(true)]).toEqual([[7], []])
  })

  it('counts no denial behind a rule that allows', async () => {
    fake.ec2.entries.push({ number: 200, isEgress: false, action: 'deny', protocol: '-1', cidr: '203.0.113.7/32' })
    await succeeded('aws.block_ip', { network_acl_id: ACL, cidr: '203.0.113.7' })
    expect(rules(false)).toEqual([200, 99])
  })

  it('says so when there is no number left', async () => {
    fake.ec2.entries.push({ number: 1, isEgress: true, action: 'allow', protocol: '6', cidr: '0.0.0.0/0' })
    const message = expect.stringContaining('no free rule number') as string
    const none = kit.intent('aws.block_ip', { ...account, network_acl_id: ACL, cidr: '203.0.113.7' })
    await expect(none).rejects.toMatchObject({ code: 'target_barred', message })
  })

  it('blocks ranges of IPv6 as such', async () => {
    await succeeded('aws.block_ip', { network_acl_id: ACL, cidr: '2001:DB8:0::/32' })
    expect(fake.ec2.entries.filter(({ cidr }) => cidr === '2001:db8::/32')).toHaveLength(2)
  })
})

import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  actionKit,
  GOLDEN_ALERT,
  noWaits,
  secretsOf,
  subjectOf,
  type ActionKit,
} from '../../../../tests/fakes/action-kit.ts'
import { groupsOf } from '../../../../tests/fakes/aws/aws-pairs.ts'
import { DB, ENI_1, ENI_2, ENI_3, INSTANCE, SSH, VPC, WEB } from '../../../../tests/fakes/aws/ec2-world.ts'
import { AWS_KEY, AWS_REGION, operation, startFakeAws, type FakeAws } from '../../../../tests/fakes/aws/fake-aws.ts'
import { refused } from '../../../../tests/fakes/aws/query-protocol.ts'
import type { Step } from '../../../../tests/fakes/fake-remote.ts'
import type { JsonObject } from '../../../../shared/model/json.ts'
import type { Intent, RunOutcome } from '../action-port.ts'

const QUARANTINE = 'aws.quarantine_instance'
const RELEASE = 'aws.release_instance'
const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'
const MOVE = operation('ModifyNetworkInterfaceAttribute')
const BEFORE = { [ENI_1]: [WEB, SSH], [ENI_2]: [DB], [ENI_3]: [WEB] }
const subject = subjectOf(GOLDEN_ALERT)
const denied: Step = {
  do: 'answer',
  ...refused('ec2', { status: 403, code: 'UnauthorizedOperation', message: 'Not authorized.' }),
}

let fake: FakeAws
let kit: ActionKit
let args: JsonObject
beforeEach(async () => {
  fake = await startFakeAws(SECRET)
  kit = actionKit({ secrets: secretsOf({ KEY: SECRET }), clock: noWaits, urls: { AWS_ENDPOINT_URL: fake.remote.url } })
  args = {
    region: AWS_REGION,
    access_key_id: AWS_KEY,
    secret_access_key: kit.handles.make('KEY'),
    instance_id: INSTANCE,
  }
})
afterEach(async () => {
  await kit.close()
  await fake.remote.close()
})

const run = (intent: Intent): Promise<RunOutcome> => kit.actions.run(intent, subject, new AbortController().signal)
const isolated = (id = 'sg-00000000000000003'): JsonObject => ({ [ENI_1]: [id], [ENI_2]: [id], [ENI_3]: [id] })

async function quarantined(
  more: JsonObject = {},
): Promise<{ result: JsonObject; back: { uses: string; args: JsonObject } }> {
  const outcome = await run(await kit.intent(QUARANTINE, { ...args, ...more }))
  if (outcome.outcome !== 'succeeded') throw new Error(JSON.stringify(outcome))
  const back = kit.actions.inverse(QUARANTINE, { ...args, ...more }, outcome.result)
  if (back === null) throw new Error('there is no inverse')
  return { result: outcome.result as JsonObject, back } // as containments give it
}

describe('a quarantine that stopped half-way', () => {
  it('says what was done and what was not, and goes on from there with what the plan read as prior state', async () => {
    const intent = await kit.intent(QUARANTINE, args)
    fake.remote.on(MOVE, { do: 'serve' }, denied)
    const message = expect.stringMatching(
      /^3 of 5 requests were carried out, the next one was not: .*UnauthorizedOperation/,
    ) as string
    expect(await run(intent)).toMatchObject({ outcome: 'unknown', error: { code: 'partly_done', message } })
    expect(groupsOf(fake.ec2)).toEqual({ ...BEFORE, [ENI_1]: ['sg-00000000000000003'] })
    expect(await kit.actions.probe(intent, subject, new AbortController().signal)).toEqual({ state: 'not_done' })
    fake.remote.on(MOVE, { do: 'serve' })
    const outcome = await run(intent)
    expect(outcome).toMatchObject({ outcome: 'succeeded', result: { changed: true, before: { groups: BEFORE } } })
    expect(groupsOf(fake.ec2)).toEqual(isolated())
    expect(fake.changes.filter((name) => name === 'ModifyNetworkInterfaceAttribute')).toHaveLength(3)
  })

  it('closes a group that was made and not closed', async () => {
    const intent = await kit.intent(QUARANTINE, args)
    fake.ec2.groups.set('sg-00000000000000009', {
      name: 'tocsin-isolation',
      ingress: [],
      egress: ['0.0.0.0/0', '::/0'],
    })
    expect(await run(intent)).toMatchObject({
      outcome: 'succeeded',
      result: { before: { isolation: { [VPC]: null } } },
    })
    expect(fake.changes).toEqual([
      'RevokeSecurityGroupEgress',
      ...Array<string>(3).fill('ModifyNetworkInterfaceAttribute'),
    ])
    expect(fake.ec2.groups.get('sg-00000000000000009')?.egress).toEqual([])
  })

  it('takes a group that another quarantine has made meanwhile', async () => {
    const intent = await kit.intent(QUARANTINE, args)
    fake.ec2.groups.set('sg-00000000000000009', { name: 'tocsin-isolation', ingress: [], egress: [] })
    expect(await run(intent)).toMatchObject({ outcome: 'succeeded' })
    expect(groupsOf(fake.ec2)).toEqual(isolated('sg-00000000000000009'))
  })

  it.each<[string, () => void]>([
    ['came', () => void fake.ec2.interfaces.set('eni-00000000000000004', [WEB])],
    ['went', () => void fake.ec2.interfaces.delete(ENI_2)],
    ['moved elsewhere', () => void fake.ec2.interfaces.set(ENI_2, [WEB])],
  ])('sends nothing when an interface %s since the plan', async (_what, change) => {
    const intent = await kit.intent(QUARANTINE, args)
    change()
    expect(await run(intent)).toMatchObject({ outcome: 'failed', error: { code: 'target_changed' } })
    expect(fake.changes).toEqual([])
  })

  it('waits for a new group that EC2 does not know everywhere yet', async () => {
    const unknown: Step = {
      do: 'answer',
      ...refused('ec2', { status: 400, code: 'InvalidGroup.NotFound', message: 'No such group.' }),
    }
    const intent = await kit.intent(QUARANTINE, args)
    fake.remote.on(MOVE, unknown, unknown, { do: 'serve' })
    expect(await run(intent)).toMatchObject({ outcome: 'succeeded' })
  })
})

describe('the group for isolation', () => {
  it('is used only without rules of somebody else', async () => {
    fake.ec2.groups.set('sg-00000000000000009', { name: 'tocsin-isolation', ingress: ['any'], egress: [] })
    const message = expect.stringMatching(
      /has given the group tocsin-isolation.*ingress tcp 443-443 0\.0\.0\.0\/0/,
    ) as string
    await expect(kit.intent(QUARANTINE, args)).rejects.toMatchObject({ code: 'target_barred', message })
  })

  it('that still lets everything out isolates nobody who is in it', async () => {
    fake.ec2.groups.set('sg-00000000000000009', { name: 'tocsin-isolation', ingress: [], egress: ['0.0.0.0/0'] })
    for (const eni of [ENI_1, ENI_2, ENI_3]) fake.ec2.interfaces.set(eni, ['sg-00000000000000009'])
    expect(await run(await kit.intent(QUARANTINE, args))).toMatchObject({
      outcome: 'succeeded',
      result: { changed: true },
    })
    expect(fake.changes).toEqual(['RevokeSecurityGroupEgress'])
  })

  it('that was opened again is told as a difference', async () => {
    const { result, back } = await quarantined()
    fake.ec2.groups.get('sg-00000000000000003')?.egress.push('0.0.0.0/0')
    const { plan } = await kit.intent(back.uses, back.args)
    expect(JSON.stringify(plan.bound)).toContain('egress all 0.0.0.0/0')
    expect(JSON.stringify(result['after'])).not.toContain('egress')
  })
})

describe('a snapshot', () => {
  it('is started before anything else, and nothing is isolated without it', async () => {
    fake.remote.on(operation('CreateSnapshots'), denied)
    const intent = await kit.intent(QUARANTINE, { ...args, snapshot: true })
    expect(await run(intent)).toMatchObject({ outcome: 'failed', error: { code: 'key_refused' } })
    expect(fake.changes).toEqual([])
    fake.remote.on(operation('CreateSnapshots'), { do: 'serve' })
    await quarantined({ snapshot: true })
    expect(fake.changes[0]).toBe('CreateSnapshots')
  })

  it('is not undone, and the instance untouched, where the next request is refused', async () => {
    fake.remote.on(operation('CreateSecurityGroup'), denied)
    const intent = await kit.intent(QUARANTINE, { ...args, snapshot: true })
    expect(await run(intent)).toMatchObject({ outcome: 'failed', error: { code: 'key_refused' } })
    expect(fake.changes).toEqual(['CreateSnapshots'])
  })

  it('is made once, whatever is lost or done again', async () => {
    const intent = await kit.intent(QUARANTINE, { ...args, snapshot: true })
    fake.remote.on(operation('CreateSnapshots'), { do: 'serve-and-reset' }, { do: 'serve' })
    fake.remote.on(MOVE, denied, { do: 'serve' })
    expect(await run(intent)).toMatchObject({ outcome: 'unknown' })
    expect(await run(intent)).toMatchObject({ outcome: 'succeeded' })
    expect(fake.ec2.snapshots).toHaveLength(1)
  })
})

describe('the tag', () => {
  it.each([
    ['none', undefined],
    ['another value', 'no'],
  ])('is given, and %s is restored', async (_, before) => {
    if (before !== undefined) fake.ec2.instance.tags.set('quarantined', before)
    const { back } = await quarantined({ tag: 'quarantined=by tocsin' })
    expect(fake.ec2.instance.tags.get('quarantined')).toBe('by tocsin')
    expect(await run(await kit.intent(back.uses, back.args))).toMatchObject({ outcome: 'succeeded' })
    expect(fake.ec2.instance.tags.get('quarantined')).toBe(before)
    expect(groupsOf(fake.ec2)).toEqual(BEFORE)
  })

  it.each(['aws:name=a', '', '=a', 'a\nb', 'a=<b>', 'ключ=1'])('is none of %j', (tag) => {
    expect(() => kit.actions.describe(QUARANTINE, { ...args, tag })).toThrow(
      expect.objectContaining({ code: 'invalid_args' }),
    )
  })
})

describe('a release', () => {
  it('without the groups says why it cannot', async () => {
    await quarantined()
    const message = expect.stringMatching(
      /^Nobody says which security groups the interfaces had: give groups, as before\.groups/,
    ) as string
    await expect(kit.intent(RELEASE, args)).rejects.toMatchObject({ code: 'target_barred', message })
  })

  it('by a policy takes before.groups of the result', async () => {
    const { result } = await quarantined()
    const { groups = null } = result['before'] as JsonObject // as `quarantined` gives it
    expect(await run(await kit.intent(RELEASE, { ...args, groups }))).toMatchObject({ outcome: 'succeeded' })
    expect(groupsOf(fake.ec2)).toEqual(BEFORE)
  })

  it('that stopped half-way goes on from there', async () => {
    const { back } = await quarantined()
    const intent = await kit.intent(back.uses, back.args)
    fake.remote.on(MOVE, { do: 'serve' }, denied)
    expect(await run(intent)).toMatchObject({ outcome: 'unknown', error: { code: 'partly_done' } })
    fake.remote.on(MOVE, { do: 'serve' })
    expect(await run(intent)).toMatchObject({ outcome: 'succeeded', result: { changed: true } })
    expect(groupsOf(fake.ec2)).toEqual(BEFORE)
  })

  it('leaves alone an interface that somebody moved elsewhere or took away', async () => {
    const { back } = await quarantined()
    fake.ec2.interfaces.set(ENI_2, [WEB, DB])
    const moved = expect.stringContaining(
      `${ENI_2} is in ${WEB}, ${DB}, neither isolated nor as it was before`,
    ) as string
    await expect(kit.intent(back.uses, back.args)).rejects.toMatchObject({ code: 'target_barred', message: moved })
    fake.ec2.interfaces.delete(ENI_2)
    const gone = expect.stringContaining(`${ENI_2} is not an interface of the instance any more`) as string
    await expect(kit.intent(back.uses, back.args)).rejects.toMatchObject({ code: 'target_barred', message: gone })
  })
})

it('knows the instance by every name by which it may be protected', async () => {
  const { plan } = await kit.intent(QUARANTINE, args)
  expect(plan.names).toEqual(expect.arrayContaining([INSTANCE, 'web-frontend-17']))
})

it('isolates no instance without an interface', async () => {
  fake.ec2.interfaces.clear()
  await expect(kit.intent(QUARANTINE, args)).rejects.toMatchObject({ code: 'target_barred' })
})

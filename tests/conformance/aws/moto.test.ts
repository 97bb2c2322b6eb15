import {
  CreateNetworkAclCommand,
  CreateNetworkAclEntryCommand,
  DescribeNetworkAclsCommand,
  DescribeSnapshotsCommand,
} from '@aws-sdk/client-ec2'
import {
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  GetRolePolicyCommand,
  ListAccessKeysCommand,
  ListRolePoliciesCommand,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { changedSince } from '../../../electron/engine/actions/prior-state.ts'
import type { JsonObject } from '../../../shared/model/json.ts'
import { actionKit, noWaits, secretsOf, type ActionKit } from '../../fakes/action-kit.ts'
import { groupsOf, moveInterface, rulesOf, runInstance, statusOf, type TestInstance } from './instances.ts'
import { findMoto, Moto, MOTO_ACCOUNT, MOTO_SECRET, suiteWith } from './moto.ts'

/* The actions of AWS against moto, which behaves as EC2 and IAM do: what they make of a target is read by another client. */

const place = await findMoto()

describe.skipIf(place.why !== undefined)(suiteWith('AWS', place), () => {
  let moto: Moto
  let kit: ActionKit
  let account: JsonObject
  beforeAll(async () => {
    moto = await Moto.start(place)
  })
  afterAll(() => moto.stop())
  beforeEach(() => {
    kit = actionKit({
      secrets: secretsOf({ KEY: MOTO_SECRET }),
      clock: noWaits,
      urls: { AWS_ENDPOINT_URL: moto.url },
    })
    account = { ...MOTO_ACCOUNT, secret_access_key: kit.handles.make('KEY') }
  })
  afterEach(() => kit.close())

  async function succeeded(uses: string, args: JsonObject): Promise<JsonObject> {
    const outcome = await kit.run(uses, args)
    expect(outcome).toMatchObject({ outcome: 'succeeded' })
    return (outcome as { result: JsonObject }).result // as it succeeded
  }

  const inverseOf = (uses: string, args: JsonObject, result: JsonObject): { uses: string; args: JsonObject } => {
    const inverse = kit.actions.inverse(uses, args, result)
    if (inverse === null) throw new Error('there is no inverse')
    return inverse
  }

  async function undone(uses: string, args: JsonObject, result: JsonObject, by: string): Promise<JsonObject> {
    const inverse = inverseOf(uses, args, result)
    expect(inverse.uses).toBe(by)
    const { plan } = await kit.intent(inverse.uses, inverse.args)
    expect(changedSince(result, plan)).toEqual([])
    return succeeded(inverse.uses, inverse.args)
  }

  describe('aws.quarantine_instance', () => {
    const uses = 'aws.quarantine_instance'
    let instance: TestInstance
    let args: JsonObject
    beforeEach(async () => {
      instance = await runInstance(moto.ec2)
      args = { ...account, instance_id: instance.id }
    })

    it('moves every interface into one group without rules, and its undo restores the groups exactly', async () => {
      const result = await succeeded(uses, args)
      const groups = await groupsOf(moto.ec2, instance.id)
      const [group = '', ...others] = [...new Set(Object.values(groups).flat())]
      expect(others).toEqual([])
      expect(Object.keys(groups)).toHaveLength(2)
      expect(await rulesOf(moto.ec2, group)).toEqual([])
      expect(result).toMatchObject({ changed: true, before: { groups: instance.groups }, after: { groups } })
      await undone(uses, args, result, 'aws.release_instance')
      expect(await groupsOf(moto.ec2, instance.id)).toEqual(instance.groups)
    })

    it('takes the group that is there for the next instance', async () => {
      await succeeded(uses, args)
      const other = await runInstance(moto.ec2)
      await succeeded(uses, { ...account, instance_id: other.id })
      expect(Object.values(await groupsOf(moto.ec2, other.id))).toEqual(
        Object.values(await groupsOf(moto.ec2, instance.id)),
      )
    })

    it('changes nothing where it is so already', async () => {
      await succeeded(uses, args)
      const again = await succeeded(uses, args)
      expect(again).toMatchObject({ changed: false })
      expect(kit.actions.inverse(uses, args, again)).toBe(null)
    })

    it('tells that another client released it', async () => {
      const result = await succeeded(uses, args)
      const [[eni, groups] = ['', []]] = Object.entries(instance.groups)
      await moveInterface(moto.ec2, eni, groups)
      const inverse = inverseOf(uses, args, result)
      const { plan } = await kit.intent(inverse.uses, inverse.args)
      expect(changedSince(result, plan)).toEqual([
        expect.stringMatching(/^groups eni-\w+: was left sg-\w+, is sg-/) as string,
      ])
    })

    it('starts a snapshot first and tags the instance', async () => {
      await succeeded(uses, { ...args, snapshot: true, tag: 'quarantined=tocsin' })
      const Filters = [{ Name: 'description', Values: [`Tocsin: before the isolation of ${instance.id}`] }]
      const { Snapshots } = await moto.ec2.send(new DescribeSnapshotsCommand({ OwnerIds: ['self'], Filters }))
      expect(Snapshots).toHaveLength(1)
    })

    it('says of an instance that is not there what is missing', async () => {
      const missing = kit.intent(uses, { ...args, instance_id: 'i-0123456789abcdef0' })
      await expect(missing).rejects.toMatchObject({ code: 'target_missing' })
    })
  })

  it('aws.stop_instance stops it, and its undo starts it again', async () => {
    const { id } = await runInstance(moto.ec2)
    const args = { ...account, instance_id: id }
    const result = await succeeded('aws.stop_instance', args)
    expect(await statusOf(moto.ec2, id)).toBe('stopped')
    await undone('aws.stop_instance', args, result, 'aws.start_instance')
    expect(await statusOf(moto.ec2, id)).toBe('running')
  })

  describe('aws.disable_access_key', () => {
    it('disables that one key, and its undo enables it', async () => {
      await moto.iam.send(new CreateUserCommand({ UserName: 'deploy-bot' }))
      const make = async (): Promise<string> => {
        const { AccessKey } = await moto.iam.send(new CreateAccessKeyCommand({ UserName: 'deploy-bot' }))
        return AccessKey?.AccessKeyId ?? ''
      }
      const [key, other] = [await make(), await make()]
      const statuses = async (): Promise<unknown> => {
        const { AccessKeyMetadata = [] } = await moto.iam.send(new ListAccessKeysCommand({ UserName: 'deploy-bot' }))
        return Object.fromEntries(AccessKeyMetadata.map(({ AccessKeyId = '', Status }) => [AccessKeyId, Status]))
      }
      const args = { ...account, user_name: 'deploy-bot', key_id: key }
      const result = await succeeded('aws.disable_access_key', args)
      expect(await statuses()).toEqual({ [key]: 'Inactive', [other]: 'Active' })
      await undone('aws.disable_access_key', args, result, 'aws.enable_access_key')
      expect(await statuses()).toEqual({ [key]: 'Active', [other]: 'Active' })
      const again = await succeeded('aws.disable_access_key', args)
      await moto.iam.send(new UpdateAccessKeyCommand({ UserName: 'deploy-bot', AccessKeyId: key, Status: 'Active' }))
      const inverse = inverseOf('aws.disable_access_key', args, again)
      const { plan } = await kit.intent(inverse.uses, inverse.args)
      expect(changedSince(again, plan)).toEqual(['status: was left Inactive, is Active'])
    })

    it('says of a user who is not there what is missing', async () => {
      const args = { ...account, user_name: 'nobody', key_id: 'AKIAIOSFODNN7EXAMPLE' }
      await expect(kit.intent('aws.disable_access_key', args)).rejects.toMatchObject({ code: 'target_missing' })
    })
  })

  it('aws.deny_role_sessions writes its policy, and its undo removes it', async () => {
    const trust = JSON.stringify({ Version: '2012-10-17', Statement: [] })
    await moto.iam.send(new CreateRoleCommand({ RoleName: 'web-role', AssumeRolePolicyDocument: trust }))
    const args = { ...account, role_name: 'web-role' }
    const result = await succeeded('aws.deny_role_sessions', args)
    const PolicyName = 'TocsinDenyOlderSessions'
    const { PolicyDocument = '' } = await moto.iam.send(new GetRolePolicyCommand({ RoleName: 'web-role', PolicyName }))
    expect(JSON.parse(decodeURIComponent(PolicyDocument))).toMatchObject({
      Statement: [{ Effect: 'Deny', Action: ['*'], Resource: ['*'] }],
    })
    await undone('aws.deny_role_sessions', args, result, 'aws.allow_role_sessions')
    const { PolicyNames } = await moto.iam.send(new ListRolePoliciesCommand({ RoleName: 'web-role' }))
    expect(PolicyNames).toEqual([])
  })

  it.each([
    ['203.0.113.7', { CidrBlock: '203.0.113.7/32' }],
    ['2001:db8::/32', { Ipv6CidrBlock: '2001:db8::/32' }],
  ])(
    'aws.block_ip denies %s both ways before what is allowed, and its undo takes just that away',
    async (cidr, range) => {
      const { vpc } = await runInstance(moto.ec2)
      const { NetworkAcl } = await moto.ec2.send(new CreateNetworkAclCommand({ VpcId: vpc }))
      const id = NetworkAcl?.NetworkAclId ?? ''
      for (const Egress of [false, true]) {
        const rule = { RuleNumber: 100, Protocol: '-1', RuleAction: 'allow', CidrBlock: '0.0.0.0/0' } as const
        await moto.ec2.send(new CreateNetworkAclEntryCommand({ NetworkAclId: id, Egress, ...rule }))
      }
      const entries = async (): Promise<unknown[]> => {
        const { NetworkAcls: [acl] = [] } = await moto.ec2.send(new DescribeNetworkAclsCommand({ NetworkAclIds: [id] }))
        return acl?.Entries ?? []
      }
      const before = await entries()
      const args = { ...account, network_acl_id: id, cidr }
      const result = await succeeded('aws.block_ip', args)
      const denial = { ...range, RuleNumber: 99, RuleAction: 'deny', Protocol: '-1' }
      expect(await entries()).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ ...denial, Egress: false }),
          expect.objectContaining({ ...denial, Egress: true }),
        ]),
      )
      await undone('aws.block_ip', args, result, 'aws.unblock_ip')
      expect(await entries()).toEqual(before)
    },
  )
})

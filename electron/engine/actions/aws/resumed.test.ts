import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { groupsOf } from '../../../../tests/fakes/aws/aws-pairs.ts'
import { INSTANCE } from '../../../../tests/fakes/aws/ec2-world.ts'
import { AWS_KEY, AWS_REGION, operation, startFakeAws, type FakeAws } from '../../../../tests/fakes/aws/fake-aws.ts'
import { refused } from '../../../../tests/fakes/aws/query-protocol.ts'
import { delivery } from '../../../../tests/fakes/delivery.ts'
import { openEngineWorld, type EngineWorld } from '../../../../tests/fakes/engine.ts'

const SECRET = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'
const ALERT = 'package alert.a\n\nalert contains {"title": "Trojan"}\n'
const ACTION = `package action

run contains {"id": "isolate", "uses": "aws.quarantine_instance", "args": {
	"region": "${AWS_REGION}", "instance_id": "${INSTANCE}",
	"access_key_id": "${AWS_KEY}", "secret_access_key": input.env.KEY,
}} if input.seq == 0
`

let fake: FakeAws
let world: EngineWorld
beforeEach(async () => {
  fake = await startFakeAws(SECRET)
  world = await openEngineWorld((folder) => {
    const policyDir = join(folder, 'policy')
    for (const [name, source] of Object.entries({ alert: ALERT, action: ACTION })) {
      mkdirSync(join(policyDir, name), { recursive: true })
      writeFileSync(join(policyDir, name, 'a.rego'), source)
    }
    const env = { TOCSIN_NET_ALLOW: '127.0.0.1', AWS_ENDPOINT_URL: fake.remote.url }
    return { policyDir, starterDir: null, hasReceiver: false, mode: 'policy', env }
  })
  await world.ask('secrets.set', { name: 'KEY', value: SECRET, hosts: [] })
})
afterEach(async () => {
  await world.close()
  await fake.remote.close()
})

/** Approves what waits. @returns the action's id */
async function approve(): Promise<string> {
  const [row] = (await world.ask('approvals.list', {})).rows
  const actionId = row?.actionId ?? ''
  const { boundHash } = await world.ask('approvals.get', { actionId })
  await world.ask('approvals.approve', { actionId, boundHash, isStaleConfirmed: false, editedArgs: null, why: '' })
  await world.engine.services().chains.whenIdle()
  return actionId
}

it('tries again by the plan that was approved what stopped half-way, so that its undo restores all exactly', async () => {
  const before = groupsOf(fake.ec2)
  const MOVE = operation('ModifyNetworkInterfaceAttribute')
  await world.engine.services().intake.receive(delivery({ schema: 'a', body: '{}' }))
  await world.idle()
  const denied = refused('ec2', { status: 403, code: 'UnauthorizedOperation', message: 'Not authorized.' })
  fake.remote.on(MOVE, { do: 'serve' }, { do: 'answer', ...denied })
  const actionId = await approve()
  expect(new Set(Object.values(groupsOf(fake.ec2)).map(String)).size).toBeGreaterThan(1)
  fake.remote.on(MOVE, { do: 'serve' })
  await world.ask('actions.settleUnknown', { actionId, answer: 'again', reason: 'The key has the right now.' })
  await world.engine.services().chains.whenIdle()
  expect((await world.ask('approvals.list', {})).rows).toEqual([])
  expect(new Set(Object.values(groupsOf(fake.ec2)).map(String)).size).toBe(1)
  const [row] = (await world.ask('containments.list', {})).rows
  await world.ask('containments.undo', { attemptId: row?.attemptId ?? '' })
  await world.idle()
  await approve()
  expect(groupsOf(fake.ec2)).toEqual(before)
})

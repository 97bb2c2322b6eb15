import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { delivery } from '../../../../tests/fakes/delivery.ts'
import { openEngineWorld, type EngineWorld } from '../../../../tests/fakes/engine.ts'
import { OKTA_LOGIN, startFakeOkta, type FakeOkta } from '../../../../tests/fakes/fake-okta.ts'
import type { ContainmentRow } from '../../../../shared/model/containment.ts'

const TOKEN = 'the-token-of-okta'

const ALERT = 'package alert.a\n\nalert contains {"title": "Odd log-in"}\n'

/** Where Okta is comes with the event: the fake's port is known only by then. */
const ACTION = `package action

run contains {
	"id": "suspend", "uses": "okta.suspend_user",
	"args": {"base_url": input.alert.data.okta, "secret_token": input.env.TOKEN, "user_id": "${OKTA_LOGIN}"},
} if input.seq == 0
`

let fake: FakeOkta
let world: EngineWorld

beforeEach(async () => {
  fake = await startFakeOkta(TOKEN)
  world = await openEngineWorld((folder) => {
    const policyDir = join(folder, 'policy')
    for (const [name, source] of Object.entries({ alert: ALERT, action: ACTION })) {
      mkdirSync(join(policyDir, name), { recursive: true })
      writeFileSync(join(policyDir, name, 'a.rego'), source)
    }
    return { policyDir, starterDir: null, hasReceiver: false, mode: 'policy', env: { TOCSIN_NET_ALLOW: '127.0.0.1' } }
  })
  await world.ask('secrets.set', { name: 'TOKEN', value: TOKEN, hosts: [] })
})
afterEach(async () => {
  await world.close()
  await fake.remote.close()
})

/** Approves the one action that waits, as its card shows it. */
async function approve(): Promise<void> {
  await world.idle()
  const [row] = (await world.ask('approvals.list', {})).rows
  const actionId = row?.actionId ?? ''
  const { boundHash } = await world.ask('approvals.get', { actionId })
  await world.ask('approvals.approve', { actionId, boundHash, isStaleConfirmed: false, editedArgs: null, why: '' })
  await world.idle()
}

/** Has the user suspended, or found suspended. */
async function contained(): Promise<ContainmentRow> {
  const body = JSON.stringify({ okta: fake.remote.url })
  await world.engine.services().intake.receive(delivery({ schema: 'a', body }))
  await approve()
  return onlyContainment()
}

/** The containing action as its alert's chain shows it. */
async function stepOf({ alertId, actionId }: ContainmentRow): Promise<unknown> {
  const { chains } = await world.ask('alerts.get', { id: alertId })
  const chain = await world.ask('chains.get', { id: chains[0]?.id ?? '' })
  return chain.rounds.flatMap(({ actions }) => actions).find(({ id }) => id === actionId)
}

async function onlyContainment(): Promise<ContainmentRow> {
  const { rows } = await world.ask('containments.list', {})
  expect(rows).toHaveLength(1)
  return rows[0]!
}

describe('undo at a service', () => {
  it('is an approval of its own and restores what was', async () => {
    const row = await contained()
    const { attemptId, undo, isUnchanged } = row
    expect(await stepOf(row)).toMatchObject({ state: 'succeeded', canBeUndone: true })
    expect({ status: fake.status(), undo, isUnchanged }).toMatchObject({
      status: 'SUSPENDED',
      undo: { uses: 'okta.unsuspend_user' },
      isUnchanged: false,
    })
    await world.ask('containments.undo', { attemptId })
    expect(fake.status()).toBe('SUSPENDED')
    await approve()
    expect([fake.status(), fake.changes()]).toEqual(['ACTIVE', ['suspend', 'unsuspend']])
    expect((await world.ask('containments.list', {})).rows).toEqual([])
  })

  it('is refused with the difference when somebody else changed it since', async () => {
    const { attemptId } = await contained()
    fake.set('ACTIVE')
    const refused = await world.call('containments.undo', { attemptId })
    expect(refused).toMatchObject({
      ok: false,
      error: {
        code: 'changed_since',
        message: expect.stringContaining('status: was left SUSPENDED, is ACTIVE') as string,
      },
    })
    expect(fake.changes()).toEqual(['suspend'])
  })

  it('is refused with the difference where the user was changed after it was proposed, and withdrawn by marking it as lifted', async () => {
    const { attemptId } = await contained()
    const { actionId } = await world.ask('containments.undo', { attemptId })
    expect(await world.ask('approvals.get', { actionId })).toMatchObject({ refusal: null, undoes: attemptId })
    const early = await world.call('containments.lift', { attemptId, reason: 'elsewhere' })
    expect(early).toMatchObject({ ok: false, error: { code: 'undo_open' } })
    fake.set('ACTIVE')
    fake.set('SUSPENDED')
    const { boundHash, refusal } = await world.ask('approvals.get', { actionId })
    expect(refusal).toMatchObject({
      code: 'changed_since',
      message: expect.stringContaining('status_changed') as string,
    })
    const request = { actionId, boundHash, isStaleConfirmed: true, editedArgs: null, why: '' }
    const refused = await world.call('approvals.approve', request)
    expect(refused).toMatchObject({ ok: false, error: { code: 'changed_since' } })
    await world.ask('containments.lift', { attemptId, reason: 'given back by hand' })
    await world.idle()
    expect((await world.ask('containments.list', {})).rows).toEqual([])
    expect((await world.ask('approvals.list', {})).rows).toEqual([])
    expect((await world.ask('approvals.get', { actionId })).state).toBe('superseded')
    expect(fake.changes()).toEqual(['suspend'])
  })

  it('that was approved is asked about again, and refused, where the user was changed before it ran', async () => {
    const { attemptId } = await contained()
    const { actionId } = await world.ask('containments.undo', { attemptId })
    const { boundHash } = await world.ask('approvals.get', { actionId })
    await world.ask('mode.set', { mode: 'off', held: null })
    await world.ask('approvals.approve', { actionId, boundHash, isStaleConfirmed: false, editedArgs: null, why: '' })
    await world.idle()
    fake.set('ACTIVE')
    await world.ask('mode.set', { mode: 'policy', held: 'run' })
    await world.idle()
    expect(await world.ask('approvals.get', { actionId })).toMatchObject({
      state: 'waiting',
      refusal: { code: 'changed_since' },
    })
    expect(fake.changes()).toEqual(['suspend'])
  })

  it('does nothing where the user was suspended before, and says so', async () => {
    fake.set('SUSPENDED')
    const row = await contained()
    const { attemptId, undo, isUnchanged } = row
    expect({ undo, isUnchanged }).toEqual({ undo: null, isUnchanged: true })
    const refused = await world.call('containments.undo', { attemptId })
    expect(refused).toMatchObject({ ok: false, error: { code: 'nothing_to_undo' } })
    expect(await stepOf(row)).toMatchObject({ state: 'succeeded', canBeUndone: false })
    expect([fake.status(), fake.changes()]).toEqual(['SUSPENDED', []])
  })

  it('[S10] leaves the token in no row, though the plan asked with it', async () => {
    await contained()
    const rows = world.engine.services().store.db.prepare('SELECT args, plan, result FROM attempt').all()
    const approvals = world.engine.services().store.db.prepare('SELECT bound, plan FROM approval').all()
    expect(JSON.stringify([rows, approvals])).not.toContain(TOKEN)
  })
})

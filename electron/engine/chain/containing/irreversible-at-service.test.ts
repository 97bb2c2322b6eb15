import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { delivery } from '../../../../tests/fakes/delivery.ts'
import { openEngineWorld, type EngineWorld } from '../../../../tests/fakes/engine.ts'
import { GITHUB_LEAKED_TOKEN, startFakeGithubOrg } from '../../../../tests/fakes/fake-github-org.ts'
import { GRAPH_NAME, startFakeGraph } from '../../../../tests/fakes/fake-graph.ts'
import { MICROSOFT_CLIENT, MICROSOFT_TENANT } from '../../../../tests/fakes/fake-microsoft-login.ts'
import { OKTA_LOGIN, startFakeOkta } from '../../../../tests/fakes/fake-okta.ts'
import type { FakeRemote } from '../../../../tests/fakes/fake-remote.ts'
import type { ContainmentRow } from '../../../../shared/model/containment.ts'

const SECRET = 'the-key-of-the-service'

const ALERT = 'package alert.a\n\nalert contains {"title": "Odd log-in"}\n'

interface Case {
  uses: string
  /** What the card asks to be typed. */
  target: string
  secret: string
  /** In Rego; `input.alert.data.at` is where the service is. */
  args: string
  start: () => Promise<{ remote: FakeRemote; changes: () => string[] }>
}

const CASES: Case[] = [
  {
    uses: 'okta.clear_sessions',
    target: OKTA_LOGIN,
    secret: SECRET,
    args: `{"base_url": input.alert.data.at, "secret_token": input.env.KEY, "user_id": "${OKTA_LOGIN}"}`,
    start: () => startFakeOkta(SECRET),
  },
  {
    uses: 'entra.revoke_sessions',
    target: GRAPH_NAME,
    secret: SECRET,
    args: `{"tenant_id": "${MICROSOFT_TENANT}", "client_id": "${MICROSOFT_CLIENT}", "secret_client_secret": input.env.KEY, "user_id": "${GRAPH_NAME}"}`,
    start: () => startFakeGraph(SECRET),
  },
  {
    uses: 'github.revoke_token',
    target: 'KEY',
    secret: GITHUB_LEAKED_TOKEN,
    args: '{"secret_leaked_token": input.env.KEY}',
    start: () => startFakeGithubOrg('another-token'),
  },
]

describe.each(CASES)('$uses', ({ uses, target, secret, args, start }) => {
  let fake: Awaited<ReturnType<Case['start']>>
  let world: EngineWorld
  beforeEach(async () => {
    fake = await start()
    const at = fake.remote.url
    // The policy would have it done without asking.
    const action = `package action\n\nrun contains {"uses": "${uses}", "approval": false, "args": ${args}} if input.seq == 0\n`
    world = await openEngineWorld((folder) => {
      const policyDir = join(folder, 'policy')
      for (const [name, source] of Object.entries({ alert: ALERT, action })) {
        mkdirSync(join(policyDir, name), { recursive: true })
        writeFileSync(join(policyDir, name, 'a.rego'), source)
      }
      const env = { TOCSIN_NET_ALLOW: '127.0.0.1', LOGIN_BASE_URL: at, GRAPH_BASE_URL: at, GITHUB_API_URL: at }
      return { policyDir, starterDir: null, hasReceiver: false, mode: 'policy', env }
    })
    await world.ask('secrets.set', { name: 'KEY', value: secret, hosts: [] })
    await world.engine.services().intake.receive(delivery({ schema: 'a', body: JSON.stringify({ at }) }))
    await world.idle()
  })
  afterEach(async () => {
    await world.close()
    await fake.remote.close()
  })

  async function approve(typedTarget: string | null) {
    const [row] = (await world.ask('approvals.list', {})).rows
    const actionId = row?.actionId ?? ''
    const { boundHash } = await world.ask('approvals.get', { actionId })
    const seen = { actionId, boundHash, isStaleConfirmed: false, editedArgs: null, why: '', typedTarget }
    return world.call('approvals.approve', seen)
  }

  it('waits whatever the policy says, and until its target is typed', async () => {
    expect((await world.ask('approvals.list', {})).rows).toMatchObject([{ uses, target }])
    expect(await approve(null)).toMatchObject({ ok: false, error: { code: 'confirmation_required' } })
    expect(await approve(`${target}x`)).toMatchObject({ ok: false, error: { code: 'confirmation_differs' } })
    await world.idle()
    expect(fake.changes()).toEqual([])
  })

  it('is done once, confirmed by what is read, and never taken back nor looked at again', async () => {
    expect(await approve(target)).toMatchObject({ ok: true })
    await world.idle()
    expect(fake.changes()).toHaveLength(1)
    const { rows } = await world.ask('containments.list', {})
    const row: Partial<ContainmentRow> = {
      uses,
      target,
      stage: 'confirmed',
      undo: null,
      canVerify: false,
      isUnchanged: false,
    }
    expect(rows).toMatchObject([row])
  })

  it('[S10] leaves the secret in no row', async () => {
    await approve(target)
    await world.idle()
    expect(world.engine.services().store.db.serialize().includes(secret)).toBe(false)
  })
})

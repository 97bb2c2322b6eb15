import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { delivery } from '../../../tests/fakes/delivery.ts'
import { openEngineWorld, type EngineWorld } from '../../../tests/fakes/engine.ts'
import { FakeRemote } from '../../../tests/fakes/fake-remote.ts'

const ALERT = 'package alert.a\n\nalert contains {"title": "Odd"}\n'

/** Two rules that isolate hosts by an EDR of their own; the address comes with the event. */
const ACTION = `package action

isolate(host) := {
	"uses": "http.fetch", "effect": "contain", "approval": false,
	"args": {"method": "POST", "url": input.alert.data.edr, "data": {"host": host}},
}

run contains isolate(input.alert.data.host) if {
	input.seq == 0
	input.alert.data.kind == "worm"
}

run contains isolate(input.alert.data.host) if {
	input.seq == 0
	input.alert.data.kind == "miner"
}
`

let remote: FakeRemote
let world: EngineWorld
beforeEach(async () => {
  remote = await FakeRemote.start()
  world = await openEngineWorld((folder) => {
    const policyDir = join(folder, 'policy')
    for (const [name, source] of Object.entries({ alert: ALERT, action: ACTION })) {
      mkdirSync(join(policyDir, name), { recursive: true })
      writeFileSync(join(policyDir, name, 'main.rego'), source)
    }
    return { policyDir, starterDir: null, hasReceiver: false, mode: 'policy', env: { TOCSIN_NET_ALLOW: '127.0.0.1' } }
  })
  await world.ask('settings.set', { changes: { 'contain.maxPerRule': 1 } })
})
afterEach(async () => {
  await world.close()
  await remote.close()
})

async function isolated(kind: string, host: string): Promise<void> {
  const body = JSON.stringify({ kind, host, edr: `${remote.url}/isolate` })
  await world.engine.services().intake.receive(delivery({ schema: 'a', body }))
  await world.idle()
}

it('[S45] counts for the very rule of a package with several, also after a restart', async () => {
  await isolated('worm', 'web-1')
  await isolated('miner', 'web-2')
  expect(remote.calls).toHaveLength(2)
  await world.restart()
  await isolated('worm', 'web-3')
  await isolated('miner', 'web-2')
  expect(remote.calls).toHaveLength(3)
  const { rows } = await world.ask('approvals.list', {})
  expect(rows).toHaveLength(1)
  const { beyondCap, args } = await world.ask('approvals.get', { actionId: rows[0]?.actionId ?? '' })
  expect(beyondCap).toContain('its rule action/run@action/main.rego#1 holds 1 of the 1 targets contained')
  expect(args).toContainEqual(expect.objectContaining({ key: 'data', value: { host: 'web-3' } }))
})

it('[S44] a body that names the desk goes nowhere', async () => {
  await isolated('worm', 'SOC-desk.corp.example.com.')
  expect(remote.calls).toEqual([])
})

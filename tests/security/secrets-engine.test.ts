import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { dirname, join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { openEngineWorld, type EngineWorld } from '../fakes/engine.ts'
import { FakeRemote } from '../fakes/fake-remote.ts'

const VAULTED = 'kanarie/42+"vogel"'
const OF_PROCESS = 'canary-of-the-process'

const POLICIES: Record<string, string> = {
  'authz/http.rego': `package authz.http

deny if {
	print("authz sees", input.env.VAULTED, input.env.OF_PROCESS)
	input.query.token
}
`,
  'alert/door.rego': 'package alert.door\n\nalert contains {"title": "open"}\n',
  'action/main.rego': `package action

args(path) := {
	"method": "POST",
	"url": concat("", [input.env.REMOTE, path]),
	"auth": {"bearer": input.env.VAULTED},
	"data": {"key": input.env.OF_PROCESS},
}

run contains {
	"id": "echo",
	"uses": "http.fetch",
	"args": args("/echo"),
	"force": true,
	"commit": [{"key": "echoed", "path": "$.you", "persist": true}],
} if {
	print("action sees", input.env.VAULTED)
}

run contains {"id": "fails", "uses": "http.fetch", "args": args("/fails"), "force": true}

run contains {"id": "waits", "uses": "http.fetch", "args": args("/waits"), "approval": true}
`,
}

let world: EngineWorld
let remote: FakeRemote
afterEach(async () => {
  await world.close()
  await remote.close()
})

function post(url: string, body: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const call = request(url, { method: 'POST', headers: { 'X-Door': VAULTED } }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0))
    })
    call.on('error', reject)
    call.end(body)
  })
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile())
}

it('[S10] a secret that policies use is in no row, log, view, export or backup of a whole run', async () => {
  const echo = JSON.stringify({ you: `${VAULTED} and ${OF_PROCESS}`, url: `?q=${encodeURIComponent(VAULTED)}` })
  remote = await FakeRemote.start()
  remote.on('/echo', { do: 'answer', headers: { 'content-type': 'application/json' }, body: echo })
  remote.on('/fails', { do: 'answer', status: 400, headers: { 'content-type': 'text/plain' }, body: echo })
  world = await openEngineWorld((folder) => {
    const policyDir = join(folder, 'policies')
    for (const [path, source] of Object.entries(POLICIES)) {
      mkdirSync(dirname(join(policyDir, path)), { recursive: true })
      writeFileSync(join(policyDir, path), source)
    }
    const log = { level: 'debug', format: 'json', output: join(folder, 'log') } as const
    const lists = { TOCSIN_ENV: 'OF_PROCESS,REMOTE:plain', TOCSIN_NET_ALLOW: '127.0.0.1' }
    const env = { ...lists, OF_PROCESS, REMOTE: remote.url }
    return { policyDir, starterDir: null, mode: 'policy', isPrintEnabled: true, log, env }
  })
  const { ask, folder, started } = world
  await ask('secrets.set', { name: 'VAULTED', value: VAULTED, hosts: [] })
  expect(await post(`${started.receiver.url}/alert/door?token=${OF_PROCESS}`, '{}')).toBe(403)
  expect(await post(`${started.receiver.url}/alert/door`, '{}')).toBe(200)
  await world.idle()
  expect(remote.calls.map(({ headers, body }) => [headers['authorization'], body])).toEqual(
    [1, 2].map(() => [`Bearer ${VAULTED}`, JSON.stringify({ key: OF_PROCESS })]),
  )

  const [waiting] = (await ask('approvals.list', {})).rows
  const { chains, alert } = await ask('alerts.get', { id: waiting?.alertId ?? '' })
  const chain = await ask('chains.get', { id: chains[0]?.id ?? '' })
  const attempts = chain.rounds.flatMap(({ actions }) => actions).flatMap((action) => action.attempts)
  expect(attempts.map(({ outcome }) => outcome)).toEqual(['succeeded', 'failed'])
  const results = await Promise.all(attempts.map(({ id }) => world.call('attempts.result', { id })))
  const shown = JSON.stringify([
    alert,
    chain,
    results,
    await ask('approvals.get', { actionId: waiting?.actionId ?? '' }),
  ])
  expect(shown).toContain('[REDACTED] and [REDACTED]')
  expect(shown).toContain('‹VAULTED›')
  await ask('store.export', {})
  await world.engine.services().store.upkeep.run()
  await world.engine.stop()

  const files = filesBelow(folder)
  for (const part of ['exports', 'backups', 'tocsin.db', 'log', 'vault']) {
    expect(files.some((path) => path.includes(part))).toBe(true)
  }
  const texts = [['views', shown], ...files.map((path) => [path, readFileSync(path, 'latin1')])]
  const forms = [VAULTED, OF_PROCESS, encodeURIComponent(VAULTED), JSON.stringify(VAULTED).slice(1, -1)]
  const leaks = texts.filter(([, text]) => forms.some((form) => text?.includes(form))).map(([where]) => where)
  expect(leaks).toEqual([])
  expect(readFileSync(join(folder, 'log'), 'utf8')).toContain('authz sees [REDACTED] [REDACTED]')
})

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openEngineWorld, type EngineWorld } from '../fakes/engine.ts'
import { FakeRemote } from '../fakes/fake-remote.ts'
import { SLACK_WEBHOOK_PATH } from '../fakes/fake-slack.ts'
import { sendAs } from '../fakes/sender.ts'

const SECRET = 'canary-behind-a-handle'

const POLICIES: Record<string, string> = {
  'alert/door.rego':
    'package alert.door\n\nalert contains {"title": input.text, "attrs": [{"key": "text", "value": input.text}]}\n',
  // What careless policies do: keep a handle, put it in a name, and pass on what an event or an answer said.
  'action/main.rego': `package action

run contains {
	"id": "sends",
	"name": sprintf("Sends %s", [input.env.TOKEN]),
	"uses": "http.fetch",
	"args": {"method": "POST", "url": concat("", [input.env.REMOTE, "/take"]), "data": {"event": input.alert.data, "raw": input.alert.raw, "alert": input.alert.title, "attrs": input.alert.attrs}},
	"commit": [{"key": "kept", "value": input.env.TOKEN}, {"key": "answered", "path": "$.you"}],
} if {
	input.seq == 0
}

run contains {
	"id": "tells",
	"uses": "slack.post",
	"args": {"secret_url": concat("", [input.env.REMOTE, "${SLACK_WEBHOOK_PATH}"]), "channel": "c"},
} if {
	input.seq == 1
}

run contains {
	"id": "passes-on",
	"uses": "http.fetch",
	"args": {"method": "POST", "url": concat("", [input.env.REMOTE, "/take"]), "auth": {"bearer": input.env.TOKEN}, "data": {"attrs": input.alert.attrs, "called": [call.result | some call in input.called]}},
} if {
	input.seq == 1
}

run contains {
	"id": "refused",
	"uses": "chatgpt.query",
	"args": {"secret_api_key": input.env.TOKEN, "prompt": input.env.TOKEN},
	"force": true,
} if {
	input.seq == 1
}
`,
}

let world: EngineWorld
let remote: FakeRemote
let handle: string

beforeEach(async () => {
  remote = await FakeRemote.start()
  world = await openEngineWorld((folder) => {
    const policyDir = join(folder, 'policies')
    for (const [path, source] of Object.entries(POLICIES)) {
      mkdirSync(dirname(join(policyDir, path)), { recursive: true })
      writeFileSync(join(policyDir, path), source)
    }
    const env = { TOCSIN_ENV: 'REMOTE:plain', TOCSIN_NET_ALLOW: '127.0.0.1', REMOTE: remote.url }
    return { policyDir, starterDir: null, mode: 'policy', env }
  })
  await world.ask('secrets.set', { name: 'TOKEN', value: SECRET, hosts: [] })
  handle = world.engine.services().handles.make('TOKEN')
  const echo = { you: `you said ${handle}`, [handle]: 1 }
  remote.on('/take', { do: 'answer', body: JSON.stringify(echo) })
})
afterEach(async () => {
  await world.close()
  await remote.close()
})

describe('a genuine handle', () => {
  it.each([
    ['as it is', (text: string) => JSON.stringify({ text })],
    ['in escapes', (text: string) => `{"text":"${escapes(text)}"}`],
    [
      'half in escapes',
      (text: string) => `{"text":"${text.slice(0, 9)}${escapes(text.slice(9, 12))}${text.slice(12)}"}`,
    ],
    ['in a key', (text: string) => JSON.stringify({ text: 'x', [text]: 1 })],
    [
      'among bytes that are no text',
      (text: string) => Buffer.concat([Buffer.from(`{"text":"${text} `), Buffer.from([0xff]), Buffer.from('"}')]),
    ],
  ])('[S32] that an event carries %s is broken before a policy sees it, and reveals nothing', async (_, body) => {
    const bytes = body(`bearer ${handle}`)
    expect(await post(bytes)).toBe(200)
    await world.idle()
    expect(remote.count('/take')).toBe(2)
    // Only where `input.env` hands it over, and not in the request that takes the event's text.
    const bearers = remote.calls.map(({ headers }) => headers['authorization'])
    expect(bearers.filter((value) => value !== undefined)).toEqual([`Bearer ${SECRET}`])
    const sent = remote.calls.map((call) => call.body).join('\n')
    expect(sent).not.toContain(SECRET)
    expect(sent).not.toContain(handle)
    expect(sent).toContain('‹TOKEN›')

    const event = await world.ask('events.get', { id: idOf('event') })
    expect(event.isTextReplaced).toBe(true)
    expect(world.engine.services().store.events.body(event.id)).toEqual(Buffer.from(bytes))
  })

  it('[S32] that a policy keeps, names or gets back leaves in no message, view or export', async () => {
    expect(await post('{"text":"x"}')).toBe(200)
    await world.idle()
    expect(remote.calls.map(({ path }) => path).sort()).toEqual([SLACK_WEBHOOK_PATH, '/take', '/take'].sort())
    const { chains, alert } = await world.ask('alerts.get', { id: idOf('alert') })
    const chain = await world.ask('chains.get', { id: chains[0]?.id ?? '' })
    const actions = chain.rounds.flatMap((round) => round.actions)
    expect(actions.map(({ title, name }) => name || title)).toContain('Sends ‹TOKEN›')
    expect(actions.find(({ uses }) => uses === 'chatgpt.query')?.error?.code).toBe('secret_not_allowed')
    const { path } = await world.ask('store.export', {})
    const told = [...remote.calls.map(({ body }) => body), JSON.stringify([alert, chain]), readFileSync(path, 'utf8')]
    for (const text of told) {
      expect(text).not.toContain(handle)
      expect(text).not.toContain(SECRET)
    }
    expect(told[0]).toContain('"attrs"')
    expect(remote.calls.find((call) => call.path === SLACK_WEBHOOK_PATH)?.body).toContain('‹TOKEN›')
    expect(readdirSync(dirname(path))).toHaveLength(1)
  })
})

function escapes(text: string): string {
  return Array.from(text, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')
}

async function post(body: string | Uint8Array): Promise<number> {
  return (await sendAs('POST', `${world.started.receiver.url}/alert/door`, body)).status
}

/** The only one. */
function idOf(table: 'event' | 'alert'): string {
  const sql = { event: 'SELECT id FROM event', alert: 'SELECT id FROM alert' }
  return String(world.engine.services().store.db.prepare<[], { id: string }>(sql[table]).get()?.id)
}

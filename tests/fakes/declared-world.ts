import type { DeclaredIn } from '../../electron/engine/actions/own/own-actions.ts'
import { readDeclarations } from '../../electron/engine/actions/own/read-declarations.ts'
import { KEYED, SERVICE_KEY, type ContainedWorld } from './contained-world.ts'
import { FakeRemote, type Received, type Reply } from './fake-remote.ts'

const PORT = 'hall-2.7'
const PORT_PATH = `/api/ports/${encodeURIComponent(PORT)}`

/** A switch's API, told by two declarations in YAML and by nothing else. */
const declarations = (url: string): string => `
name: switch.seal_port
kind: http
effect: contain
title: Seal the port {port}
target: "{port}"
does: Nothing passes the port {port} any more.
args:
  port: { description: "Name of the port, like hall-2.7", pattern: '[A-Za-z0-9][\\w.-]{0,63}' }
  secret_token: { description: Token of the switch }
request:
  method: PUT
  url: ${url}/api/ports/{port}/mode
  headers: { Authorization: "Bearer {secret_token}" }
  body: { mode: sealed }
  success: { status: [200], json: { ok: true } }
read: &read
  url: ${url}/api/ports/{port}
  headers: { Authorization: "Bearer {secret_token}" }
  state: { mode: port.mode }
so: { mode: sealed }
open: [{ mode: open }]
undo:
  uses: switch.open_port
  sentence: Opens the port again.
---
name: switch.open_port
kind: http
effect: contain
title: Open the port {port}
target: "{port}"
does: The port {port} passes everything again.
args:
  port: { description: Name of the port, pattern: '[A-Za-z0-9][\\w.-]{0,63}', locked: true }
  secret_token: { description: Token of the switch }
request:
  method: PUT
  url: ${url}/api/ports/{port}/mode
  headers: { Authorization: "Bearer {secret_token}" }
  body: { mode: open }
  success: { status: [200], json: { ok: true } }
read:
  url: ${url}/api/ports/{port}
  headers: { Authorization: "Bearer {secret_token}" }
  state: { mode: port.mode }
so: { mode: open }
open: [{ mode: sealed }]
no_undo: It is the way back.
`

/** @returns the declarations as a policy version holds them */
export function declared(yaml: string, scripts: Record<string, string> = {}, versionId = 'v1'): DeclaredIn {
  const files = { 'actions/own.yaml': yaml, ...scripts }
  const sources = Object.entries(files).map(([path, source]) => ({ path, source }))
  return { versionId, actions: readDeclarations(sources), sources }
}

/** Own actions in place of built-in ones. */
export async function declaredWorld(): Promise<ContainedWorld> {
  const changes: string[] = []
  let [mode, shown, lag, left] = ['open', 'open', 0, 0]
  const set = (next: string): void => void ([mode, shown] = [next, next])
  const answer = (call: Received): Reply => {
    if (call.headers['authorization'] !== `Bearer ${SERVICE_KEY}`) return { status: 401, body: '{"error":"no"}' }
    if (call.query.size > 0) return { status: 400 }
    if (call.path === PORT_PATH && call.method === 'GET') {
      if (left > 0) left -= 1
      else shown = mode
      return json({ port: { name: PORT, mode: shown } })
    }
    if (call.path !== `${PORT_PATH}/mode` || call.method !== 'PUT') return { status: 404, body: '{"error":"unknown"}' }
    const { mode: next, ...rest } = JSON.parse(call.body) as { mode?: string }
    if ((next !== 'open' && next !== 'sealed') || Object.keys(rest).length > 0) return { status: 400 }
    mode = next
    left = lag
    changes.push(next === 'sealed' ? 'seal' : 'open')
    return json({ ok: true })
  }
  const remote = await FakeRemote.start({ service: answer })
  return {
    ...KEYED,
    remote,
    declaredIn: () => declared(declarations(remote.url)),
    argsWith: (secret) => ({ port: PORT, secret_token: secret }),
    target: { arg: 'port', id: PORT, inverse: PORT },
    paths: { read: PORT_PATH, contain: `PUT ${PORT_PATH}/mode` },
    words: { free: 'open', contained: 'sealed', barred: 'lost' },
    stateOf: (word) => ({ mode: word }),
    set,
    status: () => mode,
    lag: (looks) => void (lag = looks),
    changes: () => changes,
    verbs: ['seal', 'open'],
  }
}

function json(value: object): Reply {
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) }
}
